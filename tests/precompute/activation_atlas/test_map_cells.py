"""Grids: counts, means and attribution by hand."""

import numpy as np
import pytest

from diamond_cutter.precompute.activation_atlas.drawn_vectors import Run
from diamond_cutter.precompute.activation_atlas.map_cells import Cells, grid_sides, make_cells


@pytest.mark.parametrize(
    ("finest", "vectors", "sides"),
    [
        (20, 6400, [5, 10, 20]),
        (20, 6399, [5, 10]),
        (40, 25_600, [5, 10, 20, 40]),
        (20, 200, [5]),
        (9, 200, [4]),
    ],
)
def test_grids_are_halves_of_each_other_and_none_is_too_fine(
    finest: int, vectors: int, sides: list[int]
) -> None:
    assert grid_sides(finest, vectors) == sides


def test_cells_hold_what_lies_in_them() -> None:
    position = np.array([[0.1, 0.1], [0.2, 0.3], [1.0, 1.0], [0.4, 0.2], [0.9, 0.1]], np.float32)
    vector = np.array([[2, 0], [0, 2], [5, 5], [2, 2], [1, 0]], np.float32)
    photo = np.array([7, 8, 8, 7, 9], np.int32)
    classes = np.array([[0, 2], [0, 1], [2, 1], [0, 1], [1, 2]], np.int32)
    attribution = np.array([[1, 2], [3, 4], [5, 6], [8, 1], [0, 3]], np.float32)
    whole = Run(vector, classes, attribution)
    in_parts = [Run(*(each[part] for each in whole)) for part in (slice(0, 2), slice(2, 5))]
    for runs in ([whole], in_parts):
        [cells] = make_cells([2], position, photo, lambda runs=runs: runs, 2, 3)
        check_cells(cells)


def check_cells(cells: Cells) -> None:
    assert cells.row.tolist() == [0, 0, 1]
    assert cells.column.tolist() == [0, 1, 1]
    assert cells.count.tolist() == [3, 1, 1]
    np.testing.assert_allclose(cells.mean, [[4 / 3, 4 / 3], [1, 0], [5, 5]], rtol=1e-6)
    assert cells.asked.tolist() == [[3, 2, 1], [0, 1, 1], [0, 1, 1]]
    np.testing.assert_allclose(
        cells.attribution, [[4, 2.5, 2], [np.nan, 0, 3], [np.nan, 6, 5]], rtol=1e-6
    )
    # The nearest to the mean first, and of each photo one: 3 is of the same photo as 0.
    assert cells.example[0].tolist() == [3, 1, -1, -1, -1, -1]
    assert cells.example[2].tolist() == [2, -1, -1, -1, -1, -1]
