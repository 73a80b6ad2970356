"""What a file is by its first bytes, whatever it is called: a zip, a tar, or a CSV."""

import bz2
import gzip
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.file_names import photo_kind
from diamond_cutter.precompute.photos.labels.text_encoding import wide_encoding

Kind = Literal["zip", "tar", "table"]

_HEAD = 4096
_STARTS: dict[bytes, Kind] = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "tar",
    b"BZh": "tar",
    b"\xfd7zXZ\0": "tar",
}
_PACKED: dict[bytes, tuple[str, Callable[[Path], Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ\0": ("xz", lzma.open),
}
_UNPACK = "name another dataset, or unpack it"
_EXPORT = "save each of its pictures as a file in the folder of its class, and name that folder"
_AS_CSV = "save its table as a CSV beside the photos"
_OTHERS: dict[bytes, tuple[str, str]] = {
    rb"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
    rb"Rar!": ("a RAR archive", _UNPACK),
    rb"\x28\xb5\x2f\xfd": ("a file packed with Zstandard", _UNPACK),
    rb"%PDF": ("a PDF", _EXPORT),
    rb"SQLite format 3": ("a database", _EXPORT),
    rb"PAR1": ("a Parquet file", _EXPORT),
    rb"ARROW1|\xff\xff\xff\xff": ("an Arrow file", _EXPORT),
    rb"\x89HDF\r\n": ("an HDF5 file", _EXPORT),
    rb"\x93NUMPY|PK\x03\x04.{26}[^/]{1,200}\.npy": ("NumPy arrays", _EXPORT),
    rb"PK\x03\x04.{26}(\[Content_Types\]\.xml|_rels/|xl/)": ("an Office file", _AS_CSV),
    rb"\xd0\xcf\x11\xe0": ("an old Office file", _AS_CSV),
    rb"\x80[\x02-\x05]": ("a pickle, which may run code and is not opened", _EXPORT),
    rb"MATLAB 5.0": ("a MATLAB file", _EXPORT),
    rb"\0\0[\x08-\x0e][\x01-\x04]": ("an IDX file of arrays, as MNIST's", _EXPORT),
}
"""What a file is that begins so, and what to do with it."""
_TFRECORD = re.compile(r".*(\.|-|_)tf_?rec(ord)?s?([-_.].*)?", re.IGNORECASE)


def file_kind(file: Path, name: str) -> Kind:
    """What a file is that may hold a dataset; `name` is what messages call it.

    Raises `UserError` for what is none, and for a file that can't be read.
    """
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
    except OSError as error:
        raise UserError(
            f"{name}: expected a dataset that can be read, got: {error.strerror}; "
            "mend its permissions or name another"
        ) from error
    if found := _other(head, name) or _packed(file, head):
        what, then = found
        raise UserError(
            f"{name}: expected a folder, a zip, a tar or a CSV of photos, got {what}; {then}"
        )
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    return "tar" if _is_tar(head) else "table"


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _packed(file: Path, head: bytes) -> tuple[str, str] | None:
    """What a packed file is and what to do with it; None if it is no such file, or a packed tar."""
    for start, (what, opened) in _PACKED.items():
        if head.startswith(start):
            try:
                with opened(file) as unpacked:
                    inside = unpacked.read(tarfile.BLOCKSIZE)
            except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error):
                return None  # the archive's reader says what is wrong with it
            if not _is_tar(inside):
                inner, then = _other(inside, file.stem) or ("", "unpack it, and name what it holds")
                return f"a single file packed with {what}{inner and f', {inner}'}", then
    return None


def _other(head: bytes, name: str) -> tuple[str, str] | None:
    """What a file is that is no dataset, and what to do with it; None if it may be one."""
    if not head:
        return "an empty file", "name another dataset"
    if photo := photo_kind(head):
        return f"a single photo ({photo})", "name the folder of all photos"
    for start, found in _OTHERS.items():
        if re.match(start, head, re.DOTALL):
            return found
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "a web page, as hosts show before the download itself", "name another address"
    if _TFRECORD.fullmatch(name.rpartition("/")[2]):
        return "a TFRecord file", _EXPORT
    is_text = wide_encoding(head) or b"\0" not in head
    if not is_text and not _is_tar(head) and not head.startswith(tuple(_STARTS)):
        return "a file of another kind", "name another dataset"
    return None
