"""What finished pictures reach, and which of them are none."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.contract.atlas import Flag
from diamond_cutter.precompute.rendering import adapter
from diamond_cutter.precompute.rendering.places import cells
from diamond_cutter.precompute.rendering.readings import Asked, Reading
from diamond_cutter.precompute.rendering.views import draw, pixel_centres, steady
from diamond_cutter.precompute.runtime import keras

ops = keras.ops

MIN_RISE = 0.1
"""A picture that is not this much better than plain grey, in natural deviations, is dead."""

MIN_CONTRAST = 0.04
"""A picture whose root mean square distance from mid-grey is less, where white is 1, is grey."""

_GREY = 128 / 255


class Scorer:
    """Scores finished pictures of one layer's units.

    The score is the unit's value (see `readings`: for a channel, natural standard deviations above
    its natural mean, of the pre-activation, which nothing clips), averaged over random small
    jitters and scales of the finished picture, over grey where it is transparent.
    """

    def __init__(self, reading: Reading, views: int) -> None:
        """Take the network, how it is read, and the number of views."""
        self.reading, self._views = reading, views
        self._measure = adapter.compiled(self._value)
        self._grey: Any = None

    def score(
        self, images: NDArray[np.uint8], wanted: Asked, generators: list[np.random.Generator]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What (B, S, S, 3 or 4) pictures reach, each by its own generator, and what grey does.

        Twice (B,) float32.
        """
        count, side = images.shape[:2]
        views = draw([steady(side, side)] * count, generators, self._views)
        total = np.zeros(count, np.float32)
        for rows, columns in zip(views.rows, views.columns, strict=True):
            total += np.asarray(self._measure(images, wanted, rows, columns))
        return total / np.float32(self._views), self._grey_value(side, wanted)

    def _grey_value(self, side: int, wanted: Asked) -> NDArray[np.float32]:
        """What a plain grey picture reaches for each unit, (B,)."""
        if self._grey is None:
            grey = np.full((1, side, side, 3), _GREY, np.float32)
            self._grey = np.asarray(self.reading.network(grey))
        output = np.repeat(self._grey, len(wanted.weights), axis=0)
        centres = np.tile(pixel_centres(side), (len(wanted.weights), 1))
        where = cells(wanted.place, centres, centres, *output.shape[1:3])
        return np.asarray(self.reading.see(output, wanted, where).value, np.float32)

    def _value(self, images: Any, wanted: Asked, rows: Any, columns: Any) -> Any:
        images = ops.cast(images, "float32") / 255
        if images.shape[-1] == 4:
            opacity = images[..., 3:]
            images = opacity * images[..., :3] + (1 - opacity) * _GREY
        output = self.reading.network(sampled(images, rows, columns))
        where = cells(wanted.place, rows, columns, *output.shape[1:3])
        return self.reading.see(output, wanted, where).value


def flags(
    images: NDArray[np.uint8], score: NDArray[np.float32], grey: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """The `Flag` of each picture, (B,) uint8: (B, S, S, 3 or 4) pictures, their and grey's (B,)."""
    contrast = np.sqrt(np.mean((images[..., :3] / 255 - 0.5) ** 2, axis=(1, 2, 3)))
    risen = score - grey >= MIN_RISE  # false for what is not a number
    seen = np.where(contrast < MIN_CONTRAST, Flag.GREY, Flag.NONE)
    return np.where(risen, seen, Flag.DEAD).astype(np.uint8)


def sampled(images: Any, rows: Any, columns: Any) -> Any:
    """(B, S, S, 3) images at (B, V) positions: linear between pixels, the edge's colour beyond."""
    side = images.shape[1]
    down, across = _weights(rows, side), _weights(columns, side)
    return ops.einsum("bhs,bstc,bwt->bhwc", down, images, across)


def _weights(positions: Any, side: int) -> Any:
    """How much each of `side` pixels counts at each position, (B, V, S)."""
    place = ops.clip(positions * side - 0.5, 0, side - 1)
    return ops.relu(1 - ops.abs(place[..., None] - np.arange(side, dtype=np.float32)))
