"""MaCo as a reference renderer, by its paper.

Fel, Boissin, Boutin, Picard, Novello, Colin, Linsley, Rousseau, Cadene, Goetschalckx, Gardes and
Serre, "Unlocking Feature Visualization for Deeper Networks with MAgnitude Constrained
Optimization" (NeurIPS 2023, https://arxiv.org/abs/2306.06805). The magnitude of the picture's
Fourier spectrum is held at that of natural photos, and its phase alone is optimized::

    image = sigmoid(D F^-1(r exp(i phi))),   phi optimized, r fixed

from random crops of the picture with noise, by Nadam with a rate of 1, 256 steps.

Two things differ from the paper. The magnitude r is amplitude / frequency, the law of natural
photos (Field 1987), and not the mean over ImageNet, which is not at hand. Pictures here are much
smaller than the paper's 1,280 pixels, so that a step sees one large crop of each instead of many
small ones.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.backend import adapter
from diamond_cutter.precompute.rendering.recipes import picture_side
from diamond_cutter.precompute.rendering.score import Scorer, flags, sampled
from diamond_cutter.precompute.rendering.spectrum import DECORRELATION
from diamond_cutter.precompute.rendering.target_readings import asked, reading
from diamond_cutter.precompute.rendering.targets import Family, Target
from diamond_cutter.precompute.rendering.views import Sampling, draw
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Layer, Pictures

ops = keras.ops

STEPS = 256
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
SCORED_VIEWS = 4
RATE = 1.0
CONTRAST = 1.0
"""Standard deviation of a plane before the sigmoid: about that of photos on the same scale."""
NOISE = 0.08
CROPS = (0.55, 0.95)
"""Least and largest side of a crop, as a share of the picture's."""


class MacoRenderer:
    """Renders units of one layer and family by phase alone."""

    def __init__(
        self,
        backbone: Backbone,
        layer: Layer | None,
        *,
        seed: int,
        family: Family = Family.CHANNEL,
        batch: int = CHUNK,
        side: int | None = None,
        steps: int = STEPS,
    ) -> None:
        """Truncate the network; side: of the pictures, as ours if None."""
        self._reading = reading(backbone, layer, family)
        self._scorer = Scorer(self._reading, SCORED_VIEWS)
        self._side = side or picture_side(layer, family)
        self._seed, self._steps = seed, steps
        self.batch = batch
        frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(self._side)] * 2, indexing="ij"))
        magnitude = 1 / np.maximum(frequency, 1 / self._side)
        magnitude[0, 0] = 0  # on average a picture is grey
        plane = CONTRAST * self._side**2 / np.sqrt((magnitude**2).sum())
        self._magnitude = (plane * magnitude).astype(np.float32)
        self._sampling = Sampling(
            side=self._side,
            canvas=self._side,
            magnification=(1 / CROPS[1], 1 / CROPS[0]),
            beyond=0,
        )
        self._step = adapter.compiled(self._ascend)
        self._develop = adapter.compiled(self._whole)

    def render(self, targets: Sequence[Target]) -> Pictures:
        """Render the targets, `batch` at a time; the pictures come in their order."""
        if any(target.place is not None for target in targets):
            raise UserError("maco: expected targets that are read all over; leave --at out")
        parts = [
            self._batch(targets[start : start + self.batch])
            for start in range(0, len(targets), self.batch)
        ]
        return Pictures(
            np.concatenate([part.images for part in parts]),
            np.concatenate([part.score for part in parts]),
            np.concatenate([part.flag for part in parts]),
        )

    def _batch(self, targets: Sequence[Target]) -> Pictures:
        filled = [targets[number % len(targets)] for number in range(self.batch)]
        wanted = asked(filled)
        generators = [np.random.default_rng([self._seed, *target.key]) for target in filled]
        shape = (3, self._side, self._side)
        phases = np.stack([generator.uniform(-np.pi, np.pi, shape) for generator in generators])
        value = ops.convert_to_tensor(phases.astype(np.float32))
        first, second = ops.zeros_like(value), ops.zeros_like(value)
        views = draw([self._sampling] * self.batch, generators, self._steps)
        for number, (rows, columns) in enumerate(zip(views.rows, views.columns, strict=True)):
            noise = np.stack([g.standard_normal((self._side, self._side, 3)) for g in generators])
            value, first, second = self._step(
                value,
                first,
                second,
                np.float32(number + 1),
                wanted,
                rows,
                columns,
                (NOISE * noise).astype(np.float32),
            )
        images = np.asarray(self._develop(value))
        reached = self._scorer.score(images, wanted, generators)
        count, flag = len(targets), flags(images, reached)
        return Pictures(images[:count], reached.score[:count], flag[:count])

    def _ascend(
        self,
        value: Any,
        first: Any,
        second: Any,
        number: Any,
        wanted: Any,
        rows: Any,
        columns: Any,
        noise: Any,
    ) -> tuple[Any, Any, Any]:
        """One step of Nadam (Dozat 2016) uphill."""

        def objective(phases: Any) -> Any:
            output = self._reading.network(sampled(self._image(phases), rows, columns) + noise)
            cells = ops.full(output.shape[:3], 1 / (output.shape[1] * output.shape[2]))
            return ops.sum(self._reading.see(output, wanted, cells).value)

        (gradient,) = adapter.gradient(objective, [value])
        first = BETA_1 * first + (1 - BETA_1) * gradient
        second = BETA_2 * second + (1 - BETA_2) * ops.square(gradient)
        ahead = BETA_1 * first / (1 - BETA_1 ** (number + 1))
        ahead = ahead + (1 - BETA_1) * gradient / (1 - BETA_1**number)
        rate = RATE * ops.sqrt(1 - BETA_2**number)
        return value + rate * ahead / (ops.sqrt(second) + EPSILON), first, second

    def _image(self, phases: Any) -> Any:
        spectrum = (self._magnitude * ops.cos(phases), self._magnitude * ops.sin(phases))
        planes, _ = ops.ifft2(spectrum)
        return ops.sigmoid(ops.einsum("bchw,dc->bhwd", planes, DECORRELATION))

    def _whole(self, phases: Any) -> Any:
        return ops.cast(ops.round(self._image(phases) * 255), "uint8")
