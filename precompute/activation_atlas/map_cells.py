"""The cells of a map: vectors that lie in one square of a grid, averaged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST = 5
"""Vectors of a cell that gets a picture: the mean of fewer is next to a single photo's."""
CROWDED = 4
"""Vectors for each square of the finest grid, at least: half of the squares are empty."""
EXAMPLES = 6
"""Vectors that show what lies in a cell, of different photos."""

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a grid of `side` x `side` squares that hold anything, row by row.

    row, column, count (G,) int32; mean (G, C) float32: of the vectors. attribution (G, K) float32:
    the mean of what they give to each class, NaN where none was asked of it; asked (G, K) int32:
    how many were. example (G, EXAMPLES) int32: vectors of as many photos, the most typical first,
    by index; -1 fills up.
    """

    side: int
    row: Indices
    column: Indices
    count: Indices
    mean: Floats
    attribution: Floats
    asked: Indices
    example: Indices


def grid_sides(finest: int, vectors: int) -> list[int]:
    """The grids of a map, coarsest first: halves of each other, none finer than `vectors` allow."""
    sides = [finest]
    while sides[-1] >= 10:
        sides.append(sides[-1] // 2)
    return [side for side in sides[::-1] if vectors >= CROWDED * side**2]


def make_cells(
    side: int,
    position: Floats,
    vector: Floats,
    photo: Indices,
    classes: Indices,
    attribution: Floats,
    class_count: int,
) -> Cells:
    """The cells of V vectors (V, C) at positions (V, 2) in the unit square, (right, down).

    `photo` (V,): of which photo each is; `classes`, `attribution` (V, S): what each gives to some
    of the K classes.
    """
    column, row = np.minimum((position * side).astype(np.int32), side - 1).T
    square, cell, count = np.unique(row * side + column, return_inverse=True, return_counts=True)
    cells = len(square)
    mean = np.zeros((cells, vector.shape[1]), np.float64)
    np.add.at(mean, cell, vector)
    mean /= count[:, None]
    given = np.zeros((cells, class_count), np.float64)
    asked = np.zeros((cells, class_count), np.int32)
    for place in range(classes.shape[1]):
        np.add.at(given, (cell, classes[:, place]), attribution[:, place])
        np.add.at(asked, (cell, classes[:, place]), 1)
    with np.errstate(invalid="ignore"):
        given /= asked
    return Cells(
        side=side,
        row=(square // side).astype(np.int32),
        column=(square % side).astype(np.int32),
        count=count.astype(np.int32),
        mean=mean.astype(np.float32),
        attribution=given.astype(np.float32),
        asked=asked,
        example=_examples(cell, cells, vector, mean, photo),
    )


def _examples(
    cell: NDArray[np.intp], cells: int, vector: Floats, mean: NDArray[np.float64], photo: Indices
) -> Indices:
    """The vectors of each cell whose direction is nearest to its mean, one a photo."""
    length = np.linalg.norm(vector, axis=1) * np.linalg.norm(mean, axis=1)[cell]
    alike = np.einsum("vc,vc->v", vector, mean[cell]) / np.maximum(length, 1e-12)
    chosen = np.full((cells, EXAMPLES), -1, np.int32)
    order = np.lexsort((-alike, cell))
    ends = np.searchsorted(cell[order], np.arange(cells + 1))
    for number in range(cells):
        inside = order[ends[number] : ends[number + 1]]
        _, first = np.unique(photo[inside], return_index=True)
        few = inside[np.sort(first)[:EXAMPLES]]
        chosen[number, : len(few)] = few
    return chosen
