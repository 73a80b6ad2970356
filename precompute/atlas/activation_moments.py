"""Sums over photos that become a layer's activation statistics; without Keras."""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    WIDEST,
    ActivationStatistics,
)

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
