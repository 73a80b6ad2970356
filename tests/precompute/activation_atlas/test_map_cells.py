"""Grids: counts, means and attribution by hand."""

from io import StringIO
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from diamond_cutter.precompute.activation_atlas.activation_atlas_run import average_cells
from diamond_cutter.precompute.activation_atlas.drawn_vectors import Run
from diamond_cutter.precompute.activation_atlas.map_cells import Cells, grid_sides, make_cells
from diamond_cutter.precompute.jobs.display import Lines
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer


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


@pytest.mark.parametrize(
    ("vectors", "sides", "said"),
    [
        (199, [], "block: 199 activation vectors are too few for a map; more photos make one\n"),
        (
            1000,
            [5],
            "block: 1000 activation vectors make a map of 5 cells a side, not of 20; more photos "
            "make a finer one\n",
        ),
        (6400, [5, 10, 20], ""),
    ],
)
def test_of_few_vectors_there_is_a_coarser_map_or_none_and_it_is_said(
    vectors: int, sides: list[int], said: str
) -> None:
    generator = np.random.default_rng(0)
    run = Run(
        generator.random((vectors, 2), np.float32),
        np.zeros((vectors, 1), np.int32),
        np.ones((vectors, 1), np.float32),
    )
    layer = Layer("block", 0, 2, 16, 40, is_cut=True)
    drawn: Any = SimpleNamespace(
        layer=layer, photo=np.arange(vectors, dtype=np.int32), runs=lambda: [run]
    )
    told = StringIO()
    position = generator.random((vectors, 2), np.float32)
    moments, grids = average_cells(drawn, position, 20, 1, Lines(told))
    assert [cells.side for cells in grids] == sides
    assert told.getvalue() == said
    np.testing.assert_allclose(moments.mean, run.vector.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(moments.covariance, np.cov(run.vector, rowvar=False), rtol=1e-3)
