"""An image file as RGB, whatever its format, mode, orientation and colour profile.

Only Pillow's decoders for photos' formats are let at the bytes: those that start other programs
(EPS) or never meet a photo are not.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from diamond_cutter.precompute.photos.file_names import PHOTO_KINDS, photo_kind

FORMATS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "WebP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
}
"""The formats that are read, and the suffixes that their files go by."""

WIDE = 10
"""A side that is so many times the other is worth a note."""


MOST_PIXELS = 120_000_000
"""More than any phone takes in one piece but for panoramas; decoded, they need about 1 GB."""

LARGE_PIXELS = 30_000_000
"""Photos of more are decoded one at a time, whatever the number of threads."""

LEAST_SIDE = 8
"""In pixels. Below it there is nothing to be recognized."""

FOREIGN = {
    b"8BPS": "A Photoshop file",
    b"%!PS": "A PostScript file",
    b"\xc5\xd0\xd3\xc6": "A PostScript file",
    b"%PDF": "A PDF",
    b"\x00\x00\x00\x0cjP  ": "A JPEG 2000 image",
    b"\xff\x4f\xff\x51": "A JPEG 2000 image",
    b"\x00\x00\x00\x0cJXL ": "A JPEG XL image",
    b"\xff\x0a": "A JPEG XL image",
    b"\x00\x00\x01\x00": "An icon",
    b"PK\x03\x04": "A zip archive",
    b"<svg": "An SVG drawing",
    b"<?xml": "An XML file",
    b"<!DOCTYPE": "A web page",
    b"<html": "A web page",
    b"FUJIFILMCCD-RAW": "A camera's raw file",
}
"""How files begin that people take for photos."""

BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1"), "A HEIC image"),
    **dict.fromkeys((b"avif", b"avis"), "An AVIF image"),
    b"crx ": "A camera's raw file",
}
"""The brands of the ISO base media format (ISO/IEC 14496-12) that hold pictures."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What EXIF's orientation asks for (Exif 2.32, tag 274)."""

BITS, WHITE_IS_ZERO, SUBFILE, DNG = 258, 262, 254, 50706
"""Tags of TIFF 6.0, and of the Digital Negative."""

_large = threading.Lock()


class _Quiet:
    """Within it, in any thread, Pillow's warnings are not shown: odd headers are no news here.

    Python's filters belong to the process: the first thread that enters changes them, and the last
    that leaves restores them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._filters.__exit__(None, None, None)


_quiet = _Quiet()


class UnreadableError(Exception):
    """No photo can be made of the file; the message says why, in a sentence."""


@dataclass(frozen=True)
class Decoded:
    """A photo: `image` (H, W, 3) uint8, sRGB, upright.

    `format`: of the file, a key of `FORMATS`; `note`: what was done that its owner may want to
    know, in sentences, empty if nothing.
    """

    image: NDArray[np.uint8]
    format: str
    note: str


def decode(file: Path) -> Decoded:
    """Read a photo.

    Orientation and colour profile are applied; more than 8 bits a channel are scaled to 8; what is
    transparent lies over white; of several frames the first is taken. Any file of which this can't
    be made raises `UnreadableError`, whatever its bytes are.
    """
    try:
        with _open(file) as opened:
            form = _check_header(opened)
            notes: list[str] = []
            large = opened.width * opened.height > LARGE_PIXELS
            with _large if large else nullcontext():
                image = _upright(opened, form, notes)
    except UnreadableError:
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableError(_too_large("Far too many")) from error
    except MemoryError as error:
        raise UnreadableError("Needs more memory than there is: make it smaller.") from error
    except Exception as error:
        if isinstance(error, OSError) and error.filename:  # what is wrong inside names no file
            raise UnreadableError(f"Can't be opened ({error.strerror}): mend that.") from error
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise UnreadableError(f"Damaged or cut off ({said}): copy or download it again.") from error
    shorter, longer = sorted(image.shape[:2])
    if longer >= WIDE * shorter:
        notes.append(
            f"Its sides are as 1 to {longer / shorter:.0f}; a network sees the middle square only."
        )
    return Decoded(image, form, " ".join(notes))


@contextmanager
def _open(file: Path) -> Iterator[Image.Image]:
    if file.stat().st_size == 0:
        raise UnreadableError("An empty file: copy or download it again.")
    with _quiet:
        try:
            opened = Image.open(file, formats=[name.upper() for name in FORMATS])
        except UnidentifiedImageError as error:
            raise UnreadableError(_foreign(file)) from error
        with opened:
            yield opened


def _check_header(opened: Image.Image) -> str:
    """The file's format, once its header promises a photo of a size that can be worked with."""
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise UnreadableError(_too_large(f"{width:,} x {height:,}"))
    if min(width, height) < LEAST_SIDE:
        raise UnreadableError(
            f"{width} x {height} pixels: expected at least {LEAST_SIDE} a side; "
            "there is nothing to be recognized."
        )
    tags = getattr(opened, "tag_v2", {})
    if DNG in tags or tags.get(SUBFILE) == 1:
        raise UnreadableError(f"A camera's raw file: expected {PHOTO_KINDS}; convert it.")
    # a phone's JPEG with more pictures inside calls itself MPO
    return next((name for name in FORMATS if name.upper() == opened.format), "JPEG")


def _too_large(pixels: str) -> str:
    return f"{pixels} pixels: expected at most {MOST_PIXELS:,}; make it smaller."


def _orientation(opened: Image.Image) -> int:
    try:
        return int(opened.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001  damaged EXIF takes nothing from the picture
        return 1


def _upright(opened: Image.Image, form: str, notes: list[str]) -> NDArray[np.uint8]:
    if form != "JPEG" and getattr(opened, "is_animated", False):
        opened.seek(0)
        notes.append("Only the first of its frames is taken.")
    turn = TURNS.get(_orientation(opened))
    opened.load()
    picture = _flatten(_narrow(opened, notes), notes)
    if turn is not None:
        notes.append("Turned upright, as its EXIF orientation says.")
        if form != "TIFF":  # Pillow turned that when it was loaded
            picture = picture.transpose(turn)
    return np.asarray(picture)


def _narrow(opened: Image.Image, notes: list[str]) -> Image.Image:
    """The image with 8 bits a channel: values of more bits are scaled, not clipped.

    Whole and floating numbers are of the least of the ranges 0..1, 0..255 and 0..65535 that holds
    them all; where none does, from their least to their greatest.
    """
    if opened.mode[0] not in "IF":
        return opened
    tags = getattr(opened, "tag_v2", {})
    values = np.asarray(opened).astype(np.float32)
    finite = np.isfinite(values)
    if not finite.any():
        raise UnreadableError("Holds no numbers, only NaN: export it again.")
    low, high = (float(find(values[finite])) for find in (np.min, np.max))
    if opened.mode.startswith("I;16"):
        low, high = 0.0, 4095.0 if tags.get(BITS) == (12,) else 65535.0
    elif low >= 0 and high <= 65535:
        low, high = 0.0, next(top for top in (1.0, 255.0, 65535.0) if high <= top)
    values -= low
    values /= (high - low) or 1.0
    grey = np.clip(np.nan_to_num(values, copy=False), 0, 1)
    if tags.get(WHITE_IS_ZERO) == 0:  # Pillow turns only those of 8 bits and less
        grey = 1 - grey
    notes.append(f"Scaled to 8 bits from {low:g} to {high:g}.")
    return Image.fromarray(np.rint(grey * 255).astype(np.uint8))


def _flatten(picture: Image.Image, notes: list[str]) -> Image.Image:
    """The picture as RGB: over white where it is transparent, by its colour profile if any."""
    profile = picture.info.get("icc_profile")
    if picture.mode == "La":
        picture = picture.convert("LA")
    elif picture.mode in ("P", "PA", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    alpha = picture.getchannel("A") if picture.mode in ("LA", "RGBA") else None
    if picture.mode == "LA":
        picture = picture.getchannel("L")
    if picture.mode == "CMYK":
        notes.append("Converted from CMYK.")
    colours = _by_profile(picture, profile, notes) if profile else picture.convert("RGB")
    if alpha is None or alpha.getextrema() == (255, 255):
        return colours
    if alpha.getextrema() == (0, 0):
        raise UnreadableError("Wholly transparent: export it without transparency.")
    notes.append("Its transparent parts are shown over white.")
    return Image.composite(colours, Image.new("RGB", colours.size, "white"), alpha)


def _by_profile(picture: Image.Image, profile: bytes, notes: list[str]) -> Image.Image:
    """The picture in sRGB; as it is where its profile is damaged or for another kind of picture."""
    if picture.mode not in ("L", "RGB", "CMYK"):
        picture = picture.convert("RGB")
    try:
        given = ImageCms.ImageCmsProfile(BytesIO(profile))
        name = " ".join(ImageCms.getProfileDescription(given).split())
        if "sRGB" in name:
            return picture.convert("RGB")
        converted = ImageCms.profileToProfile(picture, given, _srgb(), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture.convert("RGB")
    if converted is None:  # that is for conversion in place, but so are its types
        return picture.convert("RGB")
    notes.append(f"Colours converted from {name[:40] or 'its profile'} to sRGB.")
    return converted


@lru_cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _foreign(file: Path) -> str:
    """Why the file is no photo, as far as its first bytes tell."""
    with file.open("rb") as stream:
        head = stream.read(32)
    if not head.strip(b"\0"):
        return "Holds nothing but zeros: copy or download it again."
    if photo_kind(head):
        return "Damaged or cut off (no header can be read): copy or download it again."
    kind = next((kind for start, kind in FOREIGN.items() if head.startswith(start)), None)
    if head[4:8] == b"ftyp":
        kind = BRANDS.get(head[8:12], "A video")
    return f"{kind or 'No image that is known here'}: expected {PHOTO_KINDS}; convert it."
