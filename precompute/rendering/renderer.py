"""Feature visualization: gradient ascent on the pictures of many units of one layer at once."""

import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.contract.atlas import CHUNK, Layer
from diamond_cutter.precompute.rendering import adam, adapter
from diamond_cutter.precompute.rendering.canvas import Canvas
from diamond_cutter.precompute.rendering.device import Precision
from diamond_cutter.precompute.rendering.pictures import Pictures
from diamond_cutter.precompute.rendering.places import cells
from diamond_cutter.precompute.rendering.precision import in_precision
from diamond_cutter.precompute.rendering.readings import Asked, Seen, asked, reading
from diamond_cutter.precompute.rendering.recipes import (
    Phase,
    Recipe,
    picture_side,
    view_side,
)
from diamond_cutter.precompute.rendering.room import roomy
from diamond_cutter.precompute.rendering.score import Scorer, flags
from diamond_cutter.precompute.rendering.units import Family, Hidden, Unit
from diamond_cutter.precompute.rendering.views import Sampling, draw, steady, surrounded
from diamond_cutter.precompute.runtime import keras

ops = keras.ops

DIVERSITY = 0.5
"""The share of the objective that pictures of one unit lose when they show the same besides it."""

_NOISE_SIDE = 256


class _State(NamedTuple):
    """What a step changes: (B, P, K, K) coefficients, (B,) log gains, and their moments."""

    coefficients: Any
    gains: Any
    coefficient_moments: adam.Moments
    gain_moments: adam.Moments


class _View(NamedTuple):
    """One step's view of each picture: see `views.Views`, and what lies behind and over it.

    corners: (B, 2) int32, of the piece of noise; backdrops: (B, 3), colours in 0..1.
    """

    rows: Any
    columns: Any
    corners: Any
    backdrops: Any


class Renderer:
    """Renders units of one layer and one family; holds the traced graphs, made at the first call.

    The picture of a unit depends on the seed, the backbone, the layer, the unit's key and the
    recipe; to the last bit also on its place in the batch and on the batch's size.
    """

    def __init__(
        self,
        backbone: Backbone,
        layer: Layer | None,
        recipe: Recipe,
        *,
        seed: int,
        family: Family = Family.CHANNEL,
        batch: int = CHUNK,
        transparent: bool = False,
        side: int | None = None,
        hidden: Hidden | None = None,
        precision: Precision = "float32",
        xla: bool = False,
    ) -> None:
        """Truncate the backbone; nothing is rendered yet.

        layer: that units are read at; None: the backbone's own classes, family LOGIT.
        batch: pictures at once, B.
        transparent: pictures have a fourth channel, opacity: clear where the unit needs nothing.
        side: of the pictures, in pixels; None: as `recipes.picture_side` has it.
        hidden: of a head whose logits are rendered what comes before its last linear layer.
        precision, xla: of the ascent, see `device.Way`; the score is always float32.
        """
        self._recipe, self._batch = recipe, batch
        self._reading = reading(backbone, layer, family, hidden)
        self._network = in_precision(self._reading.network, precision)
        side = side or picture_side(layer, family)
        self._canvas = Canvas(side, min(recipe.frequencies, side), transparent=transparent)
        self._scorer = Scorer(self._reading, recipe.scored_views)
        self._family = family
        where = f"{backbone.name}/{layer.name if layer else 'classes'}"
        self._key = (seed, crc32(where.encode()))
        noise = np.random.default_rng(self._key).standard_normal((_NOISE_SIDE, _NOISE_SIDE, 3))
        self._noise = noise.astype(np.float32)
        self._steps = [
            adapter.compiled(partial(self._ascend, phase=phase), xla=xla) for phase in recipe.phases
        ]
        self._develop = adapter.compiled(self._canvas.whole)

    def render(self, units: Sequence[Unit]) -> Pictures:
        """Render at most `batch` units; the pictures come in their order.

        Units of one name avoid each other's pictures (`units.variations`).
        """
        count = len(units)
        if not 0 < count <= self._batch:
            raise ValueError(f"expected 1 to {self._batch} units, got {count}")
        strangers = [unit.name for unit in units if unit.family != self._family]
        if strangers:
            raise ValueError(f"expected units of the family {self._family.value!r}: {strangers[0]}")
        # A short batch is filled up with its own units, so that one graph serves all.
        filled = [units[number % count] for number in range(self._batch)]
        generators = [np.random.default_rng([*self._key, *unit.key]) for unit in filled]
        state = self._optimize(self._start(generators), filled, generators, _kinship(units, filled))
        images = np.asarray(self._develop(state.coefficients, state.gains))
        reached = self._scorer.score(images, asked(filled), generators)
        flag = flags(images, reached)
        return Pictures(images[:count], reached.score[:count], flag[:count])

    def _start(self, generators: list[np.random.Generator]) -> _State:
        coefficients = ops.convert_to_tensor(self._canvas.start(generators))
        gains = ops.zeros(len(generators))
        return _State(coefficients, gains, adam.start(coefficients), adam.start(gains))

    def _optimize(
        self,
        state: _State,
        units: list[Unit],
        generators: list[np.random.Generator],
        kinship: NDArray[np.float32],
    ) -> _State:
        wanted, numbers = asked(units), itertools.count(1)
        for phase, step in zip(self._recipe.phases, self._steps, strict=True):
            sampling = self._sampling(phase)
            still = steady(sampling.side, sampling.canvas)  # for a unit at one place
            samplings = [sampling if unit.place is None else still for unit in units]
            views = draw(samplings, generators, phase.steps)
            room, shape = _NOISE_SIDE - sampling.side, (phase.steps, 2)
            corners = np.stack([g.integers(0, room, shape, np.int32) for g in generators], axis=1)
            backdrops = self._canvas.backdrops(generators, phase.steps)
            seen = zip(views.rows, views.columns, corners, backdrops, strict=True)
            for view in seen:
                state = step(state, wanted, kinship, np.float32(next(numbers)), _View(*view))
        return state

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
        rate, gain_rate = self._recipe.learning_rate, self._recipe.gain_rate
        coefficients, moments = adam.ascend(
            state.coefficients, by_coefficient, state.coefficient_moments, number, rate
        )
        gains, gain_moments = adam.ascend(
            state.gains, by_gain, state.gain_moments, number, gain_rate
        )
        return _State(coefficients, gains, moments, gain_moments)

    def _noise_at(self, corners: Any, side: int) -> Any:
        """A (B, side, side, 3) piece of the noise for each picture, from the (B, 2) corners."""
        noise = ops.convert_to_tensor(self._noise)
        pieces = [
            ops.slice(noise, (corners[i, 0], corners[i, 1], 0), (side, side, 3))
            for i in range(self._batch)
        ]
        return ops.stack(pieces)


def _kinship(units: Sequence[Unit], filled: Sequence[Unit]) -> NDArray[np.float32]:
    """(B, B): 1 / n for each of the n other pictures of the same unit, 0 for all else."""
    names = [unit.name if number < len(units) else None for number, unit in enumerate(filled)]
    kin = np.array([[a is not None and a == b for b in names] for a in names], np.float32)
    np.fill_diagonal(kin, 0)
    shared: NDArray[np.float32] = kin / np.maximum(kin.sum(axis=1, keepdims=True), 1)
    return shared


def _apart(seen: Seen, wanted: Asked, kinship: Any) -> Any:
    """What each picture keeps of its objective: less where its kin show the same, (B,).

    1 - DIVERSITY * mean relu(cosine), between the profiles without what belongs to the unit.
    """
    weights = wanted.weights / (ops.sum(wanted.weights**2, axis=1, keepdims=True) + 1e-12) ** 0.5
    own = ops.sum(seen.profile * weights, axis=1, keepdims=True)
    rest = seen.profile - own * weights
    rest = rest / ops.sqrt(ops.sum(rest**2, axis=1, keepdims=True) + 1e-12)
    alike = ops.relu(ops.matmul(rest, ops.transpose(rest)))
    return 1 - DIVERSITY * ops.sum(alike * kinship, axis=1)
