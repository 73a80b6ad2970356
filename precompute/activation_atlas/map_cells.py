"""The cells of a map: vectors that lie in one square of a grid, averaged."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from diamond_cutter.precompute.activation_atlas.drawn_vectors import Run
from diamond_cutter.precompute.activation_atlas.map_settings import COARSEST

FEWEST = 5
"""Vectors of a cell that gets a picture: the mean of fewer is next to a single photo's."""
CROWDED = 16
"""Vectors for each square of the finest grid, at least, of which half are empty.

With fewer, cells that lie side by side are no longer told apart by photos that are not in the map:
`benchmarks/activation_atlas.py`.
"""
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
    """The grids of a map, coarsest first: halves of each other, none finer than `vectors` allow.

    The coarsest is there whatever their number.
    """
    sides = [finest]
    while sides[0] >= 2 * COARSEST:
        sides.insert(0, sides[0] // 2)
    return [side for side in sides if side == sides[0] or vectors >= CROWDED * side**2]


def make_cells(
    sides: Sequence[int],
    position: Floats,
    photo: Indices,
    read: Callable[[], Iterable[Run]],
    channels: int,
    class_count: int,
) -> list[Cells]:
    """The cells of several grids, of V vectors at positions (V, 2), (right, down) in 0..1.

    `photo` (V,): of which photo each is. `read` gives the vectors in their order, some at a time,
    with what each gives to some of the K classes: called twice, and nothing of it is kept.
    """
    grids = [_Sums(side, position, channels, class_count) for side in sides]
    for run, part in _numbered(read()):
        for grid in grids:
            grid.add(run, part)
    for run, part in _numbered(read()):
        for grid in grids:
            grid.compare(run.vector, part)
    return [grid.cells(photo) for grid in grids]


def _numbered(runs: Iterable[Run]) -> Iterator[tuple[Run, slice]]:
    """Each run, and which of all vectors it has."""
    first = 0
    for run in runs:
        yield run, slice(first, first + len(run.vector))
        first += len(run.vector)


class _Sums:
    """What the vectors of each cell of a grid sum up to, so far."""

    def __init__(self, side: int, position: Floats, channels: int, class_count: int) -> None:
        self._side = side
        column, row = np.minimum((position * side).astype(np.int32), side - 1).T
        self._square, self._cell, self._count = np.unique(
            row * side + column, return_inverse=True, return_counts=True
        )
        self._sum = np.zeros((len(self._square), channels), np.float64)
        self._given = np.zeros((len(self._square), class_count), np.float64)
        self._asked = np.zeros((len(self._square), class_count), np.int32)
        self._alike = np.zeros(len(position), np.float32)

    def add(self, run: Run, part: slice) -> None:
        """Take in the vectors that are at `part` of all."""
        cell, inside = np.unique(self._cell[part], return_inverse=True)
        lies_in = csr_array((np.ones(len(inside)), (inside, np.arange(len(inside)))))
        self._sum[cell] += lies_in @ run.vector.astype(np.float64)
        for classes, attribution in zip(run.classes.T, run.attribution.T, strict=True):
            np.add.at(self._given, (self._cell[part], classes), attribution)
            np.add.at(self._asked, (self._cell[part], classes), 1)

    def compare(self, vector: Floats, part: slice) -> None:
        """See how near the direction of each vector at `part` is to that of its cell."""
        toward = self._sum[self._cell[part]]
        length = np.linalg.norm(vector, axis=1) * np.linalg.norm(toward, axis=1)
        alike = np.einsum("vc,vc->v", vector, toward) / np.maximum(length, 1e-12)
        self._alike[part] = alike

    def cells(self, photo: Indices) -> Cells:
        """The cells, when all vectors were taken in and compared."""
        with np.errstate(invalid="ignore"):
            attribution = self._given / self._asked
        return Cells(
            side=self._side,
            row=(self._square // self._side).astype(np.int32),
            column=(self._square % self._side).astype(np.int32),
            count=self._count.astype(np.int32),
            mean=(self._sum / self._count[:, None]).astype(np.float32),
            attribution=attribution.astype(np.float32),
            asked=self._asked,
            example=self._examples(photo),
        )

    def _examples(self, photo: Indices) -> Indices:
        """The vectors of each cell whose direction is nearest to its mean, one a photo."""
        chosen = np.full((len(self._square), EXAMPLES), -1, np.int32)
        order = np.lexsort((-self._alike, self._cell))
        ends = np.searchsorted(self._cell[order], np.arange(len(self._square) + 1))
        for number in range(len(self._square)):
            inside = order[ends[number] : ends[number + 1]]
            _, first = np.unique(photo[inside], return_index=True)
            few = inside[np.sort(first)[:EXAMPLES]]
            chosen[number, : len(few)] = few
        return chosen
