"""The code that an export prints reads every kind of photo as the study did."""

import inspect
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from sample_photos import png, swapped_profile, tiff

from diamond_cutter.precompute.photos.images import photo_pixels
from diamond_cutter.precompute.photos.images.image_decoding import decode
from diamond_cutter.precompute.photos.images.value_range import Range

RANGE: Range = (900.0, 1200.0)


def colours() -> NDArray[np.uint8]:
    y, x = np.mgrid[:40, :60]
    wave = np.stack([x * 4, y * 6, 255 - x * 3], -1)
    return wave.clip(0, 255).astype(np.uint8)


def deep(channels: int) -> NDArray[np.uint16]:
    """Values of 12 bits in a narrow range: (40, 60, channels)."""
    return np.random.default_rng(channels).integers(880, 1220, (40, 60, channels)).astype(np.uint16)


def rows(values: NDArray[np.uint16]) -> bytes:
    """What a PNG of 16 bits compresses."""
    return b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)


def tiff_of_colours(values: NDArray[np.uint16], path: Path) -> None:
    """Three colours of 16 bits, in the byte order that a Mac writes."""
    height, width, bands = values.shape
    data = values.astype(">u2").tobytes()
    start = 8 + 2 + 12 * 9 + 4
    tags = [(256, 3, 1, width << 16), (257, 3, 1, height << 16), (258, 3, bands, start)]
    tags += [(259, 3, 1, 1 << 16), (262, 3, 1, 2 << 16), (273, 4, 1, start + 2 * bands)]
    tags += [(277, 3, 1, bands << 16), (278, 3, 1, height << 16), (279, 4, 1, len(data))]
    packed = b"".join(struct.pack(">HHII", *tag) for tag in tags)
    bits = struct.pack(f">{bands}H", *[16] * bands)
    path.write_bytes(b"MM\0*\0\0\0\x08\0\x09" + packed + bytes(4) + bits + data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kinds \U0001f600")
    turned = Image.Exif()
    turned[0x0112] = 6
    rgb = Image.fromarray(colours())
    grey = rgb.convert("L")
    alpha = Image.fromarray(colours()[..., 0])
    clear = rgb.convert("RGBA")
    clear.putalpha(alpha)
    clear_grey = grey.convert("LA")
    clear_grey.putalpha(alpha)
    palette = rgb.quantize(16)
    lab = ImageCms.createProfile("LAB")
    converted = ImageCms.profileToProfile(
        rgb, ImageCms.createProfile("sRGB"), lab, outputMode="LAB"
    )
    assert converted is not None
    pictures: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "plain.jpg": (rgb, {}),
        "turned.jpg": (rgb, {"exif": turned}),
        "turned.png": (rgb, {"exif": turned}),
        "turned.tif": (rgb, {"exif": turned}),
        "turned.webp": (rgb, {"exif": turned, "lossless": True}),
        "cmyk.jpg": (rgb.convert("CMYK"), {}),
        "cmyk.tif": (rgb.convert("CMYK"), {"compression": "tiff_lzw"}),
        "lab.tif": (converted, {}),
        "ycbcr.tif": (rgb, {"compression": "jpeg"}),
        "profile.png": (rgb, {"icc_profile": swapped_profile()}),
        "profile.jpg": (rgb, {"icc_profile": swapped_profile(), "exif": turned}),
        "profile of another kind.png": (grey, {"icc_profile": swapped_profile()}),
        "no profile.png": (rgb, {"icc_profile": b"nonsense"}),
        "grey.jpg": (grey, {}),
        "bilevel.tif": (rgb.convert("1"), {}),
        "bilevel.png": (rgb.convert("1"), {}),
        "palette.png": (palette, {}),
        "palette.gif": (palette, {}),
        "palette.bmp": (palette, {}),
        "clear palette.png": (palette, {"transparency": bytes([0, 90, 180, 255] * 4)}),
        "clear palette.gif": (palette, {"transparency": 3}),
        "clear.png": (clear, {}),
        "clear.webp": (clear, {"lossless": True}),
        "clear.tif": (clear, {}),
        "clear and turned.png": (clear, {"exif": turned, "icc_profile": swapped_profile()}),
        "clear grey.png": (clear_grey, {}),
        "clear colour.png": (rgb, {"transparency": tuple(colours()[3, 3].tolist())}),
        "moving.gif": (palette, {"save_all": True, "append_images": [palette.rotate(180)]}),
        "moving.webp": (rgb, {"save_all": True, "append_images": [rgb.rotate(180)]}),
        "deep.png": (Image.fromarray(deep(1)[..., 0]), {"exif": turned}),
        "deep.tif": (Image.fromarray(deep(1)[..., 0]), {}),
        "floats.tif": (Image.fromarray(deep(1)[..., 0].astype(np.float32)), {}),
        "plain.ppm": (rgb, {}),
        "grey.pgm": (grey, {}),
        "bilevel.pbm": (rgb.convert("1"), {}),
        "plain.jp2": (rgb, {}),
        "clear.jp2": (clear, {}),
        "deep.jp2": (Image.fromarray(deep(1)[..., 0]), {}),
        "deep.pgm": (Image.fromarray(deep(1)[..., 0].astype(np.int32)), {}),
        "floats.pfm": (Image.fromarray(deep(1)[..., 0].astype(np.float32)), {}),
        "whole.tif": (Image.fromarray(deep(1)[..., 0].astype(np.int32)), {}),
    }
    for name, (picture, options) in pictures.items():
        picture.save(folder / name, **options)
    (folder / "deep colours.png").write_bytes(png(60, 40, 16, 2, rows(deep(3))))
    (folder / "deep and clear.png").write_bytes(png(60, 40, 16, 6, rows(deep(4) * 40)))
    (folder / "deep grey and clear.png").write_bytes(png(60, 40, 16, 4, rows(deep(2) * 40)))
    tiff_of_colours(deep(3), folder / "deep colours.tif")
    shape = {256: (3, 60), 257: (3, 40), 258: (3, 16), 259: (3, 1), 262: (3, 0), 278: (3, 40)}
    content = tiff({**shape, 279: (4, 4800)}, deep(1).astype("<u2").tobytes())
    (folder / "white is zero.tif").write_bytes(content)
    damaged = bytearray((folder / "turned.jpg").read_bytes())
    at = damaged.index(b"Exif") + 14
    damaged[at : at + 8] = b"\xff" * 8
    (folder / "damaged exif.jpg").write_bytes(damaged)
    return folder


def scaled(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Values read by `RANGE`, by its definition."""
    black, white = RANGE
    share = (values.astype(np.float64) - black) / (white - black)
    return np.rint(share.clip(0, 1) * 255).astype(np.uint8)


def test_the_printed_code_reads_as_the_study_does(folder: Path, tmp_path: Path) -> None:
    files = sorted(folder.iterdir())
    assert len(files) == 47
    program = (
        "import sys; sys.modules['diamond_cutter'] = None\n"
        + inspect.getsource(photo_pixels)
        + f"\nfor number, name in enumerate({[str(file) for file in files]!r}):\n"
        f"    image = Image.open(name)\n"
        f"    np.save({str(tmp_path)!r} + f'/{{number}}.npy',"
        f" to_rgb(image, read_values(image), {RANGE[0]}, {RANGE[1]}))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    for number, file in enumerate(files):
        decoded = decode(file, RANGE).image
        assert decoded.shape[2] == 3, file.name
        np.testing.assert_array_equal(np.load(tmp_path / f"{number}.npy"), decoded, file.name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("deep.tif", lambda: deep(1)),
        ("floats.tif", lambda: deep(1)),
        ("floats.pfm", lambda: deep(1)),
        ("deep.pgm", lambda: deep(1)),
        ("deep.jp2", lambda: deep(1)),
        ("whole.tif", lambda: deep(1)),
        ("deep colours.png", lambda: deep(3)),
        ("deep colours.tif", lambda: deep(3)),
        ("white is zero.tif", lambda: 2100 - deep(1).astype(int)),
        ("deep.png", lambda: np.rot90(deep(1), -1)),
    ],
)
def test_narrow_values_of_more_than_8_bits_keep_their_levels(
    folder: Path, name: str, expected: Callable[[], NDArray[Any]]
) -> None:
    decoded = decode(folder / name, RANGE)
    shown = np.broadcast_to(scaled(expected()), decoded.image.shape)
    assert np.abs(decoded.image.astype(int) - shown).max() <= 1  # halves may go either way
    assert len(np.unique(decoded.image)) > 200
    assert "Scaled to 8 bits from 900 to 1200." in decoded.note


def test_a_photo_of_next_to_nothing_is_noted(tmp_path: Path) -> None:
    Image.fromarray(np.uint8([[[3], [4], [18]] * 6] * 12).repeat(3, 2)).save(tmp_path / "a.png")
    decoded = decode(tmp_path / "a.png")
    assert decoded.faint
    assert decoded.note == "Next to nothing to be seen: its values are 3 to 18 of 0 to 255."
    Image.fromarray(np.uint8([[[3], [4], [19]] * 6] * 12).repeat(3, 2)).save(tmp_path / "a.png")
    assert not decode(tmp_path / "a.png").faint
    assert decode(tmp_path / "a.png").note == ""
    few = np.arange(1000, 1016, dtype=np.uint16).repeat(9).reshape(12, 12)
    Image.fromarray(few).save(tmp_path / "16.png")
    Image.fromarray(few.clip(None, 1014)).save(tmp_path / "15.png")
    assert not decode(tmp_path / "16.png", (1000.0, 1015.0)).faint
    decoded = decode(tmp_path / "15.png", (1000.0, 1015.0))
    assert decoded.faint
    assert decoded.note.endswith("Next to nothing to be seen: it has 15 different values in all.")
