"""The photos of a study: their sprite sheets, and what every page that shows one needs."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.build.page_text import encode, shown
from diamond_cutter.build.tiles.channel_pictures import jpeg, webp
from diamond_cutter.build.tiles.picture_rows import QUALITY, picture_rows
from diamond_cutter.build.tiles.sprite_sheet import TILES, compose, place, size_of
from diamond_cutter.precompute.stores.study.dataset_report import File
from diamond_cutter.precompute.stores.study.study_layout import THUMBNAIL

FOLDER = "photos/"
"""Where the sheets are, below the study."""


@dataclass(frozen=True)
class PhotoTile:
    """A photo's thumbnail in a sheet.

    name: the photo's path, as a page shows it; href: its page.
    sheet: address of the sheet; width, height: of it, in pixels.
    column, row: of the tile in the sheet.
    """

    name: str
    href: str
    sheet: str
    width: int
    height: int
    column: int
    row: int


def photo_sheets(
    thumbnails: "NDArray[np.uint8] | zarr.Array[Any]", photos: Sequence[File]
) -> Iterator[tuple[str, bytes]]:
    """The files of all photos, by path below the study's folder, one sheet after the other.

    `thumbnails` is (N, S, S, 3) uint8, sRGB, read a sheet at a time; `photos` are the same N.
    Beside each `sheet-<n>.webp` lie `sheet-<n>.json` with the `names` of its photos, and rows.
    """

    def sheet(index: int) -> list[tuple[str, bytes]]:
        start = index * TILES
        run = np.asarray(thumbnails[start : start + TILES], np.uint8)
        rows = [(FOLDER + name, jpeg(row, QUALITY)) for name, row in picture_rows(run, start)]
        return [(sheet_path(index), webp(compose(run))), *rows]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for index, files in enumerate(pool.map(sheet, range(sheet_count(len(photos))))):
            yield from files
            run = photos[index * TILES : (index + 1) * TILES]
            names = [shown(photo.path) for photo in run]
            yield names_path(index), encode({"schema": "photo-names", "names": names})


def sheet_count(photos: int) -> int:
    """How many sheets so many photos fill."""
    return -(-photos // TILES)


def sheet_path(index: int) -> str:
    """The path of a sheet, below the study's folder."""
    return f"{FOLDER}sheet-{index}.webp"


def names_path(index: int) -> str:
    """The path of the names of a sheet's photos, below the study's folder."""
    return f"{FOLDER}sheet-{index}.json"


def photo_folder(photo: int) -> str:
    """The folder of a photo's page, below the study's folder, with a slash at the end."""
    return f"{FOLDER}{photo}/"


def photo_tile(photos: Sequence[File], photo: int, base: str) -> PhotoTile:
    """The tile of a photo, by its index; `base` is the study's folder as the page sees it."""
    where = place(photo)
    width, height = size_of(where.sheet, len(photos), THUMBNAIL)
    return PhotoTile(
        name=shown(photos[photo].path),
        href=base + photo_folder(photo),
        sheet=base + sheet_path(where.sheet),
        width=width,
        height=height,
        column=where.column,
        row=where.row,
    )
