"""The manifest of a published store: the digest of every object, and how all was made.

`manifest.json`::

    kind, format_version        "published-atlas" or "study", and of which version
    licence                     what one may do with it; empty where nobody said
    made_by                     versions of this package and of zarr
    models                      of an atlas, by name: weights (SHA-256), licence (of these),
                                recipes ({name: version}), seed, layers, channels
    block                       bytes of a block
    objects                     by path: size in bytes, sha256, and of objects larger than a block
                                the SHA-256 of each block, so that parts can be checked

It holds no times: the same store gives the same manifest.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from diamond_cutter.command.structuring import structure, unstructure

NAME = "manifest.json"

BLOCK = 1 << 20
"""Bytes of a block, by which objects are asked for, and checked."""


@dataclass(frozen=True)
class PublishedObject:
    """An object as the manifest has it: its bytes, their SHA-256, and that of each block."""

    size: int
    sha256: str
    blocks: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, content: bytes) -> "PublishedObject":
        """What describes a content."""
        starts = range(0, len(content), BLOCK) if len(content) > BLOCK else ()
        blocks = [_digest(content[start : start + BLOCK]) for start in starts]
        return cls(len(content), _digest(content), blocks)

    def holds(self, number: int, content: bytes) -> bool:
        """Whether that is the content of a block, counted from 0."""
        return _digest(content) == (self.blocks or [self.sha256])[number]


@dataclass(frozen=True)
class Manifest:
    """See above."""

    kind: str
    format_version: int
    licence: str
    made_by: dict[str, str]
    models: dict[str, Any]
    block: int
    objects: dict[str, PublishedObject]

    def encode(self) -> bytes:
        """The bytes of the file; the same for the same manifest."""
        return encode_json(unstructure(self))


def decode_manifest(content: bytes) -> Manifest:
    """The manifest of a file. Raises `ValueError` for what is none."""
    return structure(json.loads(content), Manifest)


def encode_json(content: Any) -> bytes:
    """JSON, names in the order that they have."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()


def encode_objects(objects: Mapping[str, PublishedObject | None]) -> bytes:
    """What a journal of publishing holds: objects by path; None: being sent."""
    return encode_json({path: each and unstructure(each) for path, each in objects.items()})


def decode_objects(content: bytes) -> dict[str, PublishedObject | None]:
    """What `encode_objects` was given. Raises `ValueError` for what is none of it."""
    found = json.loads(content)
    return {path: each and structure(each, PublishedObject) for path, each in found.items()}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
