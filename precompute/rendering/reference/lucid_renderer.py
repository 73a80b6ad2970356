"""Lucid as a reference renderer: its own `render_vis`, with all that it has by default.

Olah, Mordvintsev and Schubert, "Feature Visualization" (Distill, 2017). The objective is the mean
of the target's activation over places, Adam takes 512 steps of .05, the picture is a Fourier
spectrum with decorrelated colours, and each step pads, jitters, scales and turns it. Lucid is given
the same network as ours, so it too reads pre-activations: that spares it targets that are silent or
saturated.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import tf
from diamond_cutter.precompute.rendering.recipes import picture_side
from diamond_cutter.precompute.rendering.reference.lucid_compatibility import import_lucid, v1
from diamond_cutter.precompute.rendering.reference.lucid_model import lucid_model
from diamond_cutter.precompute.rendering.score import Scorer, flags
from diamond_cutter.precompute.rendering.target_readings import asked, reading
from diamond_cutter.precompute.rendering.targets import Family, Target
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Pictures

STEPS = 512
SCORED_VIEWS = 4


class LucidRenderer:
    """Renders units of one layer and family with Lucid, each alone as Lucid does, or batched."""

    def __init__(
        self,
        backbone: Backbone,
        layer: Layer | None,
        *,
        seed: int,
        family: Family = Family.CHANNEL,
        batch: int = 1,
        side: int | None = None,
        steps: int = STEPS,
    ) -> None:
        """Freeze the network for Lucid. Raises `UserError` where Lucid is not installed.

        side: of the pictures, as ours if None; batch: pictures in one call of `render_vis`.
        """
        if family == Family.ENERGY:
            raise UserError("lucid: expected channels, directions or classes; leave --everything")
        self._optvis = import_lucid("lucid.optvis.render")
        self._param = import_lucid("lucid.optvis.param")
        self._transform = import_lucid("lucid.optvis.transform")
        self._objective = import_lucid("lucid.optvis.objectives").Objective
        self._reading = reading(backbone, layer, family)
        self._scorer = Scorer(self._reading, SCORED_VIEWS)
        self._side = side or picture_side(layer, family)
        self._seed, self._steps = seed, steps
        self.batch = batch
        self._model, self._output = lucid_model(self._reading.network, self._side)

    def render(self, targets: Sequence[Target]) -> Pictures:
        """Render the targets, `batch` at a time; the pictures come in their order."""
        images = []
        for start in range(0, len(targets), self.batch):
            images.extend(self._vis(targets[start : start + self.batch]))
        finished = np.round(np.stack(images) * 255).astype(np.uint8)
        generators = [np.random.default_rng([self._seed, *target.key]) for target in targets]
        reached = self._scorer.score(finished, asked(targets), generators)
        return Pictures(finished, reached.score, flags(finished, reached))

    def _vis(self, targets: Sequence[Target]) -> Any:
        if any(target.place is not None for target in targets):
            raise UserError("lucid: expected targets that are read all over; leave --at out")
        weights = asked(targets).weights
        seed = int(np.random.default_rng([self._seed, *targets[0].key]).integers(2**31))

        def objective(tensors: Any) -> Any:
            output = tensors(self._output)
            # The network answers for each picture; a target counts in its own alone.
            return tf.reduce_sum(tf.reduce_mean(output, (1, 2)) * weights)

        def picture() -> Any:
            v1.set_random_seed(seed)  # of the graph that `render_vis` has just begun
            np.random.seed(seed)  # where Lucid takes its first spectrum from
            return self._param.image(self._side, batch=len(targets))

        others = np.random.get_state()
        (images,) = self._optvis.render_vis(
            self._model,
            self._objective(objective),
            picture,
            transforms=self._transform.standard_transforms,
            thresholds=(self._steps,),
            verbose=False,
        )
        np.random.set_state(others)
        return np.clip(images, 0, 1)
