"""The gradient ascent of one recipe on pictures of many targets of one layer at once, by Adam."""

import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.backend import adapter
from diamond_cutter.precompute.rendering.canvas import Canvas
from diamond_cutter.precompute.rendering.recipes import Phase, Recipe, view_side
from diamond_cutter.precompute.rendering.target_readings import Asked, Reading, Seen, asked
from diamond_cutter.precompute.rendering.targets import Target
from diamond_cutter.precompute.rendering.views import (
    Sampling,
    cells,
    draw,
    roomy,
    steady,
    surrounded,
)

ops = keras.ops


BETA_1, BETA_2, EPSILON = 0.5, 0.999, 1e-8
"""With little momentum a picture rises faster: each step sees another view of it."""


class Moments(NamedTuple):
    """Sums of a gradient and of its square, each of its shape, that fade by the betas.

    The means of Kingma and Ba times 1 / (1 - beta): fewer passes over large arrays.
    """

    first: Any
    second: Any


def no_moments(value: Any) -> Moments:
    """The moments before the first step."""
    return Moments(ops.zeros_like(value), ops.zeros_like(value))


def ascend(
    value: Any, gradient: Any, moments: Moments, step: Any, rate: float
) -> tuple[Any, Moments]:
    """The value after one step uphill, and the new moments; `step` counts from 1, float32."""
    first = BETA_1 * moments.first + gradient
    second = BETA_2 * moments.second + ops.square(gradient)
    mean = (1 - BETA_1) / (1 - BETA_1**step)
    square = (1 - BETA_2) / (1 - BETA_2**step)
    scale = rate * mean / ops.sqrt(square)
    least = EPSILON**2 / (1 - BETA_2)
    return value + scale * first * ops.rsqrt(second + least), Moments(first, second)


ops = keras.ops

DIVERSITY = 0.5
"""The share of the objective that pictures of a target lose when they show the same besides it."""

_NOISE_SIDE = 256


class _State(NamedTuple):
    """What a step changes: (B, P, K, K) coefficients, (B,) log gains, and their moments."""

    coefficients: Any
    gains: Any
    coefficient_moments: Moments
    gain_moments: Moments


class _View(NamedTuple):
    """One step's view of each picture: see `views.Views`, and what lies behind and over it.

    corners: (B, 2) int32, of the piece of noise; backdrops: (B, 3), colours in 0..1.
    """

    rows: Any
    columns: Any
    corners: Any
    backdrops: Any


class Ascent:
    """The steps of one recipe; holds the traced graphs, made at the first call."""

    def __init__(
        self,
        reading: Reading,
        network: Any,
        recipe: Recipe,
        *,
        side: int,
        transparent: bool,
        grey: bool,
        seed: Sequence[int],
        xla: bool,
    ) -> None:
        """Nothing is traced yet.

        network: the reading's, in the precision to compute in.
        side: of the pictures, in pixels, S. grey: as `Canvas` has it.
        seed: of the noise that is added to views.
        xla: whether steps are compiled by it, where the framework leaves that open.
        """
        self.recipe, self._reading, self._network = recipe, reading, network
        frequencies = min(recipe.frequencies, side)
        self._canvas = Canvas(side, frequencies, transparent=transparent, grey=grey)
        self._samplings = [self._sampling(phase) for phase in recipe.phases]
        noise = np.random.default_rng(seed).standard_normal((_NOISE_SIDE**2, 3))
        self._noise = noise.astype(np.float32)
        self._steps = [
            adapter.compiled(partial(self._ascend, phase=phase), xla=xla) for phase in recipe.phases
        ]
        self._develop = adapter.compiled(self._canvas.whole)

    def run(
        self,
        targets: Sequence[Target],
        generators: list[np.random.Generator],
        kinship: NDArray[np.float32],
        begun: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.uint8]:
        """The pictures of B targets, (B, S, S, 3 or 4), each by its own generator.

        kinship: (B, B), 1 / n for each of the n other pictures of the same target, 0 for all else.
        begun: the pictures to go on from; None: from noise.
        """
        state = self._start(generators, begun)
        wanted, numbers = asked(targets), itertools.count(1)
        phases = zip(self.recipe.phases, self._samplings, self._steps, strict=True)
        for phase, sampling, step in phases:
            still = steady(sampling.side, sampling.canvas)  # for a target at one place
            samplings = [sampling if target.place is None else still for target in targets]
            views = draw(samplings, generators, phase.steps)
            room, shape = _NOISE_SIDE - sampling.side, (phase.steps, 2)
            corners = np.stack([g.integers(0, room, shape, np.int32) for g in generators], axis=1)
            backdrops = self._canvas.backdrops(generators, phase.steps)
            seen = zip(views.rows, views.columns, corners, backdrops, strict=True)
            for view in seen:
                state = step(state, wanted, kinship, np.float32(next(numbers)), _View(*view))
        return np.asarray(self._develop(state.coefficients, state.gains))

    def _start(
        self, generators: list[np.random.Generator], begun: NDArray[np.uint8] | None
    ) -> _State:
        start = self._canvas.start(generators) if begun is None else self._canvas.resumed(begun)
        coefficients = ops.convert_to_tensor(start)
        gains = ops.zeros(len(generators))
        return _State(coefficients, gains, no_moments(coefficients), no_moments(gains))

    def _sampling(self, phase: Phase) -> Sampling:
        side = self._canvas.side
        shown = roomy(self._reading.network, view_side(phase, side), side)
        return Sampling(shown, side, phase.magnification, phase.beyond)

    def _ascend(
        self, state: _State, wanted: Asked, kinship: Any, number: Any, view: _View, *, phase: Phase
    ) -> _State:
        """One step uphill, from what one view of each picture says."""

        def objective(coefficients: Any, gains: Any) -> Any:
            image = self._canvas.seen(coefficients, gains, view.rows, view.columns)
            image, share = self._canvas.in_front(image, view.backdrops)
            if phase.surrounded:
                image = surrounded(image, view.rows, view.columns)
            noise = phase.noise * self._noise_at(view.corners, image.shape[1])
            output = self._network(image + noise)
            where = cells(wanted.place, view.rows, view.columns, *output.shape[1:3])
            seen = self._reading.see(output, wanted, where)
            return ops.sum(seen.value * seen.purity * share * _apart(seen, wanted, kinship))

        value = [state.coefficients, state.gains]
        by_coefficient, by_gain = adapter.gradient(objective, value)
        rate, gain_rate = self.recipe.learning_rate, self.recipe.gain_rate
        coefficients, moments = ascend(
            state.coefficients, by_coefficient, state.coefficient_moments, number, rate
        )
        gains, gain_moments = ascend(state.gains, by_gain, state.gain_moments, number, gain_rate)
        return _State(coefficients, gains, moments, gain_moments)

    def _noise_at(self, corners: Any, side: int) -> Any:
        """A (B, side, side, 3) piece of the noise for each picture, from the (B, 2) corners."""
        down, across = (corners[:, axis, None] + np.arange(side, dtype=np.int32) for axis in (0, 1))
        return ops.take(self._noise, down[:, :, None] * _NOISE_SIDE + across[:, None, :], axis=0)


def _apart(seen: Seen, wanted: Asked, kinship: Any) -> Any:
    """What each picture keeps of its objective: less where its kin show the same, (B,).

    1 - DIVERSITY * mean relu(cosine), between the profiles without what belongs to the target.
    """
    weights = wanted.weights / (ops.sum(wanted.weights**2, axis=1, keepdims=True) + 1e-12) ** 0.5
    own = ops.sum(seen.profile * weights, axis=1, keepdims=True)
    rest = seen.profile - own * weights
    rest = rest / ops.sqrt(ops.sum(rest**2, axis=1, keepdims=True) + 1e-12)
    alike = ops.relu(ops.matmul(rest, ops.transpose(rest)))
    return 1 - DIVERSITY * ops.sum(alike * kinship, axis=1)
