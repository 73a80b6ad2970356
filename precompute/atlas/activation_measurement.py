"""Photos through a network: mean, spread, covariance of its layers, and the strongest photos."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.objective import averaged, leaky
from diamond_cutter.precompute.rendering.sample_statistics import sample_statistics
from diamond_cutter.precompute.rendering.target_readings import natural_units
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    WIDEST,
    ActivationStatistics,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

Measured = tuple[ActivationStatistics, NDArray[np.float32] | None]
"""The natural statistics of a layer, and the covariance where it is kept."""


class Moments:
    """What is known of a layer's C channels after some photos; nothing at first."""

    def __init__(self, channels: int) -> None:
        """`channels`: C."""
        self._count = self._photos = 0
        self._shift = np.zeros(channels)
        self._first = np.zeros(channels)
        self._second = np.zeros((channels, channels) if channels <= WIDEST else channels)
        self._maximum = np.full(channels, -np.inf, np.float32)
        self._best = np.zeros(channels, np.int32)

    def add(self, activations: NDArray[np.float32], strengths: NDArray[np.float32]) -> None:
        """Take in n photos: pre-activations (n, h, w, C), and what score each reaches, (n, C)."""
        places = activations.reshape(-1, activations.shape[-1]).astype(np.float64)
        if not self._count:
            # Sums of what is near 0 lose least; and what never changes has a spread of just 0.
            self._shift = places[0].copy()
        places -= self._shift
        self._first += places.sum(axis=0)
        self._second += places.T @ places if self._second.ndim == 2 else (places**2).sum(axis=0)
        self._count += len(places)
        strongest = strengths.argmax(axis=0)
        values = strengths.max(axis=0)
        better = values > self._maximum
        self._best[better] = self._photos + strongest[better]
        self._maximum[better] = values[better]
        self._photos += len(strengths)

    def finish(self, photos: Photos) -> Measured:
        """The statistics of all that was added, which were these photos, and the covariance."""
        mean = self._first / self._count
        whole = self._second.ndim == 2
        second = self._second / self._count - (np.outer(mean, mean) if whole else mean**2)
        variance = np.diagonal(second) if whole else second
        natural = ActivationStatistics(
            photos=self._photos,
            source=photos.source,
            digest=photos.digest,
            paths=tuple(file.path for file in photos.files),
            mean=(mean + self._shift).astype(np.float32),
            spread=np.sqrt(np.maximum(variance, 0)).astype(np.float32),
            maximum=self._maximum,
            best=self._best,
        )
        return natural, second.astype(np.float32) if whole else None


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
    return [sums.finish(photos) for sums in moments]


def _batches(photos: Photos, side: int) -> Iterator[NDArray[np.float32]]:
    images = photos.images()
    while batch := [prepare(image, side) for image in islice(images, BATCH)]:
        yield np.stack(batch)


def _strengths(output: Any, mean: NDArray[np.float32], spread: NDArray[np.float32]) -> Any:
    """The score that each photo reaches for each channel, (n, h, w, C) to (n, C)."""
    count, height, width, _ = output.shape
    cells = ops.full((count, height, width), 1 / (height * width))
    return averaged(leaky((output - mean) / spread), cells)
