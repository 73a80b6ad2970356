"""An image file as RGB, whatever its format, mode, orientation and colour profile.

Only Pillow's decoders for photos' formats are let at the bytes: those that start other programs
(EPS) or never meet a photo are not.
"""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageFile, TiffImagePlugin, UnidentifiedImageError

from diamond_cutter.precompute.photos.file_names import photo_kind
from diamond_cutter.precompute.photos.images.photo_pixels import SRGB, read_values, to_rgb
from diamond_cutter.precompute.photos.images.value_range import (
    FULL,
    Range,
    common_range,
    find_span,
)
from diamond_cutter.precompute.photos.picture_kinds import HEAD, kind_of_content, refusal

FORMATS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "WebP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    "JPEG2000": (".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"),
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

BITS, BANDS, SUBFILE, DNG = 258, 277, 254, 50706
"""Tags of TIFF 6.0, and of the Digital Negative."""

FEW_LEVELS = 16
"""Of 256. A photo whose values lie within so many looks like a single colour."""

_large = threading.Lock()

logging.getLogger("PIL").setLevel(logging.CRITICAL + 1)  # what it says of odd files, we say


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
    know, in sentences, empty if nothing. Where its values have more than 8 bits, `span` is
    what `find_span` finds in them, and `value_range` what became 0 and 255; else both are None.
    `faint`: it looks like a single colour, or is of very few levels though of more than 8 bits.
    """

    image: NDArray[np.uint8]
    format: str
    note: str
    span: Range | None
    value_range: Range | None
    faint: bool


def decode(file: Path, value_range: Range | None = None) -> Decoded:
    """Read a photo.

    Orientation and colour profile are applied; what is transparent lies over white; of several
    frames the first is taken. Values of more than 8 bits become 0 to 255 from `value_range`, or if
    there is none from what suits this photo. Any file of which this can't be made raises
    `UnreadableError`, whatever its bytes are.
    """
    try:
        with _open(file) as opened:
            form = _check_header(opened)
            large = opened.width * opened.height > LARGE_PIXELS
            with _large if large else nullcontext():
                decoded = _decode(opened, form, value_range)
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
    return decoded


def _decode(opened: ImageFile.ImageFile, form: str, value_range: Range | None) -> Decoded:
    values = read_values(opened)
    span = None if values is None else find_span(values)
    if values is not None and span is None:
        raise UnreadableError("Holds no numbers, only NaN: export it again.")
    used = value_range or (common_range([span]) if span else FULL)
    turned = _orientation(opened) != 1
    opened.load()
    notes = list(_say(opened, form))
    image = to_rgb(opened, values, *used)
    if span is not None:
        notes.append(f"Scaled to 8 bits from {used[0]:.10g} to {used[1]:.10g}.")
    if turned:
        notes.append("Turned upright, as its EXIF orientation says.")
    shorter, longer = sorted(image.shape[:2])
    if longer >= WIDE * shorter:
        notes.append(
            f"Its sides are as 1 to {longer / shorter:.0f}; a network sees the middle square only."
        )
    least, most = int(image.min()), int(image.max())
    levels = int(np.count_nonzero(np.bincount(image.ravel()))) if span else most - least
    faint = levels < FEW_LEVELS
    if most - least < FEW_LEVELS:
        notes.append(f"Next to nothing to be seen: its values are {least} to {most} of 0 to 255.")
    elif faint:
        notes.append(f"Next to nothing to be seen: it has {levels} different values in all.")
    return Decoded(image, form, " ".join(notes), span, used if span else None, faint)


@contextmanager
def _open(file: Path) -> Iterator[ImageFile.ImageFile]:
    if file.stat().st_size == 0:
        raise UnreadableError("An empty file: copy or download it again.")
    with _quiet:
        try:
            opened = Image.open(file, formats=[name.upper() for name in FORMATS])
        except UnidentifiedImageError as error:
            raise UnreadableError(_foreign(file)) from error
        with opened:
            yield opened


def _check_header(opened: ImageFile.ImageFile) -> str:
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
        raise UnreadableError(refusal("A camera's raw file"))
    # a phone's JPEG with more pictures inside calls itself MPO
    return next((name for name in FORMATS if name.upper() == opened.format), "JPEG")


def _too_large(pixels: str) -> str:
    return f"{pixels} pixels: expected at most {MOST_PIXELS:,}; make it smaller."


def _orientation(opened: ImageFile.ImageFile) -> int:
    try:
        return int(opened.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001  damaged EXIF takes nothing from the picture
        return 1


def _say(opened: ImageFile.ImageFile, form: str) -> Iterator[str]:
    """What is done to make RGB of 8 bits of an image, in sentences; refuses what shows nothing."""
    if form != "JPEG" and getattr(opened, "is_animated", False):
        yield "Only the first of its frames is taken."
    if opened.mode == "CMYK":
        yield "Converted from CMYK."
    if name := _profile(opened):
        yield f"Colours converted from {name} to sRGB."
    if opened.has_transparency_data:
        least, most = opened.convert("RGBA").getchannel("A").getextrema()
        if most == 0:
            raise UnreadableError("Wholly transparent: export it without transparency.")
        if least != 255:
            yield "Its transparent parts are shown over white."


def _profile(opened: ImageFile.ImageFile) -> str:
    """The name of its colour profile, if colours are converted by it."""
    mode = "L" if opened.mode[0] in "LIF" else opened.mode if opened.mode == "CMYK" else "RGB"
    try:
        given = ImageCms.ImageCmsProfile(BytesIO(opened.info["icc_profile"]))
        name = " ".join(ImageCms.getProfileDescription(given).split())
        ImageCms.buildTransform(given, SRGB, mode, "RGB")
    except (KeyError, ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return ""
    return "" if "sRGB" in name else name[:40] or "its profile"


def _foreign(file: Path) -> str:
    """Why no photo can be made of the file, as far as its first bytes tell."""
    with file.open("rb") as stream:
        head = stream.read(HEAD)
        if not head.strip(b"\0"):
            return "Holds nothing but zeros: copy or download it again."
        if photo_kind(head) == "tif" and (pixels := _tiff_pixels(stream, head)):
            return f"A TIFF of {pixels}, and save that as TIFF or PNG."
    if photo_kind(head):
        return "Damaged or cut off (no header can be read): copy or download it again."
    return refusal(kind_of_content(head) or "No image that is known here")


def _tiff_pixels(stream: BinaryIO, head: bytes) -> str:
    """What a TIFF holds that can't be read, and what is expected; empty if that is not known."""
    try:
        tags = TiffImagePlugin.ImageFileDirectory_v2(head[:8] if head[2] != 43 else head[:16])
        stream.seek(tags.next)
        tags.load(stream)
        bands, bits = int(tags.get(BANDS, 1)), tags.get(BITS, (1,))
    except Exception:  # noqa: BLE001  whatever its bytes are
        return ""
    if bands not in (1, 3, 4):
        return f"{bands} bands: expected 1, of grey, or 3, of red, green and blue; choose three"
    named = " and ".join(sorted({str(each) for each in bits}))
    many = "1 band" if bands == 1 else f"{bands} bands"
    return f"{many} of {named} bits: expected 8 or 16; convert it"
