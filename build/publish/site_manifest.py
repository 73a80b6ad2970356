"""The manifest of a site: the mark that a folder is a site of ours, and what it was made from."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.structuring import structure, unstructure

NAME = ".diamond-site.json"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Manifest:
    """What a site holds and from what.

    files: size in bytes of every file by its path, this one left out.
    pictures: digest of what a layer's picture files were made from, by the layer's path.
    pages: digest of what a layer's pages were made from, by the layer's path.
    """

    files: dict[str, int] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)


def to_bytes(manifest: Manifest) -> bytes:
    """The manifest as the file's content, the same for the same manifest."""
    document = {"format_version": FORMAT_VERSION, "kind": "site", **unstructure(manifest)}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def read_manifest(site: Path) -> Manifest:
    """The manifest of the last site at `site`; an empty one if there is nothing there yet.

    Raises `UserError` for a folder, or anything else, that is not a site of ours.
    """
    if not site.exists() or (site.is_dir() and not any(site.iterdir())):
        return Manifest()
    try:
        document = structure(json.loads((site / NAME).read_bytes()), dict[str, Any])
        known = (document.pop("kind"), document.pop("format_version")) == ("site", FORMAT_VERSION)
        last = structure(document, Manifest)
    except (OSError, ValueError, KeyError):
        known, last = False, Manifest()
    if not known:
        raise UserError(
            f"{site}: expected a site made by `diamond site`, or nothing; got something without a "
            f"{NAME} of format_version {FORMAT_VERSION}; name another --output, or move this away"
        )
    return last
