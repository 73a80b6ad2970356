"""Attribution graphs for the made-up studies: edges that leave a node sum up to what it gives."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.attribution.attribution_graphs import (
    AttributionGraphs,
    CutGraphs,
)

NODES = 4


def make_graphs(
    layers: Sequence[tuple[str, int]],
    photos: NDArray[np.int32],
    predicted: NDArray[np.integer],
    label: NDArray[np.integer],
    classes: int,
) -> CutGraphs:
    """Of `layers`, names and channels: of each class, and of each photo, of both its classes."""
    wrong = predicted != label
    photo = np.concatenate([photos, photos[wrong]])
    about = np.concatenate([predicted, label[wrong]])
    return CutGraphs(
        [name for name, _ in layers],
        _graphs(layers, np.arange(classes), np.full(classes, -1), np.bincount(label)),
        _graphs(layers, about, photo, np.ones(len(photo))),
    )


def _graphs(
    layers: Sequence[tuple[str, int]],
    label: NDArray[np.integer],
    photo: NDArray[np.integer],
    photos: NDArray[np.number],
) -> AttributionGraphs:
    """Channel 0 of the first layer, and the first of the last, are in all graphs."""
    count, depth = len(label), len(layers)
    generator = np.random.default_rng(count)
    node = np.stack(
        [
            np.stack([1 + generator.permutation(channels - 1)[:NODES] for _, channels in layers])
            for _ in range(count)
        ]
    )
    node[:, 0, 0], node[:, -1, 1] = 0, 7
    value = -np.sort(-generator.normal(size=(count, depth, NODES)), axis=2)
    edge = generator.normal(size=(count, depth - 1, NODES, NODES))
    edge += ((value[:, :-1] - edge.sum(axis=3)) / NODES)[..., None]
    return AttributionGraphs(
        label.astype(np.int32),
        photo.astype(np.int32),
        photos.astype(np.int32),
        node.astype(np.int32),
        value.astype(np.float32),
        2 * np.abs(value).sum(axis=2).astype(np.float32),
        edge.astype(np.float32),
        4 * np.abs(edge).sum(axis=2).astype(np.float32),
    )
