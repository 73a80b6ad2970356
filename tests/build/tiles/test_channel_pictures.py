from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import zarr
from PIL import Image

from diamond_cutter.build.rendered_atlas import RenderedLayer, read_atlas, read_pictures
from diamond_cutter.build.tiles.channel_pictures import (
    SHARED_COLUMNS,
    SHARED_TILES,
    Block,
    blocks,
    digest,
    encode_block,
    picture_paths,
    strip_channels,
)
from diamond_cutter.build.tiles.sprite_sheet import size_of

TOLERANCE = 12  # of 255: what the lossy encoders may change of a plain colour


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), float)


def layer_of(address: str, name: str) -> RenderedLayer:
    (model,) = read_atlas(address).models
    return next(layer for layer in model.rendered if layer.layer.name == name)


def test_each_tile_of_the_sheets_shows_its_channel(
    small_site: Path, colour_of: Callable[[int], tuple[int, int, int]]
) -> None:
    folder = small_site / "models/tiny-net/block1"
    first, second = pixels(folder / "sheet-0.jpg"), pixels(folder / "sheet-1.jpg")
    assert first.shape == (128, 128, 3)
    assert second.shape == (24, 128, 3)
    for channel in (0, 17, 255):
        row, column = divmod(channel, 16)
        centre = first[row * 8 + 2 : row * 8 + 6, column * 8 + 2 : column * 8 + 6].mean((0, 1))
        np.testing.assert_allclose(
            centre, colour_of(channel), atol=30
        )  # 8 px: colours at half size
    np.testing.assert_allclose(
        second[19:21, 3 * 8 + 3 : 3 * 8 + 5].mean((0, 1)), colour_of(291), atol=30
    )


def test_a_channels_own_picture_is_large_enough_for_a_link_preview(
    small_site: Path, colour_of: Callable[[int], tuple[int, int, int]]
) -> None:
    path = small_site / "models/tiny-net/block1/291/channel.jpg"
    picture = pixels(path)
    assert picture.shape == (384, 384, 3)
    assert path.read_bytes()[:3] == b"\xff\xd8\xff"
    np.testing.assert_allclose(picture.mean((0, 1)), colour_of(291), atol=TOLERANCE)


def test_what_is_flagged_or_missing_has_no_picture_file(small_atlas: str) -> None:
    stem, head = layer_of(small_atlas, "stem"), layer_of(small_atlas, "head")
    own = {path.split("/")[-2] for path in picture_paths(stem) if path.endswith("channel.jpg")}
    assert own == {str(channel) for channel in range(20)} - {"3", "7", "11", "19"}
    assert picture_paths(head) == []


def test_a_strip_is_spread_over_the_channels_with_a_picture(small_atlas: str) -> None:
    assert strip_channels(layer_of(small_atlas, "head")) == []
    stem = strip_channels(layer_of(small_atlas, "stem"))
    assert len(stem) == 16
    assert set(stem).isdisjoint({3, 7, 11, 19})
    assert strip_channels(layer_of(small_atlas, "block1"))[:3] == [0, 18, 37]


def test_blocks_are_the_sheets(small_atlas: str) -> None:
    layer = layer_of(small_atlas, "block1")
    assert [(block.start, block.stop) for block in blocks(layer)] == [(0, 256), (256, 300)]


@pytest.fixture
def own_atlas(tmp_path: Path, write_atlas: Callable[[str], None]) -> str:
    address = str(tmp_path / "atlas.zarr")
    write_atlas(address)
    return address


def test_the_digest_ignores_what_level_does_not_count_and_flags(own_atlas: str) -> None:
    before = digest(layer_of(own_atlas, "stem"))
    images = zarr.open_array(f"{own_atlas}/tiny-net/stem/images")
    for channel in (3, 7, 11, 19):
        images[channel] = 255
    assert digest(layer_of(own_atlas, "stem")) == before


def test_the_digest_sees_one_value_of_one_pixel(own_atlas: str) -> None:
    before = digest(layer_of(own_atlas, "stem"))
    images = zarr.open_array(f"{own_atlas}/tiny-net/stem/images")
    images[18, 31, 31, 2] ^= 1
    assert digest(layer_of(own_atlas, "stem")) != before


def test_a_shared_sheet_of_one_channel_is_a_sheet(small_atlas: str) -> None:
    layer = replace(layer_of(small_atlas, "block1"), shares_pictures=True)
    files = encode_block(Block(layer, 0, 33), read_pictures(layer, 0, 33))
    with Image.open(BytesIO(files[f"{layer.path}shared-1.jpg"])) as sheet:
        assert sheet.size == size_of(1, 33, 8, SHARED_TILES, SHARED_COLUMNS) == (64, 8)
