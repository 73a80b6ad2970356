"""Kernels of weights, a mark a cell: its area is the weight, its colour and form the sign."""

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZES = 6
"""Sizes of marks, from 1; `web/static/css/circuits/connections.css` has a class for each."""
WIDEST = 7
"""Rows and columns of a kernel that are shown."""
STEPS = 999
"""Steps from zero to the largest weight; `web/static/js/components/kernel-lens.js` reads them."""


@dataclass(frozen=True)
class Marks:
    """The cells of one sign and size: the class of their marks, and a path of their middles."""

    kind: str
    path: str


@dataclass(frozen=True)
class Kernel:
    """A kernel of `rows` by `columns` drawn, a cell one unit wide.

    steps: the weights, rows apart by ";", in `STEPS` of the scale.
    """

    rows: int
    columns: int
    marks: tuple[Marks, ...]
    steps: str


def draw_kernel(values: NDArray[np.floating[Any]], scale: float) -> Kernel:
    """A kernel, (h, w), of weights from -`scale` to `scale`, which is above 0."""
    paths = defaultdict[str, str](str)
    for (row, column), value in np.ndenumerate(values):
        size = round(SIZES * sqrt(min(1.0, abs(float(value)) / scale)))
        if size:
            paths[f"{'e' if value > 0 else 'i'}{size}"] += f"M{column} {row}h0"
    steps = np.rint(np.clip(values.astype(float) / scale, -1, 1) * STEPS).astype(int)
    text = ";".join(",".join(map(str, row)) for row in steps.tolist())
    marks = tuple(Marks(kind, path) for kind, path in sorted(paths.items()))
    rows, columns = values.shape
    return Kernel(rows, columns, marks, text)


def shown_window(kernels: NDArray[np.floating[Any]]) -> tuple[slice, slice]:
    """Rows and columns of (K, h, w) kernels that hold most of their squares, `WIDEST` at most."""
    squares = (kernels.astype(float) ** 2).sum(axis=0)
    return _most(squares.sum(axis=1)), _most(squares.sum(axis=0))


def _most(sums: NDArray[np.float64]) -> slice:
    length = min(WIDEST, len(sums))
    start = int(np.argmax(np.convolve(sums, np.ones(length), "valid")))
    return slice(start, start + length)
