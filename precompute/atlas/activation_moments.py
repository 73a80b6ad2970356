"""Sums over photos that become a layer's activation statistics; without Keras."""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    EXAMPLES,
    WIDEST,
    ActivationStatistics,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import seen_boxes

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
        self._examples = (np.zeros((0, channels), np.float32), *np.zeros((2, 0, channels), int))
        self._places = (1, 1)

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
        self._add_examples(activations)
        self._photos += len(strengths)

    def _add_examples(self, activations: NDArray[np.float32]) -> None:
        """Keep the photos with the highest values, each with its place, the highest first."""
        self._places = activations.shape[1:3]
        flat = activations.reshape(len(activations), -1, activations.shape[-1])
        numbers = np.arange(self._photos, self._photos + len(flat))
        photos = np.broadcast_to(numbers[:, None], flat.shape[::2])
        given = zip(self._examples, (flat.max(1), flat.argmax(1), photos), strict=True)
        joined = [np.concatenate(pair) for pair in given]
        order = np.argsort(-joined[0], axis=0, kind="stable")[:EXAMPLES]
        value, place, photo = (np.take_along_axis(each, order, 0) for each in joined)
        self._examples = value, place, photo

    def finish(self, photos: Photos, side: int, receptive_field: int | None) -> Measured:
        """The statistics of all that was added, which were these photos, and the covariance.

        side: of the squares that were seen; receptive_field: of the layer; both in pixels.
        """
        mean = self._first / self._count
        whole = self._second.ndim == 2
        second = self._second / self._count - (np.outer(mean, mean) if whole else mean**2)
        variance = np.diagonal(second) if whole else second
        spread = np.sqrt(np.maximum(variance, 0))
        value, place, photo = (
            each.T[:, : EXAMPLES if photos.files else 0] for each in self._examples
        )
        at = np.stack(np.divmod(place, self._places[1]), axis=-1)
        above = value - (mean + self._shift)[:, None]
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
            example_photo=np.where(spread[:, None] > 0, photo, -1).astype(np.int32),
            example_value=(above / np.where(spread > 0, spread, 1)[:, None]).astype(np.float32),
            example_place=((at + 0.5) * side / self._places).astype(np.int32)[..., ::-1],
            example_box=seen_boxes(at, self._places, side, receptive_field),
        )
        return natural, second.astype(np.float32) if whole else None
