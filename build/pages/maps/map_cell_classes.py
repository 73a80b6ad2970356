"""The classes of a map's cells: what pages tell of them, and those of the photos that lie there."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.page_text import shown
from diamond_cutter.build.pages.attribution.document_packing import short
from diamond_cutter.build.pages.maps.map_arrays import MapArrays, PhotoFacts
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    ActivationMap,
    Grid,
)

EVERY = 12
"""Classes of which a cell tells the value of each; of more only the `MOST` for and against."""
MOST = 5
LEAST = 0.02
"""What is told of a cell's classes is at least so large a share of the largest."""
LABELS = 3
"""Classes of a cell's photos that are told."""


@dataclass(frozen=True, eq=False)
class CellClasses:
    """Of the G cells of a grid: what is known of classes.

    value: (G, K) float32, what pages tell that a cell gives to a class; NaN where none was asked.
    labels: pairs of class and photos of it, the most first.
    wrong: the share of its vectors whose photo is taken for another class, None where not known.
    """

    value: NDArray[np.float32]
    labels: Sequence[Sequence[tuple[int, int]]]
    wrong: Sequence[float | None]


def cell_classes(side: int, grid: Grid, arrays: MapArrays, facts: PhotoFacts) -> CellClasses:
    """What is known of classes in a grid of so many cells a side."""
    column, row = np.minimum((arrays.position * side).astype(np.int32), side - 1).T
    cell = np.searchsorted(grid.row * side + grid.column, row * side + column)
    photo = arrays.photo[np.argsort(cell, kind="stable")]
    labels = list[list[tuple[int, int]]]()
    wrong = list[float | None]()
    for inside in np.split(photo, np.searchsorted(np.sort(cell), np.arange(1, len(grid.row)))):
        own, taken = facts.label[inside], facts.predicted[inside]
        known = (own >= 0) & (taken >= 0)
        labels.append(Counter(own[own >= 0].tolist()).most_common(LABELS))
        share = float((own != taken)[known].mean()) if known.any() else None
        wrong.append(share if share is None else round(share, 3))
    return CellClasses(told_values(grid), labels, wrong)


def told_values(grid: Grid) -> NDArray[np.float32]:
    """What each cell gives to each class, as pages tell it, (G, K); NaN where none was asked.

    Of many classes a vector is asked about few: there the mean is over all of a cell's vectors, and
    those that were not asked give nothing; else one vector would speak for a cell.
    """
    if grid.attribution.shape[1] <= EVERY:
        return grid.attribution
    share = (grid.asked / grid.count[:, None]).astype(np.float32)
    return grid.attribution * share


def most_attributed(values: NDArray[np.float32], count: int) -> list[int]:
    """The classes that a cell gives most to, and those it speaks against most: by index."""
    known = np.flatnonzero(np.abs(values) >= LEAST * np.nanmax(np.abs(values), initial=0))
    order = known[np.argsort(-values[known], kind="stable")]
    against = order[max(count, len(order) - count) :]
    return [int(label) for label in (*order[:count], *against[values[against] < 0])]


def given_classes(values: NDArray[np.float32]) -> list[tuple[int, float]]:
    """The classes of which a cell's value is told beside its picture, the most first, with it."""
    chosen = most_attributed(values, MOST) if len(values) > EVERY else known_classes(values)
    return [(label, short(float(values[label]))) for label in chosen]


def known_classes(values: NDArray[np.float32]) -> list[int]:
    """The classes that a cell was asked about, the most first; of many those that count."""
    least = LEAST * np.nanmax(np.abs(values), initial=0) if len(values) > EVERY else 0
    order = np.argsort(-values, kind="stable")
    return [int(label) for label in order if np.abs(values[label]) >= least]


def class_names(found: ActivationMap, labels: Iterable[int]) -> dict[str, str]:
    """The names of classes, as pages show them, by index as text."""
    return {str(label): shown(found.classes[label]) for label in sorted(labels)}


def told_classes(found: ActivationMap, arrays: MapArrays) -> list[int]:
    """The classes that one may ask for, by index: those of which a cell's value is told, by name.

    Of few classes they are all there are.
    """
    if len(found.classes) <= EVERY:
        return list(range(len(found.classes)))
    values = (told_values(grid) for grid in arrays.grids)
    told = {label for each in values for row in each for label in known_classes(row)}
    return sorted(told, key=lambda label: (found.classes[label].casefold(), label))


def coloured_classes(found: ActivationMap, arrays: MapArrays, facts: PhotoFacts) -> list[int]:
    """The classes that have a colour of their own, by index, `EVERY` at most.

    Of many those that most vectors are of, or that the cells of most vectors give most to.
    """
    if len(found.classes) <= EVERY:
        return list(range(len(found.classes)))
    own = facts.label[arrays.photo]
    counted = Counter(own[own >= 0].tolist())
    if not counted:
        finest = arrays.grids[-1]
        for values, count in zip(told_values(finest), finest.count.tolist(), strict=True):
            counted.update(dict.fromkeys(most_attributed(values, 1)[:1], count))
    return [label for label, _ in counted.most_common(EVERY)]
