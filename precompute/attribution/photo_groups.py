"""The photos of a cut whose own neuron groups get pictures: a few, as those of all take long."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.sample import dealt
from diamond_cutter.precompute.attribution.shelf import Place, read_rows
from diamond_cutter.precompute.contract.attribution import PACKED
from diamond_cutter.precompute.contract.packing import unpack

if TYPE_CHECKING:
    from diamond_cutter.precompute.attribution.case import Case


def choose_few(logit: NDArray[np.float32], own: NDArray[np.int64], count: int | None) -> list[int]:
    """The rows of `count` photos, all if None: half of them the worst errors, half the surest.

    By margin, dealt out over the classes. `logit` (n, K); `own` (n,): the class that each photo
    counts for.
    """
    count = len(own) if count is None else min(count, len(own))
    others = logit.copy()
    others[np.arange(len(own)), own] = -np.inf
    margin = logit[np.arange(len(own)), own] - others.max(axis=1)
    worst = dealt(np.argsort(margin, kind="stable"), own)[: (count + 1) // 2]
    surest = np.argsort(-margin, kind="stable")
    surest = dealt(surest[~np.isin(surest, worst)], own)[: count // 2]
    return sorted(map(int, (*worst, *surest)))


def read_directions(
    study: zarr.Group, shelf: str, places: Sequence[Place], case: "Case"
) -> NDArray[np.float32]:
    """The directions of the groups of photos at the cut, (n, G, C)."""
    path = f"layers/{case.layers[-1].name}/group_direction"
    packed, peak = (read_rows(study, shelf, places, name) for name in (path, f"{path}_peak"))
    return unpack(packed, peak, PACKED["group_direction"][1])
