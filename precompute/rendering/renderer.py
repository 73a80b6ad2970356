"""Feature visualization: pictures of many units of one layer at once, by a recipe."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.ascent import Ascent
from diamond_cutter.precompute.rendering.backend import adapter
from diamond_cutter.precompute.rendering.backend.device import Precision
from diamond_cutter.precompute.rendering.backend.half_precision import in_precision
from diamond_cutter.precompute.rendering.recipes import Recipe, picture_side
from diamond_cutter.precompute.rendering.score import Scorer, flags
from diamond_cutter.precompute.rendering.target_readings import ChannelReading, asked, reading
from diamond_cutter.precompute.rendering.targets import Family, Hidden, Target
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Layer, Pictures

ops = keras.ops


class Renderer:
    """Renders units of one layer and one family; holds the traced graphs, made at the first call.

    The picture of a target depends on the seed, the backbone, the layer, the target's key and the
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

        layer: that targets are read at; None: the backbone's own classes, family LOGIT.
        batch: pictures at once, B.
        transparent: pictures have a fourth channel, opacity: clear where the target needs nothing.
        side: of the pictures, in pixels; None: as `recipes.picture_side` has it.
        hidden: of a head whose logits are rendered what comes before its last linear layer.
        precision, xla: of the ascent, see `device.Way`; the score is always float32.
        """
        self._batch, self._family = batch, family
        read = reading(backbone, layer, family, hidden)
        where = f"{backbone.name}/{layer.name if layer else 'classes'}"
        self._seed = (seed, crc32(where.encode()))
        network = in_precision(read.network, precision)
        self._ascents = [
            Ascent(
                read,
                network,
                each,
                side=side or picture_side(layer, family),
                transparent=transparent,
                grey=backbone.is_grey,
                seed=self._seed,
                xla=xla,
            )
            for each in recipe.chain
        ]
        self._scorer = Scorer(read, recipe.scored_views)
        self._output = adapter.compiled(lambda images: ops.mean(read.network(images), axis=(1, 2)))

    def render(self, targets: Sequence[Target], begun: NDArray[np.uint8] | None = None) -> Pictures:
        """Render at most `batch` targets; the pictures come in their order.

        Units of one name avoid each other's pictures (`targets.variations`).
        begun: (N, S, S, 3 or 4), the finished pictures of the same targets by the recipe's base, if
            they are there; if not they are made, and the result is the same.
        """
        count = len(targets)
        if not 0 < count <= self._batch:
            raise ValueError(f"expected 1 to {self._batch} targets, got {count}")
        strangers = [target.name for target in targets if target.family != self._family]
        if strangers:
            raise ValueError(f"expected units of the family {self._family.value!r}: {strangers[0]}")
        # A short batch is filled up with its own targets, so that one graph serves all.
        filled = [targets[number % count] for number in range(self._batch)]
        kinship = _kinship(targets, filled)
        *before, last = self._ascents
        images = None if begun is None else begun[np.arange(self._batch) % count]
        for ascent in before if begun is None else ():
            images = ascent.run(filled, self._generators(ascent, filled), kinship, images)
        generators = self._generators(last, filled)
        images = last.run(filled, generators, kinship, images)
        reached = self._scorer.score(images, asked(filled), generators)
        flag = flags(images, reached)
        return Pictures(images[:count], reached.score[:count], flag[:count])

    def excited(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What finished pictures (N, S, S, 3) excite, (N, C): the mean over places of z.

        Of the family CHANNEL; z: see `targets`.
        """
        read = self._scorer.reading
        if not isinstance(read, ChannelReading):
            raise TypeError(f"expected the family channel, got {self._family.value}")
        parts = []
        for start in range(0, len(images), self._batch):
            part = images[start : start + self._batch]
            filled = part[np.arange(self._batch) % len(part)]
            parts.append(np.asarray(self._output(filled.astype(np.float32) / 255))[: len(part)])
        return (np.concatenate(parts) - read.mean) / read.spread

    def _generators(self, ascent: Ascent, targets: list[Target]) -> list[np.random.Generator]:
        """Each ascent begins its own random numbers, whether or not others ran before it."""
        key = (*self._seed, ascent.recipe.level)
        return [np.random.default_rng([*key, *target.key]) for target in targets]


def _kinship(targets: Sequence[Target], filled: Sequence[Target]) -> NDArray[np.float32]:
    """(B, B): 1 / n for each of the n other pictures of the same target, 0 for all else."""
    names = [target.name if number < len(targets) else None for number, target in enumerate(filled)]
    kin = np.array([[a is not None and a == b for b in names] for a in names], np.float32)
    np.fill_diagonal(kin, 0)
    shared: NDArray[np.float32] = kin / np.maximum(kin.sum(axis=1, keepdims=True), 1)
    return shared
