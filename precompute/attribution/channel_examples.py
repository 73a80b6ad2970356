"""What activates each channel of a layer among the explained photos, and which classes do."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.atlas.atlas_layout import seen_boxes
from diamond_cutter.precompute.stores.attribution.attribution_layout import Channels

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]

EXAMPLES, HARDLY, MATTERING = 9, 3, 6
"""Photos that activate a channel most, and least, and where its attribution is largest."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What a layer of `height` x `width` places made of n photos.

    Arrays (n, C) as in `LayerView`; `matter`: the attribution to the predicted class. `photo`,
    `group`, `label` (n,): index in the study, the same for near duplicates, class or -1.
    """

    mean: Floats
    square: Floats
    zero: Floats
    peak: Floats
    place: Indices
    matter: Floats
    photo: Indices
    group: Indices
    label: NDArray[np.int64]
    height: int
    width: int


def find_channels(
    seen: Seen, shown: Sequence[int], size: int, receptive_field: int | None
) -> Channels:
    """The channels of a layer; `size` and `receptive_field` in pixels of the network's input."""
    mean = seen.mean.mean(axis=0)
    variance = np.maximum(seen.square.mean(axis=0) - mean**2, 0)
    examples = _first(-seen.peak, seen.group, EXAMPLES)
    hardly = _first(seen.peak, seen.group, HARDLY)
    matter = _first(-np.abs(seen.matter), seen.group, MATTERING)
    corners = [_boxes(seen, chosen, size, receptive_field) for chosen in (examples, hardly)]
    return Channels(
        mean=mean,
        spread=np.sqrt(variance),
        peak=seen.peak.max(axis=0),
        zero=seen.zero.mean(axis=0),
        class_mean=np.stack([seen.mean[seen.label == k].mean(axis=0) for k in shown]),
        selectivity=_selectivity(seen.mean, seen.label),
        example_photo=_named(seen.photo, examples),
        example_value=_picked(seen.peak, examples),
        example_place=corners[0][0],
        example_box=corners[0][1],
        hardly_photo=_named(seen.photo, hardly),
        hardly_value=_picked(seen.peak, hardly),
        hardly_place=corners[1][0],
        hardly_box=corners[1][1],
        matter_photo=_named(seen.photo, matter),
        matter_value=_picked(seen.matter, matter),
    )


def _first(order_by: Floats, group: Indices, count: int) -> Indices:
    """For each channel the rows of the lowest values, one of each group: (C, count), -1 fills."""
    chosen = np.full((order_by.shape[1], count), -1, np.int32)
    order = np.argsort(order_by, axis=0, kind="stable")
    for channel in range(order.shape[1]):
        rows = dict[int, int]()
        for row in order[:, channel]:
            rows.setdefault(int(group[row]), int(row))
            if len(rows) == count:
                break
        chosen[channel, : len(rows)] = list(rows.values())
    return chosen


def _named(photo: Indices, rows: Indices) -> Indices:
    return np.where(rows >= 0, photo[rows], -1).astype(np.int32)


def _picked(values: Floats, rows: Indices) -> Floats:
    channel = np.arange(values.shape[1])[:, None]
    return np.where(rows >= 0, values[rows, channel], 0).astype(np.float32)


def _boxes(
    seen: Seen, rows: Indices, size: int, receptive_field: int | None
) -> tuple[Indices, Indices]:
    """Where the strongest place is, (C, E, 2) y and x, and its receptive field, (C, E, 4)."""
    place = seen.place[rows, np.arange(seen.place.shape[1])[:, None]]
    at = np.stack([place // seen.width, place % seen.width], axis=-1).astype(np.int32)
    return at, seen_boxes(at, (seen.height, seen.width), size, receptive_field)


def _selectivity(mean: Floats, label: NDArray[np.int64]) -> Floats:
    """Eta squared: the variance between classes as a share of all, (C,); 0 where there is none."""
    middle = mean.mean(axis=0)
    whole = np.square(mean - middle).sum(axis=0)
    between = np.zeros_like(whole)
    for k in np.unique(label):
        inside = mean[label == k]
        between += len(inside) * np.square(inside.mean(axis=0) - middle)
    share: Floats = np.divide(between, whole, out=np.zeros_like(whole), where=whole > 0)
    return share.clip(0, 1)
