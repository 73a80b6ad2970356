"""The manifest of a site: the mark that a folder is a site of ours, and what it was made from.

A part of a site, a layer, has a manifest of its own in its folder: no process needs to know all
files of a site of a million channels.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.structuring import structure, unstructure

NAME = ".diamond-site.json"
STORED = ".diamond-stores.json"
"""The file of a `StoredState`. All other files of a site are the same wherever it is built."""
PICTURES = (".jpg", ".png", ".webp")
"""How the names of all files end that are pictures, and of no others: these may lie elsewhere."""
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Manifest:
    """What a site, or a part of it, holds and from what; all paths are relative to the site's root.

    files: size in bytes of every file by its path, manifests and files of parts left out.
    pictures: digest of what a layer's picture files were made from, by the layer's path.
    pages: digest of what the pages of a folder were made from, by its path.
    parts: the folders of parts, with a slash at the end.
    """

    files: dict[str, int] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Weight:
    """How many files, the bytes of all, and of the largest."""

    files: int = 0
    size: int = 0
    largest: int = 0

    def __add__(self, other: "Weight") -> "Weight":
        """Of both together."""
        largest = max(self.largest, other.largest)
        return Weight(self.files + other.files, self.size + other.size, largest)


@dataclass(frozen=True)
class Part:
    """What a part of a site amounts to.

    pages: how many; pictures, others: what the pictures weigh, and all other files.
    changed: files that are new or changed. lacks: whether files of the last site are gone.
    is_kept: whether it is as in the last site, where it lies still.
    stored: what tells how its pictures lie in the store; empty where nothing does.
    documents: how many JSON documents of each kind, and their bytes.
    """

    pages: int
    pictures: Weight
    others: Weight
    changed: int = 0
    lacks: bool = False
    is_kept: bool = False
    stored: str = ""
    documents: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredState:
    """How the stores lay on the disk of whoever built the site; all empty where that is not known.

    sources: of all that the site is made from: as long as it is the same, so is the site.
    pictures: of the pictures of parts, by their folders.
    notes: what of the stores is damaged and left out.
    """

    sources: str = ""
    pictures: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


UNKNOWN = StoredState()


def is_page(path: str) -> bool:
    """Whether the file at a path is a page."""
    return path.endswith(".html")


def is_picture(path: str) -> bool:
    """Whether the file at a path, or an address, is a picture."""
    return path.endswith(PICTURES)


def part_of(files: Mapping[str, int]) -> Part:
    """What a part amounts to that has files of so many bytes, by path."""
    sizes: dict[bool, list[int]] = {True: [], False: []}
    for path, size in files.items():
        sizes[is_picture(path)].append(size)
    pictures, others = (
        Weight(len(each), sum(each), max(each, default=0)) for each in sizes.values()
    )
    return Part(sum(map(is_page, files)), pictures, others)


def to_bytes(manifest: Manifest) -> bytes:
    """The manifest as the file's content, the same for the same manifest."""
    document = {"format_version": FORMAT_VERSION, "kind": "site", **unstructure(manifest)}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a site, or of a part of it, into its folder."""
    (folder / NAME).write_bytes(to_bytes(manifest))


def read_manifest(site: Path) -> Manifest:
    """The manifest of the last site at `site`; an empty one if there is nothing there yet.

    Raises `UserError` for a folder, or anything else, that is not a site of ours.
    """
    if not site.exists() or (site.is_dir() and not any(site.iterdir())):
        return Manifest()
    try:
        return _read(site)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{site}: expected a site made by `diamond site`, or nothing; got something without a "
            f"{NAME} of format_version {FORMAT_VERSION}; name another --output, or move this away"
        ) from error


def read_part(site: Path, part: str) -> Manifest:
    """The manifest of a part of the site at `site`; an empty one if there is none to be read."""
    try:
        return _read(site / part)
    except (OSError, ValueError, KeyError):
        return Manifest()


def read_stored(site: Path) -> StoredState:
    """How the stores lay when the site at `site` was built."""
    try:
        return structure(json.loads((site / STORED).read_bytes()), StoredState)
    except (OSError, ValueError, KeyError):
        return UNKNOWN


def write_stored(site: Path, stored: StoredState) -> None:
    """Write that, beside and then moved, where it is not so yet."""
    if stored == read_stored(site):
        return
    aside = site / f"{STORED}.part"
    text = json.dumps(unstructure(stored), sort_keys=True, separators=(",", ":"))
    aside.write_text(text, encoding="utf-8")
    aside.replace(site / STORED)


def _read(folder: Path) -> Manifest:
    document = structure(json.loads((folder / NAME).read_bytes()), dict[str, Any])
    if (document.pop("kind"), document.pop("format_version")) != ("site", FORMAT_VERSION):
        raise ValueError("another kind or version")
    return structure(document, Manifest)
