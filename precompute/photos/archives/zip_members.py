"""The members of a zip."""

import functools
import io
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from diamond_cutter.precompute.photos.archives.archive_member import (
    DEVICE,
    LINK,
    LOCKED,
    DamagedError,
    Member,
    Readable,
    reading,
)
from diamond_cutter.precompute.photos.size_limits import (
    CHUNK,
    MAX_DIRECTORY,
    MAX_ENTRIES,
    MAX_FILE,
    Budget,
)

_ENCRYPTED = 1
_UTF8 = 1 << 11
_HEADER = 30
"""Bytes of a member's own header, without its name."""
_STEPS = {zipfile.ZIP_STORED: CHUNK, zipfile.ZIP_DEFLATED: CHUNK}
_SMALL_STEP = 4096
"""Packed bytes at a time for bzip2 and LZMA, which zipfile unpacks without a limit: 4 KB of the
worst bzip2 become some 80 MB."""


def zip_members(archive: Path, budget: Budget) -> Iterator[Member]:
    """The files of a zip, in the order of its table of contents.

    Raises `DamagedError` if the table can't be read, or if members share bytes, as in Fifield's
    bomb ("A better zip bomb", WOOT 2019).
    """
    with _Guarded(io.FileIO(archive)) as file:
        with reading():
            opened = zipfile.ZipFile(file)
        with opened:
            infos = opened.infolist()
            _check(infos, budget)
            for info in infos:
                if not _is_folder(info):
                    yield Member(
                        name=_name(info),
                        problem=_problem(info),
                        size=info.file_size,
                        position=info.header_offset,
                        opened=functools.cache(functools.partial(_open, opened, info)),
                        step=_STEPS.get(info.compress_type, _SMALL_STEP),
                        stream=False,
                    )


class _Guarded(io.BufferedReader):
    """A file that is not read into memory as a whole, whatever it says of its parts."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY:
            raise ValueError(f"a table of contents of {size / 1e6:,.0f} MB")
        return super().read(size)


def _open(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> Readable:
    return cast(Readable, opened.open(info))


def _check(infos: list[zipfile.ZipInfo], budget: Budget) -> None:
    if len(infos) > MAX_ENTRIES:
        raise DamagedError(f"expected at most {MAX_ENTRIES:,} members, got {len(infos):,}")
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise DamagedError("members share bytes, as in an archive made to fill disks")
        end = info.header_offset + _HEADER + len(info.orig_filename) + info.compress_size
    budget.check(sum(info.file_size for info in infos if info.file_size <= MAX_FILE))


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.is_dir() or stat.S_ISDIR(info.external_attr >> 16)


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name; macOS and many others write UTF-8 and don't say so."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _problem(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return LINK
    if kind not in (0, stat.S_IFREG):
        return DEVICE
    if info.flag_bits & _ENCRYPTED:
        return LOCKED
    return ""
