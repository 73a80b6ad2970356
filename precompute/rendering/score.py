"""What finished pictures reach, and which of them are none."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.contract.atlas import Flag
from diamond_cutter.precompute.rendering import adapter
from diamond_cutter.precompute.rendering.objective import own, strengths
from diamond_cutter.precompute.rendering.views import Sampling, draw
from diamond_cutter.precompute.runtime import keras

ops = keras.ops

VIEWS = 4
MAGNIFICATION = (0.9, 1.1)
JITTER = 1 / 16  # of the canvas

MIN_RISE = 0.1
"""A picture that is not this much better than plain grey, in natural deviations, is dead."""

MIN_CONTRAST = 0.04
"""A picture whose root mean square distance from mid-grey is less, where white is 1, is grey."""


class Scorer:
    """Scores finished pictures of one layer's channels.

    The score is the channel's strength (see `objective.strengths`: natural standard deviations
    above its natural mean, of the pre-activation, which nothing clips), averaged over random small
    jitters and scales of the finished picture.
    """

    def __init__(self, network: Any, mean: Any, spread: Any) -> None:
        """Take the network from RGB 0..1 to the layer's pre-activation, and its natural units."""
        self._network, self._mean, self._spread = network, mean, spread
        self._measure = adapter.compiled(self._own_strength)

    def score(
        self,
        images: NDArray[np.uint8],
        channels: NDArray[np.int32],
        generators: list[np.random.Generator],
    ) -> NDArray[np.float32]:
        """Score (B, S, S, 3) pictures of (B,) channels, each by its own generator: (B,) float32."""
        side = images.shape[1]
        views = draw(Sampling(side, side, MAGNIFICATION, JITTER, turn=0), generators, VIEWS)
        total = np.zeros(len(images), np.float32)
        for rows, columns in zip(views.rows, views.columns, strict=True):
            total += np.asarray(self._measure(images, channels, rows, columns))
        return total / np.float32(VIEWS)

    def grey_score(self, side: int) -> NDArray[np.float32]:
        """What a plain grey picture of `side` pixels reaches for each channel: (C,) float32."""
        grey = np.full((1, side, side, 3), 128 / 255, np.float32)
        reached = strengths(self._network(grey), self._mean, self._spread)
        return np.asarray(reached[0], np.float32)

    def _own_strength(self, images: Any, channels: Any, rows: Any, columns: Any) -> Any:
        views = _sampled(ops.cast(images, "float32") / 255, rows, columns)
        return own(strengths(self._network(views), self._mean, self._spread), channels)


def flags(
    images: NDArray[np.uint8], score: NDArray[np.float32], grey_score: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """The `Flag` of each picture, (B,) uint8, from (B, S, S, 3) pictures and (B,) scores."""
    contrast = np.sqrt(np.mean((images / 255 - 0.5) ** 2, axis=(1, 2, 3)))
    risen = score - grey_score >= MIN_RISE  # false for what is not a number
    seen = np.where(contrast < MIN_CONTRAST, Flag.GREY, Flag.NONE)
    return np.where(risen, seen, Flag.DEAD).astype(np.uint8)


def _sampled(images: Any, rows: Any, columns: Any) -> Any:
    """(B, S, S, 3) images at (B, V) positions: linear between pixels, the edge's colour beyond."""
    side = images.shape[1]
    down, across = _weights(rows, side), _weights(columns, side)
    return ops.einsum("bhs,bstc,bwt->bhwc", down, images, across)


def _weights(positions: Any, side: int) -> Any:
    """How much each of `side` pixels counts at each position, (B, V, S)."""
    place = ops.clip(positions * side - 0.5, 0, side - 1)
    return ops.relu(1 - ops.abs(place[..., None] - np.arange(side, dtype=np.float32)))
