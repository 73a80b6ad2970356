"""A few photos of a cut whose own neuron groups get pictures: of all photos they are too many."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.shelf import Place, read_rows
from diamond_cutter.precompute.contract.attribution import PACKED
from diamond_cutter.precompute.contract.packing import unpack

if TYPE_CHECKING:
    from diamond_cutter.precompute.attribution.case import Case

COUNT = 8
"""How many photos: half of them those that the head errs in most, half its surest."""


def choose_few(logit: NDArray[np.float32], own: NDArray[np.int64]) -> list[int]:
    """The rows of the photos: by margin, of each half no two of one class.

    `logit` (n, K); `own` (n,): the class that each photo counts for.
    """
    others = logit.copy()
    others[np.arange(len(own)), own] = -np.inf
    margin = logit[np.arange(len(own)), own] - others.max(axis=1)
    chosen: dict[int, None] = {}
    for order in (np.argsort(margin, kind="stable"), np.argsort(-margin, kind="stable")):
        first = dict[int, int]()
        for row in map(int, order):
            if row not in chosen:
                first.setdefault(int(own[row]), row)
        chosen |= dict.fromkeys(list(first.values())[: COUNT // 2])
    return sorted(chosen)


def read_directions(
    study: zarr.Group, shelf: str, places: Sequence[Place], case: "Case"
) -> NDArray[np.float32]:
    """The directions of the groups of photos at the cut, (n, G, C)."""
    path = f"layers/{case.layers[-1].name}/group_direction"
    packed, peak = (read_rows(study, shelf, places, name) for name in (path, f"{path}_peak"))
    return unpack(packed, peak, PACKED["group_direction"][1])
