"""Rows of small pictures: what the results of a search show, which come from anywhere in a site.

A sheet of 256 tiles would be a megabyte to show one of them.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.build.tiles.sprite_sheet import compose

ROW_SIDE = 40
"""Side in pixels of a picture in a row."""
ROW_TILES = 32
"""Pictures in a row."""
QUALITY = 50
"""Of the JPEG: of a picture that small nobody sees more."""


def row_names(pictures: int) -> list[str]:
    """The file names of the rows of so many pictures."""
    return [f"row-{index}.jpg" for index in range(-(-pictures // ROW_TILES))]


def picture_rows(
    pictures: NDArray[np.uint8], start: int
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The rows, (40, 1280, 3) uint8, of (N, S, S, 3) uint8 sRGB pictures, by file name.

    `start`: the number of the first of them, a multiple of 32. A row is made small as a whole: a
    box of whole pixels takes nothing from the picture beside.
    """
    names = row_names(start + len(pictures))
    for offset in range(0, len(pictures), ROW_TILES):
        row = compose(pictures[offset : offset + ROW_TILES], ROW_TILES)
        small = Image.fromarray(row).resize((ROW_TILES * ROW_SIDE, ROW_SIDE), Image.Resampling.BOX)
        yield names[(start + offset) // ROW_TILES], np.asarray(small)
