"""The photos' sheets: the right tile at the right place."""

import json
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image

from diamond_cutter.build.tiles.photo_tiles import photo_sheets, photo_tile, sheet_count
from diamond_cutter.precompute.stores.study.dataset_report import File
from diamond_cutter.precompute.stores.study.study_layout import THUMBNAIL

COUNT = 300


def photos() -> list[File]:
    names = {5: "a\nb <i>.jpg", 299: "last.jpg"}
    return [File(names.get(index, f"{index}.jpg"), "accept", "") for index in range(COUNT)]


def sheets(photo_colour: Callable[[int], tuple[int, int, int]]) -> dict[str, bytes]:
    plain = np.array([photo_colour(photo) for photo in range(COUNT)], np.uint8)
    side = (COUNT, THUMBNAIL, THUMBNAIL, 3)
    return dict(photo_sheets(np.broadcast_to(plain[:, None, None], side), photos()))


def test_each_photo_lies_in_its_sheet_where_its_tile_says(
    photo_colour: Callable[[int], tuple[int, int, int]],
) -> None:
    files = sheets(photo_colour)
    for photo in (0, 1, 15, 16, 255, 256, 290, 299):
        tile = photo_tile(photos(), photo, "../../")
        picture = np.asarray(
            Image.open(BytesIO(files[tile.sheet.removeprefix("../../")])).convert("RGB"), float
        )
        assert picture.shape[:2] == (tile.height, tile.width)
        top, left = tile.row * THUMBNAIL, tile.column * THUMBNAIL
        inside = picture[top + 8 : top + THUMBNAIL - 8, left + 8 : left + THUMBNAIL - 8]
        np.testing.assert_allclose(inside.mean((0, 1)), photo_colour(photo), atol=12)


def test_beside_each_sheet_lie_the_names_of_its_photos(
    photo_colour: Callable[[int], tuple[int, int, int]],
) -> None:
    files = sheets(photo_colour)
    assert sorted(files) == [
        *sorted(f"photos/row-{row}.jpg" for row in range(10)),
        "photos/sheet-0.json",
        "photos/sheet-0.webp",
        "photos/sheet-1.json",
        "photos/sheet-1.webp",
    ]
    first = json.loads(files["photos/sheet-0.json"])["names"]
    second = json.loads(files["photos/sheet-1.json"])["names"]
    assert len(first) == 256
    assert first[5] == "a\\nb <i>.jpg"
    assert second[-1] == "last.jpg"
    assert len(second) == COUNT - 256


def test_no_photo_needs_no_sheet() -> None:
    assert [sheet_count(count) for count in (0, 1, 256, 257, 100_000)] == [0, 1, 1, 2, 391]
    assert list(photo_sheets(np.zeros((0, THUMBNAIL, THUMBNAIL, 3), np.uint8), [])) == []
