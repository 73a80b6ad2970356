"""A published store as Zarr reads it, each of its bytes checked."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from zarr.abc.store import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    Store,
    SuffixByteRequest,
)
from zarr.core.buffer import Buffer, BufferPrototype

from diamond_cutter.precompute.stores.published.verified_objects import VerifiedObjects


class VerifiedStore(Store):
    """Reads the objects that a manifest names; what it does not name is not there."""

    supports_writes = False
    supports_deletes = False
    supports_listing = True

    def __init__(self, objects: VerifiedObjects) -> None:
        """The store of these objects, to be read."""
        super().__init__(read_only=True)
        self._objects = objects

    def __eq__(self, other: object) -> bool:
        """Whether it is of the same objects."""
        return isinstance(other, VerifiedStore) and other._objects is self._objects

    def __str__(self) -> str:
        """Its address."""
        return self._objects.address

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """An object, or a part of it."""
        size = self._objects.size(key)
        if size is None:
            return None
        start, stop = 0, size
        if isinstance(byte_range, RangeByteRequest):
            start, stop = byte_range.start, min(byte_range.end, size)
        elif isinstance(byte_range, OffsetByteRequest):
            start = byte_range.offset
        elif isinstance(byte_range, SuffixByteRequest):
            start = max(size - byte_range.suffix, 0)
        content = await asyncio.to_thread(self._objects.read, key, start, stop)
        return prototype.buffer.from_bytes(content)

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        """Several parts."""
        return [await self.get(key, prototype, part) for key, part in key_ranges]

    async def exists(self, key: str) -> bool:
        """Whether there is such an object."""
        return self._objects.size(key) is not None

    async def set(self, key: str, value: Buffer) -> None:
        """Nothing can be written."""
        raise NotImplementedError(key, value)

    async def delete(self, key: str) -> None:
        """Nothing can be taken away."""
        raise NotImplementedError(key)

    async def list(self) -> AsyncIterator[str]:
        """All paths."""
        for path in self._objects.manifest.objects:
            yield path

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Those that begin so."""
        async for path in self.list():
            if path.startswith(prefix):
                yield path

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """What lies right in a folder."""
        below = f"{prefix.rstrip('/')}/" if prefix else ""
        names = [path.removeprefix(below) async for path in self.list_prefix(below)]
        for name in dict.fromkeys(name.partition("/")[0] for name in names):
            yield name
