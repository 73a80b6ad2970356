"""Which layers of an atlas are compared with each other, and how alike their channels are.

Each layer is compared with itself, with the cuts before and behind it, and in each other model with
the `NEAREST` cuts at its relative depth: of n models with L layers each that is 3 n^2 L pairs of
layers, not (n L)^2.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.photo_likeness import FEWEST, Likeness, find_likeness
from diamond_cutter.build.publish.generator_digest import digest
from diamond_cutter.build.rendered_atlas import ModelAtlas, RenderedLayer
from diamond_cutter.build.stored_layer import damaged, reading
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    NAME,
    PhotoValues,
    normalised,
    read_photo_values,
)

NEAREST = 3
"""Cuts of each other model that a layer is compared with."""

_HELD = 32
"""Layers whose values are held in memory at a time: 5 MB of 1,280 channels and 1,000 photos."""


@dataclass(frozen=True, eq=False)
class ComparedLayers:
    """The layers that a layer is compared with, all measured on the same photos.

    photos: how many; fewer than `FEWEST` tell nothing, and `others` is empty.
    others: in the same model the cut before and the one behind, where there are any; then in each
        other model those at about its depth, the nearest first.
    unlike: the other models, by name, of which nothing was measured on these photos.
    """

    layer: RenderedLayer
    photos: int
    others: tuple[RenderedLayer, ...]
    unlike: tuple[str, ...]

    def of_model(self, model: str) -> tuple[RenderedLayer, ...]:
        """Those of the others that are of a model."""
        return tuple(other for other in self.others if other.model == model)

    @property
    def models(self) -> tuple[str, ...]:
        """The other models that have any, by name."""
        return tuple(dict.fromkeys(other.model for other in self.others if other.model != self.own))

    @property
    def own(self) -> str:
        """The layer's own model."""
        return self.layer.model


@dataclass(frozen=True, eq=False)
class LayerLikeness:
    """How alike a layer's channels are: with each other, and with those of others, by their path.

    within is None, and `others` empty, where the photos are too few.
    """

    compared: ComparedLayers
    within: Likeness | None
    others: dict[str, Likeness]

    @property
    def chance(self) -> float:
        """What chance gives at most, wherever likeness is looked for; see `Likeness`."""
        found = list(self.others.values()) + ([] if self.within is None else [self.within])
        return max((each.chance for each in found), default=0.0)


class LikenessSearch:
    """Compares the layers of an atlas; what of it is read is held for a while."""

    def __init__(self, models: Sequence[ModelAtlas]) -> None:
        """`models`: all of the atlas."""
        self._models = models
        self._digests: dict[str, str] = {}
        self._values = lru_cache(maxsize=_HELD)(_read_normalised)

    def layers(self, model: ModelAtlas, layer: RenderedLayer) -> ComparedLayers | None:
        """What a layer is compared with; None where its photos were not named, or not kept."""
        if layer.measured is None:
            return None
        _, photos = layer.measured
        if photos < FEWEST:
            return ComparedLayers(layer, photos, (), ())
        others = _beside(self._alike(model, layer), layer)
        unlike = []
        for other in self._models:
            if other is not model and other.rendered:
                found = _nearest(model, layer, other, self._alike(other, layer))
                others += found
                unlike += [] if found else [other.model.name]
        return ComparedLayers(layer, photos, tuple(others), tuple(unlike))

    def contents(self, compared: ComparedLayers | None) -> Iterator[tuple[str, bytes]]:
        """All that the likeness of a layer is made of, by name, to be told from what was before."""
        if compared is None:
            return
        yield "photos", repr((compared.photos, compared.unlike)).encode()
        for layer in (compared.layer, *compared.others):
            if layer.path not in self._digests:
                self._digests[layer.path] = digest([("values", _read(layer).value.tobytes())])
            facts = (layer.layer, layer.side, self._digests[layer.path])
            yield f"likeness {layer.path}", repr(facts).encode()
            yield "shown", layer.level.tobytes() + layer.flag.tobytes()

    def find(self, compared: ComparedLayers | None) -> LayerLikeness | None:
        """How alike the channels are; None where nothing is compared."""
        if compared is None:
            return None
        if compared.photos < FEWEST:
            return LayerLikeness(compared, None, {})
        ours = self._values(compared.layer)
        within = find_likeness(ours, ours, is_itself=True)
        others = {each.path: find_likeness(ours, self._values(each)) for each in compared.others}
        return LayerLikeness(compared, within, others)

    def _alike(self, model: ModelAtlas, layer: RenderedLayer) -> list[RenderedLayer]:
        """A model's cuts that were measured on a layer's photos; its layers where it has no cut."""
        found = [other for other in model.rendered if other.measured == layer.measured]
        return [other for other in found if other.layer.is_cut] or found


def _beside(cuts: list[RenderedLayer], layer: RenderedLayer) -> list[RenderedLayer]:
    """The last of a model's cuts before a layer, and the first behind it."""
    before = [cut for cut in cuts if cut.layer.index < layer.layer.index]
    behind = [cut for cut in cuts if cut.layer.index > layer.layer.index]
    return before[-1:] + behind[:1]


def _nearest(
    model: ModelAtlas, layer: RenderedLayer, other: ModelAtlas, cuts: list[RenderedLayer]
) -> list[RenderedLayer]:
    """Those of the cuts of another model that are nearest in relative depth, the nearest first."""
    depth = _depth(model, layer)
    return sorted(cuts, key=lambda cut: abs(_depth(other, cut) - depth))[:NEAREST]


def _depth(model: ModelAtlas, layer: RenderedLayer) -> float:
    """Where a layer lies along its model's, from 0 to 1."""
    return layer.layer.index / max(1, model.layers[-1].index)


def _read(layer: RenderedLayer) -> PhotoValues:
    where = f"{layer.model}/{layer.layer.name}/{NAME}"
    with reading(where, "what each photo excites"):
        found = read_photo_values(layer.stored.group)
    if found is None or not np.isfinite(found.value).all():
        raise damaged(where, "finite values of each photo", "others")
    return found


def _read_normalised(layer: RenderedLayer) -> NDArray[np.float32]:
    return normalised(_read(layer).value)
