"""How arrays lie in their store: what tells that they are as they were, without reading them."""

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import zarr
from zarr.core.sync import sync
from zarr.storage import FsspecStore, LocalStore

SETTLED = 2.0
"""Seconds after which a file that is written anew has another time: the coarsest file systems'."""
_TAGS = ("ETag", "etag", "md5Hash", "content_md5")
"""What file systems of fsspec call the tag of an object's content: S3, Google's and Azure's."""


def stored_files(stored: zarr.Array[Any] | zarr.Group) -> str:
    """A digest of the names, sizes and identities of the files that hold an array, or a group.

    While it is the same, so is what they hold: a local file is known by its number and its times,
    of which no copy keeps that of the last change, an object by its tag. Empty where that cannot
    be told: files of the last `SETTLED` seconds, stores over HTTP or of hosts that give no tags.
    """
    store = stored.store
    found: Sequence[tuple[str | int, ...]] = ()
    if isinstance(store, LocalStore):
        found = _settled(Path(store.root) / stored.path)
    elif isinstance(store, FsspecStore):
        found = _remote(store, stored.path)
    return hashlib.blake2b(repr(found).encode(), digest_size=16).hexdigest() if found else ""


def _settled(folder: Path) -> list[tuple[str, int, int, int, int]]:
    """The files below a folder, see `_local`; none where one may change yet with all that told."""
    try:
        found = sorted(_local(str(folder), ""))
    except OSError:
        return []
    newest = max((changed for *_, changed in found), default=0)
    return found if time.time_ns() - newest > SETTLED * 1e9 else []


def _local(folder: str, within: str) -> Iterator[tuple[str, int, int, int, int]]:
    """Of each file below a folder its name, size and number, when it was written and changed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _local(entry.path, f"{within}{entry.name}/")
            else:
                told = entry.stat()
                times = (told.st_mtime_ns, told.st_ctime_ns)
                yield f"{within}{entry.name}", told.st_size, told.st_ino, *times


def _remote(store: FsspecStore, path: str) -> list[tuple[str, int, str]]:
    """Of each object its name, size and tag; empty where one has none, or none are listed."""
    if "http" in store.fs.protocol:  # would be asked for page after page, and tells no tags
        return []
    store.fs.invalidate_cache()
    try:
        objects = sync(store.fs._find(f"{store.path}/{path}", detail=True))
    except (OSError, NotImplementedError):
        return []
    found = []
    for name, told in objects.items():
        tag = next((str(told[each]) for each in _TAGS if told.get(each)), "")
        if not tag:
            return []
        found.append((str(name), int(told["size"]), tag))
    return sorted(found)
