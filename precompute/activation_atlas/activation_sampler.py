"""Activation vectors of photos: one of each part of a layer, and what the part gives to classes.

A layer's map is divided into parts, and one of the places of each part is drawn: places spread over
the photo say more than as many drawn anywhere. What a part gives to a class is summed over all its
places, so that over a photo's parts it sums up to what the layer gives: at the cut, by a linear
head, to the logit less its bias. Carter et al. ("Activation Atlas", Distill 2019) draw one place a
photo, and leave out the edges, where the padding is seen; so are they here where a part has others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.attributor import Attributor
from diamond_cutter.precompute.attribution.cut_to_explain import Dense
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import tf


@dataclass(frozen=True, eq=False)
class Sample:
    """What a layer gives for n photos of P parts each.

    vector (n, P, C) float32: the activations at the place drawn. place (n, P, 2) int32: its row and
    column. attribution (n, P, S) float32: what all places of the part give to the logits of the
    first S of the classes asked. sides (n, 2) int32: of the layer, in places.
    """

    vector: NDArray[np.float32]
    place: NDArray[np.int32]
    attribution: NDArray[np.float32]
    sides: NDArray[np.int32]


class ActivationSampler:
    """A network up to a cut, with the layers of which maps are made."""

    def __init__(self, backbone: Backbone, layers: Sequence[str], pooling: str, parts: int) -> None:
        """Fold the network; `layers` in depth order, the last is the cut.

        `pooling`: what heads read of it. `parts`: a side, at most: of layers smaller than that as
        many as they have places.
        """
        self._attributor = Attributor(backbone, layers, pooling)
        self._parts = parts

    @property
    def size(self) -> int:
        """The side of the photos that are taken, in pixels."""
        return self._attributor.size

    def sample(
        self,
        images: NDArray[np.float32],
        labels: NDArray[np.integer],
        head: Dense,
        draws: NDArray[np.float64],
    ) -> tuple[NDArray[np.int32], dict[str, Sample]]:
        """The classes asked of photos, (n, S), surest first, and what each layer gives, by name.

        `images`, `labels`: as `Attributor.ask`. `draws (n, parts * parts, 2)`, 0..1: where in its
        part each place is drawn, the same for all layers.
        """
        trace = self._attributor.trace(images, labels, head)
        found = {}
        for place, layer in enumerate(self._attributor.layers, -len(self._attributor.layers)):
            activation = trace.activations[place]
            slopes = [each[place] for each in trace.slopes[: trace.asked_at(place)]]
            shares = tf.stack([tf.reduce_sum(activation * slope, 3) for slope in slopes], axis=1)
            found[layer] = _sample(
                activation.numpy()[: len(images)], shares.numpy()[: len(images)], draws, self._parts
            )
        return trace.classes.numpy()[: len(images)], found


def _sample(
    activation: NDArray[np.float32],
    shares: NDArray[np.float32],
    draws: NDArray[np.float64],
    parts: int,
) -> Sample:
    """Draw from activations (n, H, W, C), of which the places give `shares` (n, S, H, W)."""
    count, height, width, _ = activation.shape
    rows, columns = part_starts(height, parts), part_starts(width, parts)
    summed = np.add.reduceat(np.add.reduceat(shares, rows, axis=2), columns, axis=3)
    apart = draws.reshape(count, parts, parts, 2)[:, : len(rows), : len(columns)]
    row = _drawn(rows, height, apart[..., 0], axis=1)
    column = _drawn(columns, width, apart[..., 1], axis=2)
    place = np.stack([row, column], axis=-1).reshape(count, -1, 2).astype(np.int32)
    vector = activation[np.arange(count)[:, None], place[..., 0], place[..., 1]]
    attribution = summed.reshape(count, shares.shape[1], -1).transpose(0, 2, 1)
    sides = np.full((count, 2), (height, width), np.int32)
    return Sample(vector, place, np.ascontiguousarray(attribution), sides)


def part_starts(side: int, parts: int) -> NDArray[np.intp]:
    """Where each part of a side begins: at most `parts`, as even as can be."""
    count = min(side, parts)
    starts: NDArray[np.intp] = np.arange(count) * side // count
    return starts


def _drawn(
    starts: NDArray[np.intp], side: int, draw: NDArray[np.float64], axis: int
) -> NDArray[np.intp]:
    """A place of each part along a side, not at an edge where the part has others."""
    ends = np.append(starts[1:], side)
    first = np.where((starts == 0) & (ends - starts > 1), 1, starts)
    last = np.where((ends == side) & (ends - first > 1), side - 1, ends)
    shape = [1, 1, 1]
    shape[axis] = len(starts)
    low, span = first.reshape(shape), (last - first).reshape(shape)
    drawn: NDArray[np.intp] = low + np.floor(draw * span).astype(np.intp)
    return drawn
