"""Channel attribution over photos: of each class, of pairs of classes, of the whole dataset."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.attribution.attribution_layout import (
    QUANTILES,
    ClassAttribution,
    Target,
)

Floats = NDArray[np.float32]

MOST_PAIRS = 200
"""Pairs of classes that sums are kept of; of more, those of the most photos."""


def own_classes(target: NDArray[np.int32], labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """The class that each photo counts for, (n,): its own, or where it has none the predicted.

    `target` (n, T, 2) as in `LayerView`; `labels` (n,), -1 for none.
    """
    return np.where(labels >= 0, labels, target[:, 1, 0]).astype(np.int64)


def sum_class_attribution(
    target: NDArray[np.int32], channel: Floats, heatmap: Floats, classes: NDArray[np.int64]
) -> ClassAttribution:
    """The sums of a layer over n photos.

    `target` (n, T, 2), `channel` (n, T, C) and `heatmap` (n, T, R, Q) as in `LayerView`;
    `classes` (n,): what each photo counts for.
    """
    members = _members(target, classes)
    pairs = sorted(
        (pair for pair in members if pair[1] >= 0), key=lambda pair: -len(members[pair])
    )[:MOST_PAIRS]
    singles = sorted(pair for pair in members if pair[1] < 0)  # first (-1, -1)
    asked = [*singles, *sorted(pairs)]
    rows = [_over(members[pair], channel, heatmap) for pair in asked]
    mean, spread, quantile, place = (np.stack(each) for each in zip(*rows, strict=True))
    photos = np.array([len(members[pair]) for pair in asked], np.int32)
    return ClassAttribution(np.array(asked, np.int32), photos, mean, spread, quantile, place)


_Members = dict[Target, list[tuple[int, int, int]]]
"""For each target its photos, each with the rows of the class and of the one to take away."""


def _members(target: NDArray[np.int32], classes: NDArray[np.int64]) -> _Members:
    members: _Members = defaultdict(list)
    for photo, (rows, own) in enumerate(zip(target, classes.tolist(), strict=True)):
        single = {int(k): row for row, (k, minus) in enumerate(rows) if k >= 0 and minus < 0}
        members[-1, -1].append((photo, single[own], -1))
        members[own, -1].append((photo, single[own], -1))
        for other, row in single.items():
            if other != own:
                members[own, other].append((photo, single[own], row))
    return members


def _over(
    members: list[tuple[int, int, int]], channel: Floats, heatmap: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean, spread, quantiles and mean heatmap of a target's photos."""
    photo, row, minus = np.array(members).T
    values, places = channel[photo, row], heatmap[photo, row]
    if minus[0] >= 0:
        values, places = values - channel[photo, minus], places - heatmap[photo, minus]
    quantile = np.quantile(values, QUANTILES, axis=0).astype(np.float32)
    return values.mean(axis=0), values.std(axis=0), quantile, places.mean(axis=0)
