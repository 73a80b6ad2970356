"""Sprite sheets: where a channel's tile lies, and the sheet that is made of the tiles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COLUMNS = 16
"""Columns of a sheet; `web/static/css/tile.css` has one class for each column and row."""
TILES = 256
"""Tiles in a sheet at most."""


@dataclass(frozen=True)
class Place:
    """Where a tile is: which sheet, and there which column and row."""

    sheet: int
    column: int
    row: int


def place(number: int, tiles: int = TILES, columns: int = COLUMNS) -> Place:
    """Where the tile of that number is: sheets of so many tiles are filled row by row."""
    sheet, index = divmod(number, tiles)
    row, column = divmod(index, columns)
    return Place(sheet, column, row)


def size_of(
    sheet: int, count: int, side: int, tiles: int = TILES, columns: int = COLUMNS
) -> tuple[int, int]:
    """Width and height in pixels of one of the sheets that hold `count` tiles in all."""
    return sheet_size(min(tiles, count - sheet * tiles), side, columns)


def sheet_size(tiles: int, side: int, columns: int = COLUMNS) -> tuple[int, int]:
    """Width and height in pixels of a sheet of tiles: all columns, as many rows as needed."""
    return columns * side, -(-tiles // columns) * side


def compose(tiles: NDArray[np.uint8], columns: int = COLUMNS) -> NDArray[np.uint8]:
    """The sheet of (N, S, S, 3) uint8 tiles, (rows * S, columns * S, 3); what is left is grey."""
    count, side = tiles.shape[:2]
    width, height = sheet_size(count, side, columns)
    rows = height // side
    cells = np.full((rows * columns, side, side, 3), 128, np.uint8)
    cells[:count] = tiles
    grid = cells.reshape(rows, columns, side, side, 3).transpose(0, 2, 1, 3, 4)
    return grid.reshape(height, width, 3)
