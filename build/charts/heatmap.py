"""Drawings of many cells or channels: a mean heatmap, and the distribution over channels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.page_text import signed_text

_LEAST = 0.02
"""Share of the scale below which a cell is not drawn."""
_POINTS = 160
"""Points of a distribution at most."""
HEIGHT = 100.0
"""Height of the larger side of a distribution, in the drawing's units; it is as wide as `WIDTH`."""
WIDTH = 400.0


@dataclass(frozen=True)
class HeatCell:
    """A cell that is drawn; `strength` 0..1 of the scale; `marked`: it is pointed out."""

    column: int
    row: int
    strength: float
    against: bool
    marked: bool


@dataclass(frozen=True)
class HeatMap:
    """A heatmap in cells, one unit each; `least`, `most`: the ends of its scale as text."""

    rows: int
    columns: int
    cells: tuple[HeatCell, ...]
    least: str
    most: str


@dataclass(frozen=True)
class Distribution:
    """The attribution of all channels, the largest first: corners of the areas for and against.

    zero: height of the line of zero, in the drawing's units. text: how many channels are for and
    against, and how much of the sum the first ten hold.
    """

    over: str
    under: str
    zero: float
    height: float
    text: str


def draw_heat(values: NDArray[np.float32], marked: "set[tuple[int, int]] | None" = None) -> HeatMap:
    """A heatmap, (R, Q); `marked`: (row, column) of cells that are pointed out."""
    scale = float(np.abs(values).max(initial=0))
    cells = []
    for (row, column), value in np.ndenumerate(values):
        strength = round(abs(float(value)) / scale, 2) if scale else 0.0
        is_marked = (row, column) in (marked or set())
        if strength >= _LEAST or is_marked:
            cells.append(HeatCell(column, row, strength, bool(value < 0), is_marked))
    rows, columns = values.shape
    return HeatMap(
        rows, columns, tuple(cells), signed_text(-scale, scale), signed_text(scale, scale)
    )


def draw_distribution(values: NDArray[np.float32]) -> Distribution:
    """The attribution of all channels of a layer, (C,)."""
    ordered = np.sort(values)[::-1].astype(float)
    count = len(ordered)
    places = np.unique(np.linspace(0, count - 1, min(count, _POINTS)).astype(int))
    scale = max(float(np.abs(ordered).max(initial=0)), 1e-12)
    most, least = max(float(ordered[0]), 0.0), min(float(ordered[-1]), 0.0)
    zero = round(HEIGHT * most / scale, 1)
    height = round(zero - HEIGHT * least / scale, 1)

    def area(kept: NDArray[np.float64]) -> str:
        heights = [(place, zero - HEIGHT * kept[place] / scale) for place in places]
        points = [(WIDTH * (place + 0.5) / count, y) for place, y in heights]
        closed = [(0.0, zero), *points, (WIDTH, zero)]
        return " ".join(f"{x:.4g},{y:.4g}" for x, y in closed)

    speaking = int((ordered > 0).sum())
    against = int((ordered < 0).sum())
    total = float(ordered[ordered > 0].sum())
    share = float(ordered[:10].clip(0).sum()) / total if total else 0.0
    text = (
        f"{speaking} of {count} channels speak for it, {against} against it; the ten strongest "
        f"hold {100 * share:.0f} % of all that speaks for it"
    )
    return Distribution(
        area(ordered.clip(0)), area(ordered.clip(max=0)), zero, max(height, 1.0), text
    )
