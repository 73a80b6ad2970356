"""The blocks that divide a map's grid: their pictures, their cells in full, what examples show."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.build.page_text import encode
from diamond_cutter.build.pages.attribution.document_packing import short
from diamond_cutter.build.pages.maps.map_arrays import MapArrays, PhotoFacts
from diamond_cutter.build.pages.maps.map_cell_classes import (
    CellClasses,
    class_names,
    given_classes,
)
from diamond_cutter.build.tiles.channel_pictures import webp
from diamond_cutter.build.tiles.sprite_sheet import TILES, compose
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    ActivationMap,
    Grid,
)

BLOCK = 8
"""Cells a side of a block."""


def blocks(grid: Grid) -> Iterator[tuple[int, int, NDArray[np.intp]]]:
    """The blocks of a grid that hold cells: row, column, and the cells, by index."""
    row, column = grid.row // BLOCK, grid.column // BLOCK
    for at in sorted(set(zip(row.tolist(), column.tolist(), strict=True))):
        yield *at, np.flatnonzero((row == at[0]) & (column == at[1]))


def block_picture(
    grid: Grid, side: int, row: int, column: int, cells: NDArray[np.intp]
) -> NDArray[np.uint8]:
    """The pictures of a block where they lie, (rows * S, columns * S, 3) uint8; the rest is grey.

    `side`: cells a side of the grid; `row`, `column`: of the block; `cells` are those in it.
    """
    tile = grid.picture.shape[1]
    rows, columns = (min(BLOCK, side - BLOCK * at) for at in (row, column))
    whole = np.full((rows, columns, tile, tile, 3), 128, np.uint8)
    shown = cells[grid.is_shown[cells] == 1]
    whole[grid.row[shown] % BLOCK, grid.column[shown] % BLOCK] = grid.picture[shown]
    return whole.transpose(0, 2, 1, 3, 4).reshape(rows * tile, columns * tile, 3)


def block_document(
    found: ActivationMap,
    grid: Grid,
    cells: NDArray[np.intp],
    classes: CellClasses,
    arrays: MapArrays,
    facts: PhotoFacts,
    tiles: Mapping[int, int],
) -> bytes:
    """Cells in full: lists by name, one entry for each, and `names` of the classes among them.

    `cell`: its index in the grid; `given`: pairs of class and attribution, the most first;
    `channels`: pairs of channel and standard deviations above the mean; `examples`: photo (-1: it
    has no page), tile of its crop, row, column, and `crops`: how many tiles there are; `labels`:
    pairs of class and photos of it.
    """
    given = [given_classes(classes.value[cell]) for cell in cells]
    labels = [classes.labels[cell] for cell in cells]
    told = {label for pairs in (*given, *labels) for label, _ in pairs}
    return encode(
        {
            "schema": "map-cells",
            "names": class_names(found, told),
            "crops": len(tiles),
            "cell": cells.tolist(),
            "given": given,
            "channels": [
                [[int(channel), short(float(above))] for channel, above in zip(*pair, strict=True)]
                for pair in zip(grid.channel[cells], grid.above[cells], strict=True)
            ],
            "examples": [
                [
                    [_paged(arrays.photo[at], facts), tiles[int(at)], *map(int, arrays.place[at])]
                    for at in each
                    if at >= 0
                ]
                for each in grid.example[cells]
            ],
            "labels": labels,
        }
    )


def crop_tiles(grids: Sequence[Grid]) -> dict[int, int]:
    """Where in the sheets the crop of each vector lies; those of near cells lie side by side."""
    tiles = dict[int, int]()
    for grid in grids:
        for _, _, cells in blocks(grid):
            for at in grid.example[cells].ravel().tolist():
                if at >= 0:
                    tiles.setdefault(at, len(tiles))
    return tiles


def crop_sheets(
    crops: Mapping[int, bytes], tiles: Mapping[int, int]
) -> Iterator[tuple[str, bytes]]:
    """The sheets of what examples show, by name; `crops` are WebP, by vector."""
    vectors = list(tiles)
    for start in range(0, len(vectors), TILES):
        run = vectors[start : start + TILES]
        decoded = [Image.open(BytesIO(crops[vector])).convert("RGB") for vector in run]
        sheet = compose(np.array([np.asarray(crop) for crop in decoded], np.uint8))
        yield f"crops-{start // TILES}.webp", webp(sheet)


def _paged(photo: np.int32, facts: PhotoFacts) -> int:
    return int(photo) if facts.has_page[photo] else -1
