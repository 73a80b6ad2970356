"""What the name of a file says: whether it is a photo, and whether an archive may use it."""

import re
from collections.abc import Callable

from diamond_cutter.precompute.photos.picture_kinds import (
    PHOTO_KINDS,
    kind_of_content,
    kind_of_suffix,
    refusal,
)
from diamond_cutter.precompute.photos.size_limits import MAX_NAME
from diamond_cutter.precompute.stores.study.dataset_report import Outcome

PHOTO_SUFFIXES = (
    r"jpg|jpeg|jpe|jfif|png|webp|gif|bmp|dib|tif|tiff|p[pgbnf]m|jp2|j2k|j2c|jpc|jpf|jpx"
)
"""How the names of photos end, as a pattern, in small letters without a dot."""
_PHOTOS = re.compile(PHOTO_SUFFIXES)
_ARCHIVES = re.compile(r"zip|tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|lz4|lzma|7z|rar|jar|cab|iso")
_ARCHIVE = (
    "An archive inside the dataset, which is not opened: unpack it, or name it as the dataset."
)
_SYSTEM = re.compile(
    r"__macosx|(eh)?thumbs\.db|desktop\.ini|\$recycle\.bin|system volume information|@eadir"
)
_MAGIC = {
    "jpg": re.compile(rb"\xff\xd8\xff"),
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "tif": re.compile(rb"II[*+]\0|MM\0[*+]"),
    "ppm": re.compile(rb"(P[1-6]|Pf)\s+[#\d]"),
    "jp2": re.compile(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"),
    "bmp": re.compile(rb"BM....\0\0\0\0", re.DOTALL),
}


def judge(path: str, look: Callable[[], bytes]) -> tuple[Outcome | None, str]:
    """Whether the file of that path, with "/", is to be examined as a photo: None, or why not.

    `look` returns the file's first `HEAD` bytes; it is asked where the name says nothing.
    """
    parts = path.lower().split("/")
    if any(map(_SYSTEM.fullmatch, parts)):
        return "ignore", "Written by the operating system; no photo."
    if any(part.startswith(".") for part in parts):
        return "ignore", "A hidden file; no photo."
    suffix = _suffix(path)
    if _PHOTOS.fullmatch(suffix):
        return None, ""
    if _ARCHIVES.fullmatch(suffix):
        return "reject", _ARCHIVE
    head = look()
    if photo_kind(head):
        return None, ""
    if kind := kind_of_suffix(suffix) or (
        kind_of_content(head) if not suffix or suffix.isdigit() else ""
    ):
        return "reject", refusal(kind)
    return "ignore", f"No photo by its name and first bytes: expected {PHOTO_KINDS}."


def is_table(path: str) -> bool:
    """Whether the file of that path, with "/", may say the labels of photos."""
    return _suffix(path) in ("csv", "tsv", "tab", "txt") and "/." not in f"/{path}"


def photo_kind(head: bytes) -> str:
    """The suffix, without a dot, of the photo that starts with `head`; empty if it is none."""
    return next((kind for kind, magic in _MAGIC.items() if magic.match(head)), "")


def safe_suffix(path: str) -> str:
    """The suffix under which a photo of that path is kept, with its dot; empty if not known."""
    suffix = _suffix(path)
    return f".{suffix}" if _PHOTOS.fullmatch(suffix) else ""


def member_path(name: str) -> tuple[str, str]:
    """The path, with "/", that an archive's or a listing's `name` means, and why it can't be used.

    Nothing is ever written under such a name: one that leads out of the archive is refused since
    whoever made it meant harm, and what it is a photo of can't be told.
    """
    path = readable(name.replace("\\", "/"))  # old .NET writes them; no sane name holds one
    if len(path) > MAX_NAME:
        return f"{path[:200]}…", (
            f"A path of {len(path):,} characters: expected at most {MAX_NAME:,}; rename it."
        )
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return path, "An absolute path: expected one inside the dataset; pack it again."
    if ".." in parts:
        return path, 'A path with "..": expected one inside the dataset; pack it again.'
    if not parts:
        return path, "A file without a name; pack it again."
    return "/".join(parts), ""


def readable(name: str) -> str:
    r"""The name as valid Unicode: bytes that are none become "\xe9" and such."""
    return name.encode("utf-8", "surrogateescape" if _escaped(name) else "backslashreplace").decode(
        "utf-8", "backslashreplace"
    )


def _escaped(name: str) -> bool:
    return all(not "\ud800" <= char <= "\udfff" or "\udc80" <= char <= "\udcff" for char in name)


def _suffix(path: str) -> str:
    base, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return suffix.lower() if dot and base else ""
