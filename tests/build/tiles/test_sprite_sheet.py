import numpy as np
import pytest

from diamond_cutter.build.tiles.sprite_sheet import Place, compose, place, sheet_size


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        (0, Place(0, 0, 0)),
        (15, Place(0, 15, 0)),
        (16, Place(0, 0, 1)),
        (255, Place(0, 15, 15)),
        (256, Place(1, 0, 0)),
        (1279, Place(4, 15, 15)),
    ],
)
def test_tiles_fill_a_sheet_row_by_row_and_256_of_them_are_a_sheet(
    channel: int, expected: Place
) -> None:
    assert place(channel) == expected


def test_a_sheet_is_16_tiles_wide_and_as_high_as_it_must_be() -> None:
    assert sheet_size(1, 32) == (512, 32)
    assert sheet_size(17, 32) == (512, 64)
    assert sheet_size(256, 128) == (2048, 2048)


def test_every_pixel_of_a_tile_is_where_its_place_says() -> None:
    rng = np.random.default_rng(3)
    tiles = rng.integers(0, 256, (35, 4, 4, 3), dtype=np.uint8)
    sheet = compose(tiles)
    assert sheet.shape == (12, 64, 3)
    for channel, tile in enumerate(tiles):
        at = place(channel)
        found = sheet[at.row * 4 : at.row * 4 + 4, at.column * 4 : at.column * 4 + 4]
        np.testing.assert_array_equal(found, tile)
    assert (sheet[8:, 3 * 4 :] == 128).all()
