"""The members of a tar, packed further or not, read in one go from start to end.

tarfile's own `data` filter is for unpacking under the archive's names, which is not done here, lets
links within the archive through, and bounds no size.
"""

import bz2
import functools
import gzip
import lzma
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from diamond_cutter.precompute.photos.archives.archive_member import (
    DEVICE,
    LINK,
    DamagedError,
    Member,
    Readable,
    reading,
)
from diamond_cutter.precompute.photos.size_limits import CHUNK, MAX_HEADER, Budget

_NUMBER = re.compile(rb"[0-9]{100}")
"""What tarfile's search for a character set takes quadratic time on (CVE-2024-6232)."""
_PACKED: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}


def tar_members(archive: Path, budget: Budget) -> Iterator[Member]:
    """The files of a tar, in its order; each is to be read before the next one is asked for.

    Raises `DamagedError` where the rest can't be read, or is not there.
    """
    with archive.open("rb") as file:
        stream = _Stream(file, budget)
        with reading():
            stream.header_left = MAX_HEADER
            opened = tarfile.TarFile(fileobj=stream)  # type: ignore[arg-type]
        while (info := _next(opened, stream)) is not None:
            if not info.isdir():
                yield Member(
                    name=info.name,
                    problem=_problem(info),
                    size=info.size,
                    position=file.tell(),
                    opened=functools.cache(functools.partial(_open, opened, info)),
                    step=CHUNK,
                    stream=True,
                )
        with reading():
            stream.drain()


class _Stream:
    """The unpacked bytes of a tar, counted, read once and forwards.

    tarfile believes what headers say: it goes back where a size is negative, reads a header of any
    length at once, and takes a header that makes no sense for the end.
    """

    def __init__(self, file: BinaryIO, budget: Budget) -> None:
        head = file.read(6)
        file.seek(0)
        opener = next((_PACKED[magic] for magic in _PACKED if head.startswith(magic)), None)
        self._source = cast(BinaryIO, opener(file)) if opener else file
        self._budget = budget
        self._position = 0
        self.header_left: int | None = None
        self.last = b""

    def read(self, size: int) -> bytes:
        """The next bytes; while `header_left` is not None, no more than that in all."""
        if self.header_left is not None:
            self.header_left -= size
            if self.header_left < 0:
                raise tarfile.ReadError("a header that is too long")
        self.last = self._read(size)
        if self.header_left is not None and _NUMBER.search(self.last):
            raise tarfile.ReadError("a header with a number that is too long")
        return self.last

    def tell(self) -> int:
        """How many bytes have been read or passed."""
        return self._position

    def seek(self, position: int) -> None:
        """Pass what lies before `position`."""
        if position < self._position:
            raise tarfile.ReadError("members that share bytes")
        while position > self._position:
            if not self._read(min(position - self._position, CHUNK)):
                raise tarfile.ReadError("it ends early")

    def seekable(self) -> bool:
        """Not freely."""
        return False

    def drain(self) -> None:
        """Pass the rest, at whose end packed ones have a checksum."""
        while self._read(CHUNK):
            pass

    def _read(self, size: int) -> bytes:
        data = self._source.read(size)
        self._position += len(data)
        self._budget.spend(len(data))
        return data


def _next(opened: tarfile.TarFile, stream: _Stream) -> tarfile.TarInfo | None:
    """The next member; None at the end, which is a block of zeros."""
    stream.header_left = MAX_HEADER
    with reading():
        info = opened.next()
    stream.header_left = None
    opened.members.clear()  # type: ignore[attr-defined]
    opened.pax_headers = {}  # the archive's own attributes: nothing of use, and they add up
    if info is None and stream.last != bytes(tarfile.BLOCKSIZE):
        raise DamagedError("it ends early, or a header makes no sense")
    return info


def _open(opened: tarfile.TarFile, info: tarfile.TarInfo) -> Readable:
    return cast(Readable, opened.extractfile(info))


def _problem(info: tarfile.TarInfo) -> str:
    if info.islnk() or info.issym():
        return LINK
    if info.issparse():
        return "A sparse file: expected a photo; pack it as a plain file."
    return "" if info.isreg() else DEVICE
