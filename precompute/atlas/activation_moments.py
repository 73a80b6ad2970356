"""Sums over photos that become a layer's activation statistics; without Keras."""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    EXAMPLES,
    WIDEST,
    ActivationStatistics,
    PhotoValues,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import seen_boxes

Measured = tuple[ActivationStatistics, NDArray[np.float32] | None, PhotoValues | None]
"""The natural statistics of a layer; the covariance where it is kept; values of named photos."""


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
        self._peaks: list[NDArray[np.float32]] = []
        self._peak_places: list[NDArray[np.uint16]] = []
        self._cells = (1, 1)

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
        flat = activations.reshape(len(activations), -1, activations.shape[-1])
        self._peaks.append(flat.max(1))
        self._peak_places.append(flat.argmax(1).astype(np.uint16))
        self._cells = activations.shape[1:3]
        self._photos += len(strengths)

    def finish(self, photos: Photos, side: int, receptive_field: int | None) -> Measured:
        """The statistics of all that was added, which were these photos, covariance and values.

        side: of the squares that were seen; receptive_field: of the layer; both in pixels.
        """
        mean = self._first / self._count
        whole = self._second.ndim == 2
        second = self._second / self._count - (np.outer(mean, mean) if whole else mean**2)
        variance = np.diagonal(second) if whole else second
        spread = np.sqrt(np.maximum(variance, 0))
        deviation = np.where(spread > 0, spread, np.inf)
        peaks, places = np.concatenate(self._peaks), np.concatenate(self._peak_places)
        values = (peaks - (mean + self._shift)) / deviation
        photo = np.argsort(-peaks, axis=0, kind="stable")[: EXAMPLES if photos.files else 0]
        value, place = (np.take_along_axis(each, photo, 0).T for each in (values, places))
        at = np.stack(np.divmod(place.astype(int), self._cells[1]), axis=-1)
        natural = ActivationStatistics(
            photos=self._photos,
            source=photos.source,
            digest=photos.digest,
            paths=tuple(file.path for file in photos.files),
            mean=(mean + self._shift).astype(np.float32),
            spread=spread.astype(np.float32),
            maximum=self._maximum,
            best=self._best,
            side=side,
            example_photo=np.where(spread[:, None] > 0, photo.T, -1).astype(np.int32),
            example_value=value.astype(np.float32),
            example_place=((at + 0.5) * side / self._cells).astype(np.int32)[..., ::-1],
            example_box=seen_boxes(at, self._cells, side, receptive_field),
        )
        kept = PhotoValues(values.astype(np.float16), places, self._cells) if photos.files else None
        return natural, second.astype(np.float32) if whole else None, kept
