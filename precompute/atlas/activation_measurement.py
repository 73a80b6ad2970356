"""Photos through a network: mean, spread, covariance of its layers, and the strongest photos."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.activation_moments import Measured, Moments
from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.objective import averaged, leaky
from diamond_cutter.precompute.rendering.sample_statistics import sample_statistics
from diamond_cutter.precompute.rendering.target_readings import natural_units
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

ops = keras.ops

BATCH = 8


def measure_layers(
    backbone: Backbone, layers: Sequence[Layer], side: int, photos: Photos
) -> list[Measured]:
    """The natural statistics of layers, in order, from one pass of whole photos of (side, side).

    It is not compiled: what an operation gives then does not depend on which layers are asked for.
    Raises `PhotoError` for a photo that can't be read.
    """
    network = fold(backbone, [layer.name for layer in layers], pre_activation=True)
    units = natural_units(backbone, layers, lambda: sample_statistics(network))
    moments = [Moments(layer.channels) for layer in layers]
    for batch in _batches(photos, side):
        outputs = keras.tree.flatten(network(batch))  # a lone one: no list
        for output, unit, sums in zip(outputs, units, moments, strict=True):
            sums.add(np.asarray(output), np.asarray(_strengths(output, *unit)))
    return [
        sums.finish(photos, side, layer.receptive_field)
        for sums, layer in zip(moments, layers, strict=True)
    ]


def _batches(photos: Photos, side: int) -> Iterator[NDArray[np.float32]]:
    images = photos.images()
    while batch := [prepare(image, side) for image in islice(images, BATCH)]:
        yield np.stack(batch)


def _strengths(output: Any, mean: NDArray[np.float32], spread: NDArray[np.float32]) -> Any:
    """The score that each photo reaches for each channel, (n, h, w, C) to (n, C)."""
    count, height, width, _ = output.shape
    cells = ops.full((count, height, width), 1 / (height * width))
    return averaged(leaky((output - mean) / spread), cells)
