"""The confusion matrix of a cut: which classes are taken for which."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.page_text import whole_percent

LARGEST = 30
"""Classes in a matrix at most; of more, those that are confused most."""
ROOMY = 12
"""Classes up to which a cell has room for its share beside its count."""
PAIRS = 20
HEATS = 10
"""Shades of a cell; `web/static/css/cut.css` has one class for each."""


@dataclass(frozen=True)
class MatrixCell:
    """How many photos of the row's class were taken for class `predicted`.

    share: of the row, as text; heat: the same in steps, 0 for no photo, `HEATS` for all.
    """

    predicted: int
    photos: int
    share: str
    heat: int


@dataclass(frozen=True)
class MatrixRow:
    """The held-out photos of one class; `elsewhere`: those taken for a class not in the matrix."""

    true: int
    name: str
    photos: int
    cells: tuple[MatrixCell, ...]
    elsewhere: int


@dataclass(frozen=True)
class Pair:
    """Two different classes, and how many photos of `true` were taken for `predicted`."""

    true: int
    true_name: str
    predicted: int
    predicted_name: str
    photos: int
    share: str


@dataclass(frozen=True)
class Matrix:
    """The matrix of the classes that have room in it.

    columns: their indices and names; classes: how many there are in all.
    upright: whether the columns' names stand upright.
    pairs: those confused most, most photos first; empty where the matrix shows all.
    """

    columns: tuple[tuple[int, str], ...]
    rows: tuple[MatrixRow, ...]
    classes: int
    upright: bool
    pairs: tuple[Pair, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all classes are in it."""
        return len(self.columns) == self.classes

    @property
    def is_roomy(self) -> bool:
        """Whether a cell has room for its share."""
        return len(self.columns) <= ROOMY


def draw_matrix(confusion: NDArray[np.int64], names: Sequence[str]) -> Matrix:
    """The matrix of (K, K) photos by class and predicted class; `names` of the K as shown."""
    count = len(names)
    chosen = np.arange(count) if count <= LARGEST else _most_confused(confusion)
    rows = tuple(_row(confusion, names, int(true), chosen) for true in chosen)
    return Matrix(
        columns=tuple((int(index), names[index]) for index in chosen),
        rows=rows,
        classes=count,
        upright=len(chosen) > ROOMY or max(len(names[index]) for index in chosen) > 10,
        pairs=() if len(chosen) == count else _pairs(confusion, names),
    )


def _row(
    confusion: NDArray[np.int64], names: Sequence[str], true: int, chosen: NDArray[np.int64]
) -> MatrixRow:
    photos = int(confusion[true].sum())
    cells = tuple(_cell(int(confusion[true, other]), photos, int(other)) for other in chosen)
    inside = sum(cell.photos for cell in cells)
    return MatrixRow(true, names[true], photos, cells, photos - inside)


def _cell(count: int, photos: int, predicted: int) -> MatrixCell:
    share = count / photos if photos else 0.0
    return MatrixCell(predicted, count, whole_percent(share), int(np.ceil(HEATS * share)))


def _most_confused(confusion: NDArray[np.int64]) -> NDArray[np.int64]:
    """The indices, rising, of the classes that most mistakes begin or end in."""
    wrong = _mistakes(confusion)
    mistakes = wrong.sum(0) + wrong.sum(1)
    return np.sort(np.argsort(-mistakes, kind="stable")[:LARGEST])


def _pairs(confusion: NDArray[np.int64], names: Sequence[str]) -> tuple[Pair, ...]:
    wrong = _mistakes(confusion)
    flat = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
    return tuple(
        Pair(
            true=int(true),
            true_name=names[true],
            predicted=int(predicted),
            predicted_name=names[predicted],
            photos=int(wrong[true, predicted]),
            share=whole_percent(wrong[true, predicted] / confusion[true].sum()),
        )
        for true, predicted in zip(*np.unravel_index(flat, wrong.shape), strict=True)
        if wrong[true, predicted]
    )


def _mistakes(confusion: NDArray[np.int64]) -> NDArray[np.int64]:
    wrong: NDArray[np.int64] = confusion - np.diag(np.diag(confusion))
    return wrong
