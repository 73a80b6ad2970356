"""Where a store is published: an address that keeps objects, what is there, and what was sent.

While a store is sent, its manifest is not there, nor is the root's metadata; what has been sent so
far stands in a journal, a file for each lot of objects, which goes when the manifest has come::

    <address>/.publishing/<number>.json     objects by path, as the manifest has them; null: being
                                            sent, and so not known
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import fsspec

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.local_folder import LEFTOVER
from diamond_cutter.precompute.stores.published.object_encoding import METADATA
from diamond_cutter.precompute.stores.published.published_manifest import (
    NAME,
    Manifest,
    PublishedObject,
    decode_manifest,
    decode_objects,
    encode_objects,
)
from diamond_cutter.precompute.stores.store_address import local_folder

_JOURNAL = ".publishing"


class PublicationTarget:
    """An address with what has been sent there.

    there: the objects that are there, whole, by path. manifest: the one of before, or None.
    """

    def __init__(self, address: str, kind: str) -> None:
        """Look at what is there. Raises `UserError` for what is no publication of that kind."""
        self.address = address
        self._folder = local_folder(address)
        with self._asking():
            files, root = fsspec.url_to_fs(address if self._folder is None else str(self._folder))
            self._files, self._root = files, str(root).rstrip("/")
            self._files.invalidate_cache()
            sizes = self._sizes()
            lots = sorted(path for path in sizes if path.startswith(f"{_JOURNAL}/"))
            self.manifest = self._read_manifest() if NAME in sizes else None
        self._lots = len(lots)
        self._check(sizes, kind, bool(lots))
        found: dict[str, PublishedObject | None] = dict(
            self.manifest.objects if self.manifest else {}
        )
        for lot in lots:
            found.update(decode_objects(self._read(lot)))
        self.there = {
            path: each
            for path, each in found.items()
            if each is not None and sizes.get(path) == each.size
        }
        self._known = set(found) & set(sizes)
        self._begun = bool(lots) and self.manifest is None

    def send(self, objects: Mapping[str, bytes], described: Mapping[str, PublishedObject]) -> None:
        """Send some objects, and note that they are there."""
        with self._asking():
            self._begin()
            if any(path in self._known for path in objects):
                self._note(dict.fromkeys(objects))
            self._put(objects)
            self._note({path: described[path] for path in objects})
        self.there.update(described)
        self._known.update(objects)

    def prune(self, kept: Collection[str]) -> None:
        """Take away what was sent once, and is of no use any more."""
        with self._asking():
            for path in sorted(self._known.difference(kept)):
                self._begin()
                self._remove(path)

    def finish(self, manifest: Manifest) -> None:
        """Send the manifest, unless it is there, and end the journal."""
        with self._asking():
            if self._begun or manifest != self.manifest:
                self._put({NAME: manifest.encode()})
            self._remove(_JOURNAL)

    def _begin(self) -> None:
        """Make it no whole store any more, before the first change."""
        if self._begun:
            return
        self._note(self.there)
        for path in (NAME, METADATA):
            self._remove(path)
        self.there.pop(METADATA, None)
        self._begun = True

    def _note(self, objects: Mapping[str, PublishedObject | None]) -> None:
        self._put({f"{_JOURNAL}/{self._lots:06}.json": encode_objects(objects)})
        self._lots += 1

    def _put(self, objects: Mapping[str, bytes]) -> None:
        """Write objects, each of them whole or not at all."""
        if self._folder is None:
            self._files.pipe({f"{self._root}/{path}": content for path, content in objects.items()})
            return
        for path, content in objects.items():
            target = self._folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(LEFTOVER.replace("*", uuid4().hex))
            partial.write_bytes(content)
            partial.replace(target)

    def _remove(self, path: str) -> None:
        if self._files.exists(f"{self._root}/{path}"):
            self._files.rm(f"{self._root}/{path}", recursive=path == _JOURNAL)

    def _read(self, path: str) -> bytes:
        with self._asking():
            return bytes(self._files.cat_file(f"{self._root}/{path}"))

    def _sizes(self) -> dict[str, int]:
        """The bytes of every file that is there, by path; what a kill left half-written goes."""
        if self._folder is not None:
            for path in self._folder.rglob(LEFTOVER):
                path.unlink()
        found: dict[str, Any] = self._files.find(self._root, detail=True)
        return {
            path.removeprefix(self._root).lstrip("/"): int(each["size"] or 0)
            for path, each in found.items()
        }

    def _read_manifest(self) -> Manifest | None:
        try:
            return decode_manifest(self._read(NAME))
        except ValueError as error:
            raise UserError(
                f"{self.address}/{NAME}: expected the manifest of a published store, got: {error}; "
                "name another address, or remove what is there"
            ) from error

    def _check(self, there: Iterable[str], kind: str, begun: bool) -> None:
        if self.manifest is not None and self.manifest.kind != kind:
            raise UserError(
                f"{self.address}: expected nothing yet or a published store of kind {kind!r}, got "
                f"one of kind {self.manifest.kind!r}; name another address"
            )
        foreign = min(there, default=None)
        if foreign is not None and self.manifest is None and not begun:
            raise UserError(
                f"{self.address}: expected nothing yet or what `diamond publish` sent, got "
                f"{foreign!r}; name another address"
            )

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turn what a file system raises into a `UserError`."""
        try:
            yield
        except UserError:
            raise
        except Exception as error:  # every file system has its own
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise UserError(
                f"{self.address}: expected an address that can be written to, got {reason}; mend "
                "that, or name another, and run the same command again: it goes on from there"
            ) from error
