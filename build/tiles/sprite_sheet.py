"""Sprite sheets: where a channel's tile lies, and the sheet that is made of the tiles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COLUMNS = 16
"""Tiles in a row of a sheet; `web/static/css/tile.css` has one class for each column and row."""
TILES = 256
"""Tiles in a sheet at most."""


@dataclass(frozen=True)
class Place:
    """Where a channel's tile is: which sheet of the layer, and there which column and row."""

    sheet: int
    column: int
    row: int


def place(channel: int) -> Place:
    """Where the tile of `channel` is: sheets are filled row by row in the order of the channels."""
    sheet, index = divmod(channel, TILES)
    row, column = divmod(index, COLUMNS)
    return Place(sheet, column, row)


def sheet_size(tiles: int, side: int) -> tuple[int, int]:
    """Width and height in pixels of a sheet of tiles: all columns, as many rows as needed."""
    return COLUMNS * side, -(-tiles // COLUMNS) * side


def compose(tiles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The sheet, (rows * S, 16 * S, 3) uint8, of (N, S, S, 3) uint8 tiles; the rest is grey."""
    count, side = tiles.shape[:2]
    width, height = sheet_size(count, side)
    rows = height // side
    cells = np.full((rows * COLUMNS, side, side, 3), 128, np.uint8)
    cells[:count] = tiles
    grid = cells.reshape(rows, COLUMNS, side, side, 3).transpose(0, 2, 1, 3, 4)
    return grid.reshape(height, width, 3)
