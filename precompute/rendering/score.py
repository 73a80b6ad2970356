"""What finished pictures reach, and which of them are none."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.backend import adapter
from diamond_cutter.precompute.rendering.target_readings import Asked, ChannelReading, Reading
from diamond_cutter.precompute.rendering.views import cells, draw, pixel_centres, steady
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag

ops = keras.ops

MIN_RISE = 0.1
"""A picture that is not this much better than plain grey, in natural deviations, is dead."""

ALIVE = 1.0
"""Natural deviations that only a live channel reaches, even if plain grey excites it as much."""

CHANCE = 20
"""A picture is no better than chance if one in so many of any other pictures would do as well."""

LENIENT = 8
"""Places that are good enough where a layer has few channels, but not more than a quarter of them.

There many channels see nearly the same, as edges and colours in a stem: the fifth of 32 is no
accident.
"""

MIN_CONTRAST = 0.04
"""A picture whose root mean square distance from mid-grey is less, where white is 1, is grey."""

_GREY = 128 / 255


class Reached(NamedTuple):
    """What B pictures reach.

    score: (B,) float32, see `Scorer`.
    least: (B,) float32, what a score must be for its target not to be dead.
    by_chance: (B,) bool, whether the own channel does not stand out among all of its layer: by
        chance it takes each place alike, and it has none of the best (`good_places`).
        False for targets that are no single channel.
    """

    score: NDArray[np.float32]
    least: NDArray[np.float32]
    by_chance: NDArray[np.bool_]


class Scorer:
    """Scores finished pictures of one layer's targets.

    The score is the target's value (see `target_readings`: for a channel, natural standard
    deviations above its natural mean, of the pre-activation, which nothing clips), averaged over
    random small jitters and scales of the finished picture, over grey where it is transparent.
    """

    def __init__(self, reading: Reading, views: int) -> None:
        """Take the network, how it is read, and the number of views."""
        self.reading, self._views = reading, views
        self._measure = adapter.compiled(self._value)
        self._grey: Any = None

    def score(
        self, images: NDArray[np.uint8], wanted: Asked, generators: list[np.random.Generator]
    ) -> Reached:
        """What (B, S, S, 3 or 4) pictures reach, each by its own generator."""
        count, side = images.shape[:2]
        views = draw([steady(side, side)] * count, generators, self._views)
        total, profile = np.zeros(count, np.float32), np.zeros_like(wanted.weights)
        for rows, columns in zip(views.rows, views.columns, strict=True):
            value, seen = self._measure(images, wanted, rows, columns)
            total, profile = total + np.asarray(value), profile + np.asarray(seen)
        score = total / np.float32(self._views)
        least = self._grey_value(side, wanted) + np.float32(MIN_RISE)
        if not isinstance(self.reading, ChannelReading):
            return Reached(score, least, np.zeros(count, bool))
        by_chance = ranks(profile, wanted.weights) > good_places(wanted.weights.shape[1])
        return Reached(score, np.minimum(least, np.float32(ALIVE)), by_chance)

    def _grey_value(self, side: int, wanted: Asked) -> NDArray[np.float32]:
        """What a plain grey picture reaches for each target, (B,)."""
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
        seen = self.reading.see(output, wanted, where)
        return seen.value, seen.profile


def good_places(channels: int) -> int:
    """How many places among the channels of a layer say that a picture is no accident."""
    return max(channels // CHANCE, min(LENIENT, channels // 4), 1)


def ranks(strengths: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.int64]:
    """The place of each target's own channel among all, 1 the strongest: twice (B, C) to (B,).

    For the opposite of a channel 1 is the weakest; for targets that are no single channel it is 0.
    """
    number = np.abs(weights).argmax(axis=1)[:, None]
    signed = strengths * np.sign(np.take_along_axis(weights, number, 1))
    place = 1 + np.count_nonzero(signed > np.take_along_axis(signed, number, 1), axis=1)
    return np.where(np.count_nonzero(weights, axis=1) == 1, place, 0)


def flags(images: NDArray[np.uint8], reached: Reached) -> NDArray[np.uint8]:
    """The `Flag` of each of (B, S, S, 3 or 4) pictures, (B,) uint8."""
    contrast = np.sqrt(np.mean((images[..., :3] / 255 - 0.5) ** 2, axis=(1, 2, 3)))
    found = np.where(reached.by_chance, Flag.CHANCE, Flag.NONE)
    found = np.where(contrast < MIN_CONTRAST, Flag.GREY, found)
    risen = reached.score >= reached.least  # false for what is not a number
    return np.where(risen, found, Flag.DEAD).astype(np.uint8)


def sampled(images: Any, rows: Any, columns: Any) -> Any:
    """(B, S, S, 3) images at (B, V) positions: linear between pixels, the edge's colour beyond."""
    side = images.shape[1]
    down, across = _weights(rows, side), _weights(columns, side)
    return ops.einsum("bhs,bstc,bwt->bhwc", down, images, across)


def _weights(positions: Any, side: int) -> Any:
    """How much each of `side` pixels counts at each position, (B, V, S)."""
    place = ops.clip(positions * side - 0.5, 0, side - 1)
    return ops.relu(1 - ops.abs(place[..., None] - np.arange(side, dtype=np.float32)))
