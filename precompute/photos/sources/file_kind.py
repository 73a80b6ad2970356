"""What a file is by its first bytes, whatever it is called: a zip, a tar, or a CSV."""

import tarfile
from pathlib import Path
from typing import Literal

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.file_names import photo_kind

Kind = Literal["zip", "tar", "table"]

_HEAD = 4096
_STARTS: dict[bytes, Kind] = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "tar",
    b"BZh": "tar",
    b"\xfd7zXZ\0": "tar",
}
_OTHERS = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a file packed with Zstandard",
    b"%PDF": "a PDF",
    b"SQLite format 3": "a database",
    b"PAR1": "a Parquet file",
}


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
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    if _is_tar(head):
        return "tar"
    what = _other(head)
    if what:
        raise UserError(
            f"{name}: expected a folder, a zip, a tar or a CSV of photos, got {what}; "
            "name another dataset, or unpack it"
        )
    return "table"


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _other(head: bytes) -> str:
    """What a file is that is neither; empty if it may be a CSV."""
    if not head:
        return "an empty file"
    if photo := photo_kind(head):
        return f"a single photo ({photo})"
    for start, what in _OTHERS.items():
        if head.startswith(start):
            return what
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "a web page, as hosts show before the download itself"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "a text in UTF-16 (a CSV is to be saved as UTF-8)"
    if b"\0" in head:
        return "a file of another kind"
    return ""
