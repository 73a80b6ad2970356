"""What an observer sees in pictures and in parts of photos, and how it does in the trials.

The observer sees each photo once, whole: what it makes of a crop is the mean of its cells there, so
that all channels and layers share one pass of the photos. A picture is seen as large as the photo.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.evidence.evidence_trials import (
    deal,
    interval,
    share_right,
)
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.backend.adapter import compiled
from diamond_cutter.precompute.stores.atlas.activation_statistics import PhotoValues
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, seen_boxes
from diamond_cutter.precompute.stores.atlas.evidence_layout import Evidence

Floats = NDArray[np.float32]
Maps = Sequence[NDArray[np.float16]]
"""What an observer makes of n images at each of its cuts, (n, h, w, F)."""

BATCH = 16

DEPTHS = (0.5, 0.7, 0.9)
"""Where along its cuts an observer looks: what is like by textures, by parts and by things."""

WIDEST = 0.5
"""Of a photo's side, the most that a crop is wide: deep channels can see all, and use a part."""

FEWEST_PICTURES = 8
"""Pictures of a layer that are judged, at least: what they have in common is taken off each."""

_LEAST = 1e-6


class Observer:
    """A backbone that tells how like images are, by some of its cuts."""

    def __init__(self, backbone: Backbone) -> None:
        """Take the cuts at `DEPTHS`."""
        self._size = backbone.input_size
        network = fold(backbone, [cut.name for cut in observing_cuts(backbone.layers)])
        self._run = compiled(lambda images: keras.tree.flatten(network(images, training=False)))

    def see(self, images: Iterable[NDArray[np.uint8]]) -> list[NDArray[np.float16]]:
        """What it makes of images, (H, W, 3) uint8 sRGB each; see `Maps`."""
        prepared = [prepare(image, self._size) for image in images]
        found = []
        for start in range(0, len(prepared), BATCH):
            some = prepared[start : start + BATCH]
            batch = np.stack(some + some[-1:] * (BATCH - len(some)))
            outputs = self._run(batch)
            found.append([np.asarray(each)[: len(some)].astype(np.float16) for each in outputs])
        return [np.concatenate(parts) for parts in zip(*found, strict=True)]


def observing_cuts(layers: Sequence[Layer]) -> list[Layer]:
    """The cuts of an observer by which it tells how like images are, each once."""
    cuts = [layer for layer in layers if layer.is_cut]
    return [cuts[at] for at in dict.fromkeys(round(depth * (len(cuts) - 1)) for depth in DEPTHS)]


def pooled(maps: NDArray[np.floating], boxes: NDArray[np.integer], side: int) -> Floats:
    """The mean of the cells inside a box of each map, (n, h, w, F) to (n, F).

    boxes: (n, 4), left, top, right, bottom, in pixels of squares of that side. Cells count as far
    as they lie inside.
    """
    _, height, width, _ = maps.shape
    across = _inside(boxes[:, 0], boxes[:, 2], width, side)
    down = _inside(boxes[:, 1], boxes[:, 3], height, side)
    values = maps.astype(np.float32)
    found: Floats = np.einsum("nhwf,nh,nw->nf", values, down, across, optimize=True)
    return found


def _inside(low: NDArray[Any], high: NDArray[Any], cells: int, side: int) -> Floats:
    """The share of each interval that lies in each of so many cells of a side, (n, cells)."""
    edges = np.arange(cells + 1) * (side / cells)
    parts = np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])
    inside: NDArray[Any] = np.clip(parts, 0, None)
    shares: Floats = (inside / inside.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def judge(
    seen: Maps,
    shown: Sequence[Floats],
    level: NDArray[np.uint8],
    values: PhotoValues,
    side: int,
    receptive_field: int | None,
    observer: str,
) -> Evidence:
    """The evidence of a layer's C channels.

    seen: what the observer makes of the P photos; shown: of the pictures, (C, F) each, means over
    cells; level: (C,), of these; side: of the squares in pixels that the layer sees.
    """
    trials = deal(values.value)
    count, number = trials.strong.shape
    means = [maps.mean(axis=(0, 1, 2), dtype=np.float64) for maps in seen]
    spreads = [maps.std(axis=(0, 1, 2), dtype=np.float64) + _LEAST for maps in seen]
    widest = int(side * WIDEST)
    field = widest if receptive_field is None else min(receptive_field, widest)
    there = np.flatnonzero(level)
    judged = level > 0 if len(there) >= FEWEST_PICTURES else np.zeros(count, bool)
    # Pictures have much in common that photos have not, which would drown what tells them apart.
    pictures = _direction(
        [(each - each[there].mean(axis=0)) / by for each, by in zip(shown, spreads, strict=True)]
        if judged.any()
        else shown
    )
    shares = np.full((2, count), np.nan, np.float32)
    for channel in np.flatnonzero(np.ptp(values.value, axis=0) > 0):
        rows = np.concatenate([trials.shown[channel], trials.strong[channel], trials.weak[channel]])
        place = np.stack(np.divmod(values.place[rows, channel].astype(int), values.cells[1]), -1)
        boxes = seen_boxes(place, values.cells, side, field)
        crops = _direction(
            [
                (pooled(maps[rows], boxes, side) - mean) / spread
                for maps, mean, spread in zip(seen, means, spreads, strict=True)
            ]
        )
        strong, weak = crops[-2 * number : -number], crops[-number:]
        shares[1, channel] = share_right(crops[: -2 * number].mean(axis=0), strong, weak)
        if judged[channel]:
            shares[0, channel] = share_right(pictures[channel], strong, weak)
    return Evidence(
        observer=observer,
        trials=number,
        picture=shares[0],
        picture_interval=interval(shares[0], number),
        crops=shares[1],
        crops_interval=interval(shares[1], number),
        level=level,
    )


def _direction(features: Sequence[NDArray[np.floating]]) -> Floats:
    """Features (n, F) of some cuts side by side, those of each cut of length 1."""
    lengths = [np.linalg.norm(each, axis=1, keepdims=True) for each in features]
    parts = [
        each / np.where(length > 0, length, np.inf)
        for each, length in zip(features, lengths, strict=True)
    ]
    return np.concatenate(parts, axis=1).astype(np.float32)
