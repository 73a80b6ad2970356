"""Feature visualization: gradient ascent on the pictures of many channels of one layer at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.backbones.folding import truncate
from diamond_cutter.precompute.backbones.natural_statistics import natural_statistics
from diamond_cutter.precompute.contract.atlas import CHUNK, Layer
from diamond_cutter.precompute.rendering import adam, adapter
from diamond_cutter.precompute.rendering.objective import own, purity, strengths
from diamond_cutter.precompute.rendering.pictures import Pictures
from diamond_cutter.precompute.rendering.recipes import Recipe, canvas_side
from diamond_cutter.precompute.rendering.score import Scorer, flags
from diamond_cutter.precompute.rendering.spectrum import amplitudes, synthesise
from diamond_cutter.precompute.rendering.views import Sampling, draw, pixel_centres, turned
from diamond_cutter.precompute.runtime import keras

ops = keras.ops

START_DEVIATION = 0.01
"""Standard deviation of the first coefficients: to the eye the first picture is grey."""

_NOISE_SIDE = 256


class _State(NamedTuple):
    """What a step changes: (B, 3, K, K) coefficients, (B,) log gains, and their moments."""

    coefficients: Any
    gains: Any
    coefficient_moments: adam.Moments
    gain_moments: adam.Moments


class Renderer:
    """Renders channels of one layer; holds the traced graphs, which the first call makes.

    The picture of a channel depends on the seed, the backbone, the layer, the channel and the
    recipe; to the last bit also on its place in the batch and on the batch's size.
    """

    def __init__(
        self, backbone: Backbone, layer: Layer, recipe: Recipe, *, seed: int, batch: int = CHUNK
    ) -> None:
        """Truncate the backbone at the layer's pre-activation; nothing is rendered yet."""
        self._recipe, self._batch = recipe, batch
        self._side = canvas_side(layer.receptive_field)
        self._frequencies = min(recipe.frequencies, self._side)
        self._amplitudes = amplitudes(self._frequencies)
        self._network = truncate(backbone, layer.name)
        self._mean, self._spread = _natural_units(backbone, layer)
        self._scorer = Scorer(self._network, self._mean, self._spread)
        self._grey_score = self._scorer.grey_score(self._side)
        self._key = (seed, crc32(f"{backbone.name}/{layer.name}".encode()))
        noise = np.random.default_rng(self._key).standard_normal((_NOISE_SIDE, _NOISE_SIDE, 3))
        self._noise = (recipe.noise * noise).astype(np.float32)
        self._sampling = Sampling(
            side=min(recipe.view, self._side),
            canvas=self._side,
            magnification=recipe.magnification,
            beyond=recipe.beyond,
            turn=recipe.turn,
        )
        self._step = adapter.compiled(self._ascend)
        self._develop = adapter.compiled(self._whole)

    def render(self, channels: Sequence[int]) -> Pictures:
        """Render at most `batch` channels; the pictures come in their order."""
        count = len(channels)
        if not 0 < count <= self._batch:
            raise ValueError(f"expected 1 to {self._batch} channels, got {count}")
        # A short batch is filled up with its own channels, so that one graph serves all.
        units = np.resize(np.array(channels, np.int32), self._batch)
        generators = [np.random.default_rng([*self._key, int(unit)]) for unit in units]
        state = self._optimize(self._start(generators), units, generators)
        images = np.asarray(self._develop(state.coefficients, state.gains))
        score = self._scorer.score(images, units, generators)
        flag = flags(images, score, self._grey_score[units])
        return Pictures(images[:count], score[:count], flag[:count])

    def _start(self, generators: list[np.random.Generator]) -> _State:
        shape = (3, self._frequencies, self._frequencies)
        drawn = [generator.normal(0, START_DEVIATION, shape) for generator in generators]
        coefficients = ops.convert_to_tensor(np.stack(drawn).astype(np.float32))
        gains = ops.zeros(len(generators))
        return _State(coefficients, gains, adam.start(coefficients), adam.start(gains))

    def _optimize(
        self, state: _State, channels: NDArray[np.int32], generators: list[np.random.Generator]
    ) -> _State:
        steps = self._recipe.steps
        views = draw(self._sampling, generators, steps)
        room = _NOISE_SIDE - self._sampling.side
        corners = np.stack([g.integers(0, room, (steps, 2), np.int32) for g in generators], axis=1)
        seen = zip(views.rows, views.columns, views.angles, corners, strict=True)
        for number, view in enumerate(seen, start=1):
            state = self._step(state, channels, np.float32(number), *view)
        return state

    def _ascend(
        self,
        state: _State,
        channels: Any,
        number: Any,
        rows: Any,
        columns: Any,
        angles: Any,
        corners: Any,
    ) -> _State:
        """One step uphill, from what one view of each picture says."""

        def objective(coefficients: Any, gains: Any) -> Any:
            view = synthesise(self._spectrum(coefficients, gains), rows, columns)
            if self._sampling.turn:
                view = turned(view, angles)
            activation = self._network(view + self._noise_at(corners))
            values = strengths(activation, self._mean, self._spread)
            return ops.sum(own(values, channels) * purity(values, channels))

        value = [state.coefficients, state.gains]
        by_coefficient, by_gain = adapter.gradient(objective, value)
        rate, gain_rate = self._recipe.learning_rate, self._recipe.gain_rate
        coefficients, moments = adam.ascend(
            state.coefficients, by_coefficient, state.coefficient_moments, number, rate
        )
        gains, gain_moments = adam.ascend(
            state.gains, by_gain, state.gain_moments, number, gain_rate
        )
        return _State(coefficients, gains, moments, gain_moments)

    def _spectrum(self, coefficients: Any, gains: Any) -> Any:
        return coefficients * self._amplitudes * ops.exp(gains)[:, None, None, None]

    def _noise_at(self, corners: Any) -> Any:
        """A (B, V, V, 3) piece of the noise for each picture, from the (B, 2) corners."""
        side, noise = self._sampling.side, ops.convert_to_tensor(self._noise)
        pieces = [
            ops.slice(noise, (corners[i, 0], corners[i, 1], 0), (side, side, 3))
            for i in range(self._batch)
        ]
        return ops.stack(pieces)

    def _whole(self, coefficients: Any, gains: Any) -> Any:
        """The whole pictures, (B, S, S, 3) uint8."""
        centres = np.tile(pixel_centres(self._side), (self._batch, 1))
        images = synthesise(self._spectrum(coefficients, gains), centres, centres)
        return ops.cast(ops.round(images * 255), "uint8")


def _natural_units(
    backbone: Backbone, layer: Layer
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Natural mean and spread of a layer's channels; 0 and 1 where the network does not tell."""
    known = natural_statistics(backbone, layer.name)
    if known is None:
        return np.zeros(layer.channels, np.float32), np.ones(layer.channels, np.float32)
    mean, spread = known
    # A channel that BatchNorm all but switched off must not be divided by next to nothing.
    return mean, np.maximum(spread, 1e-3 * np.median(spread))
