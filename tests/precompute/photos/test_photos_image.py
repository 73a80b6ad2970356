"""Image files as people have them, and as nobody should: all become RGB or a reason."""

import io
import struct
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from sample_photos import png, swapped_profile, tiff

from diamond_cutter.precompute.photos.images.image_decoding import UnreadableError, decode

CORNERS = np.kron(
    np.array([[[200, 30, 30], [30, 180, 40]], [[20, 40, 220], [240, 240, 90]]], np.uint8),
    np.ones((16, 24, 1), np.uint8),
)
"""(32, 48, 3): red and green above, blue and yellow below."""


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    def save(image: Image.Image | NDArray[Any], name: str, **options: Any) -> Path:
        file = tmp_path / name
        picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
        picture.save(file, **options)
        return file

    return save


@pytest.mark.parametrize(
    ("name", "options", "within"),
    [
        ("a.png", {}, 0),
        ("a.bmp", {}, 0),
        ("a.tif", {}, 0),
        ("a.tiff", {"compression": "tiff_lzw"}, 0),
        ("a.webp", {"lossless": True}, 0),
        ("a.gif", {}, 0),
        ("a.ppm", {}, 0),
        ("a.jp2", {}, 0),
        ("a.j2k", {}, 0),
        ("a.jpg", {"quality": 95, "subsampling": 0}, 4),
        ("a.webp", {"quality": 95}, 16),
    ],
)
def test_every_format_shows_its_picture(
    saved: Callable[..., Path], name: str, options: dict[str, Any], within: int
) -> None:
    decoded = decode(saved(CORNERS, name, **options))
    assert decoded.image.dtype == np.uint8
    assert decoded.image.shape == (32, 48, 3)
    assert np.abs(decoded.image.astype(int) - CORNERS)[4:-4:8, 4:-4:8].max() <= within
    assert decoded.note == ""


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_stand_upright(saved: Callable[..., Path], name: str, orientation: int) -> None:
    stored = {  # what is stored where the upright picture is CORNERS: Exif 2.32, tag 274
        1: CORNERS,
        2: CORNERS[:, ::-1],
        3: CORNERS[::-1, ::-1],
        4: CORNERS[::-1],
        5: CORNERS.transpose(1, 0, 2),
        6: np.rot90(CORNERS, 1),
        7: CORNERS.transpose(1, 0, 2)[::-1, ::-1],
        8: np.rot90(CORNERS, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if name == "a.webp" else {}
    decoded = decode(saved(np.ascontiguousarray(stored), name, exif=exif, **options))
    assert decoded.image.shape == CORNERS.shape
    assert np.abs(decoded.image.astype(int) - CORNERS)[6::20, 8::32].max() <= 8
    assert ("upright" in decoded.note) == (orientation != 1)


def test_cmyk_is_not_a_negative(saved: Callable[..., Path]) -> None:
    for name in ("a.jpg", "a.tif"):
        decoded = decode(saved(Image.fromarray(CORNERS).convert("CMYK"), name))
        assert np.abs(decoded.image.astype(int) - CORNERS)[6::20, 8::32].max() <= 8
        assert decoded.note == "Converted from CMYK."


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_are_scaled_not_clipped(saved: Callable[..., Path], name: str) -> None:
    levels = np.arange(256, dtype=np.uint16).repeat(8).reshape(16, 128)
    decoded = decode(saved(levels * 257, name))
    assert (decoded.image == levels[..., None]).all()
    assert decoded.note == "Scaled to 8 bits from 0 to 65535."


def test_sixteen_bits_of_three_colours_are_scaled(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    row = b"\0" + struct.pack(">HHH", 200 * 257, 100 * 257, 3 * 257) * 9
    file.write_bytes(png(9, 10, 16, 2, row * 10))
    assert (decode(file).image == [200, 100, 3]).all()


@pytest.mark.parametrize(("white_is_zero", "shown"), [(False, 64), (True, 191)])
def test_twelve_bits_and_white_as_zero(tmp_path: Path, white_is_zero: bool, shown: int) -> None:
    file = tmp_path / "a.tif"
    bits = 16 if white_is_zero else 12
    value = 64 * 257 if white_is_zero else round(64 / 255 * 4095)
    pair = (
        struct.pack("<HH", value, value)
        if white_is_zero
        else bytes([value >> 4, (value & 15) << 4 | value >> 8, value & 255])
    )
    tags = {256: (3, 8), 257: (3, 8), 258: (3, bits), 259: (3, 1), 262: (3, 1 - white_is_zero)}
    tags |= {277: (3, 1), 278: (3, 8), 279: (4, 32 * len(pair))}
    file.write_bytes(tiff(tags, pair * 32))
    assert (decode(file).image == shown).all()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.0, 1.0, [0, 64, 255]), (0.0, 255.0, [0, 64, 255]), (-4.0, 6.0, [0, 64, 255])],
)
def test_floating_numbers_are_scaled(
    saved: Callable[..., Path], low: float, high: float, expected: list[int]
) -> None:
    values = np.float32([0, 64 / 255, 1]).repeat(30).reshape(3, 30).repeat(3, 0)
    image = low + values * np.float32(high - low)
    assert decode(saved(image, "a.tif")).image[::3, 0, 0].tolist() == expected


def test_a_grey_of_no_numbers_is_refused(saved: Callable[..., Path]) -> None:
    with pytest.raises(UnreadableError, match="NaN"):
        decode(saved(np.full((9, 9), np.nan, np.float32), "a.tif"))


def test_modes_of_few_colours(saved: Callable[..., Path]) -> None:
    halves = np.zeros((16, 16), np.uint8)
    halves[:, 8:] = 255
    expected = np.repeat(halves[..., None], 3, 2)
    grey = Image.fromarray(halves)
    for picture in (grey, grey.convert("1"), grey.convert("P"), grey.convert("LA")):
        decoded = decode(saved(picture, "a.png"))
        assert (decoded.image == expected).all()
        assert decoded.note == ""


def test_what_is_transparent_lies_over_white(saved: Callable[..., Path]) -> None:
    image = np.zeros((8, 24, 4), np.uint8)
    image[:] = [200, 0, 100, 255]
    image[:, 8:16, 3] = 128
    image[:, 16:, 3] = 0
    decoded = decode(saved(image, "a.png"))
    assert decoded.image[0, 0].tolist() == [200, 0, 100]
    assert np.abs(decoded.image[0, 8] - np.array([227, 127, 177])).max() <= 1
    assert decoded.image[0, 16].tolist() == [255, 255, 255]
    assert decoded.note == "Its transparent parts are shown over white."


def test_a_transparent_palette_entry_lies_over_white(saved: Callable[..., Path]) -> None:
    image = Image.new("P", (16, 16), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(0, (0, 0, 8, 16))
    for name in ("a.png", "a.gif"):
        decoded = decode(saved(image, name, transparency=0))
        assert decoded.image[3, 3].tolist() == [255, 255, 255]
        assert decoded.image[3, 12].tolist() == [0, 0, 255]
    with pytest.raises(UnreadableError, match="transparent"):
        decode(saved(Image.new("RGBA", (16, 16)), "a.png"))


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif"])
def test_the_first_frame_is_taken(saved: Callable[..., Path], name: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if name == "a.webp" else {}
    file = saved(frames[0], name, save_all=True, append_images=frames[1:], **options)
    decoded = decode(file)
    assert (decoded.image == [255, 0, 0]).all()
    assert decoded.note == "Only the first of its frames is taken."


def test_colours_are_those_of_the_profile(saved: Callable[..., Path]) -> None:
    red = Image.new("RGB", (16, 16), (255, 0, 0))
    decoded = decode(saved(red, "a.png", icc_profile=swapped_profile()))
    assert np.abs(decoded.image - np.array([0, 255, 0])).max() <= 2
    assert decoded.note.startswith("Colours converted from swap")
    for profile in (
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        b"no profile at all",
        swapped_profile()[:300],
    ):
        decoded = decode(saved(red, "a.png", icc_profile=profile))
        assert (decoded.image == [255, 0, 0]).all()
        assert decoded.note == ""


def test_the_content_decides_not_the_suffix(saved: Callable[..., Path], tmp_path: Path) -> None:
    saved(CORNERS, "a.webp").rename(tmp_path / "a.jpg")
    assert decode(tmp_path / "a.jpg").format == "WebP"


def test_a_strip_is_noted(saved: Callable[..., Path]) -> None:
    assert "1 to 12" in decode(saved(np.zeros((10, 120, 3), np.uint8), "a.png")).note
    assert decode(saved(np.tile(np.uint8([[[0], [99]]] * 10), (1, 45, 3)), "a.png")).note == ""


HEADER = struct.pack("<IiiHHIIiiII", 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (bytes(4000), "zeros"),
        (b"hello, world " * 20, "No image that is known"),
        (b"\0\0\0\x18ftypheic" + bytes(200), "HEIC"),
        (b"\0\0\0\x18ftypavif" + bytes(200), "AVIF"),
        (b"\0\0\0\x18ftypisom" + bytes(200), "video"),
        (b"8BPS\0\1" + bytes(200), "Photoshop"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) print quit\n", "PostScript"),
        (b"%PDF-1.7\n", "PDF"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"P6 9 9 255 " + bytes(99), "Damaged or cut off"),
        (
            bytes(128) + b"DICM" + bytes(90),
            "A DICOM image: .* convert it to PNG or TIFF, of 16 bits",
        ),
        (b"SIMPLE  =" + bytes(200), "A FITS image"),
        (
            tiff({256: (3, 9), 257: (3, 9), 258: (3, 8), 262: (3, 1), 277: (3, 13)}, bytes(1053)),
            "A TIFF of 13 bands: expected 1, of grey, or 3, .* and save that as TIFF or PNG",
        ),
        (
            tiff({256: (3, 9), 257: (3, 9), 258: (3, 64), 262: (3, 1), 339: (3, 3)}, bytes(648)),
            "A TIFF of 1 band of 64 bits: expected 8 or 16; convert it",
        ),
        (png(20_000, 20_000, 8, 2, b""), "pixels: expected at most"),
        (png(11_000, 11_000, 1, 0, b""), "11,000 x 11,000 pixels: expected at most"),
        (b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + HEADER, "pixels: expected at most"),
        (png(7, 900, 8, 0, bytes(8 * 900)), "at least 8 a side"),
        (png(0, 900, 8, 0, b""), "No image|Damaged|at least"),
        (tiff({254: (4, 1), 256: (3, 9), 257: (3, 9), 258: (3, 8), 262: (3, 1)}, bytes(81)), "raw"),
    ],
)
def test_what_is_no_photo_has_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(content)
    with pytest.raises(UnreadableError, match=reason) as raised:
        decode(file)
    assert str(raised.value).endswith(".")
    assert "\n" not in str(raised.value)


FORMATS: dict[str, dict[str, Any]] = {
    "jpg": {"progressive": True},
    "png": {"icc_profile": swapped_profile()},
    "webp": {"lossless": True},
    "gif": {},
    "bmp": {},
    "tif": {"compression": "tiff_lzw"},
    "tiff": {"compression": "jpeg"},
}


def photo() -> Image.Image:
    noise = np.random.default_rng(5).integers(0, 256, (12, 16, 3), np.uint8)
    return Image.fromarray(noise).resize((64, 48), Image.Resampling.BICUBIC)


def encoded(suffix: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    options = FORMATS[suffix] | ({} if suffix in ("gif", "bmp") else {"exif": exif})
    stream = io.BytesIO()
    photo().save(
        stream, "TIFF" if suffix.startswith("tif") else suffix.replace("jpg", "jpeg"), **options
    )
    return stream.getvalue()


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, suffix: str) -> None:
    content = encoded(suffix)
    file = tmp_path / f"a.{suffix}"
    for share in (0.3, 0.6, 0.9):
        file.write_bytes(content[: int(share * len(content))])
        with pytest.raises(UnreadableError):
            decode(file)


@pytest.mark.parametrize("suffix", FORMATS)
def test_damaged_files_do_no_harm(tmp_path: Path, suffix: str) -> None:
    content = encoded(suffix)
    random = np.random.default_rng([7, len(content)])
    file = tmp_path / f"a.{suffix}"
    outcomes = {True: 0, False: 0}
    for trial in range(120):
        damaged = bytearray(content)
        # most of what a parser can be made to stumble over is in front
        reach = len(damaged) if trial % 2 else min(len(damaged), 200)
        for at in random.integers(0, reach, random.integers(1, 9)):
            damaged[at] = random.choice([0, 255, int(random.integers(256))])
        if trial % 5 == 0:
            del damaged[int(random.integers(1, len(damaged))) :]
        file.write_bytes(damaged)
        try:
            decoded = decode(file)
        except UnreadableError:
            outcomes[False] += 1
        else:
            outcomes[True] += 1
            assert decoded.image.dtype == np.uint8
            assert decoded.image.shape[2:] == (3,)
    assert outcomes[False] >= 20


def test_threads_leave_the_filters_of_warnings_as_they_were(tmp_path: Path) -> None:
    files = []
    for number in range(8):
        files.append(tmp_path / f"{number}.tif")
        tags = {256: (3, 9), 257: (3, 9), 258: (3, 8), 259: (3, 1), 262: (3, 1), 278: (3, 9)}
        tags |= {279: (4, 81), 270: (2, 3), 34665: (4, 10**6)}  # EXIF beyond the end
        files[-1].write_bytes(tiff(tags, bytes(81)))
    before = list(warnings.filters)
    with ThreadPoolExecutor(4) as pool:
        images = [decoded.image for decoded in pool.map(decode, files * 10)]
    assert all(image.shape == (9, 9, 3) for image in images)
    assert list(warnings.filters) == before


def test_pillow_says_nothing_of_its_own(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    tags = {256: (3, 9), 257: (3, 9), 258: (3, 8), 262: (3, 1), 277: (3, 13)}
    (tmp_path / "a.tif").write_bytes(tiff(tags, bytes(1053)))
    with pytest.raises(UnreadableError):
        decode(tmp_path / "a.tif")
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
