"""Pictures of any units, without an atlas."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np

from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.contract.atlas import CHUNK, Layer
from diamond_cutter.precompute.rendering.pictures import Pictures
from diamond_cutter.precompute.rendering.recipes import Recipe
from diamond_cutter.precompute.rendering.renderers import OWN, make_renderer
from diamond_cutter.precompute.rendering.units import Unit


def render(
    backbone: Backbone,
    layer: Layer | None,
    units: Sequence[Unit],
    recipe: Recipe,
    *,
    seed: int = 0,
    transparent: bool = False,
    renderer: str = OWN,
) -> Pictures:
    """The pictures of units of one layer and one family, in their order.

    layer: that the units are read at; None for the backbone's own class logits.
    transparent: with opacity as a fourth channel, clear where the unit needs nothing.
    renderer: one of `renderers.NAMES`; only ours looks at the recipe.
    The same arguments give the same bytes on the same machine. Raises `ValueError` for units of
    several families, or none.
    """
    parts = batches(units)
    size = max(map(len, parts))
    return together(
        render_batches(
            backbone,
            layer,
            parts,
            recipe,
            seed=seed,
            size=size,
            transparent=transparent,
            renderer=renderer,
        )
    )


def render_batches(
    backbone: Backbone,
    layer: Layer | None,
    parts: Sequence[Sequence[Unit]],
    recipe: Recipe,
    *,
    seed: int,
    size: int,
    transparent: bool,
    renderer: str,
) -> Iterator[Pictures]:
    """The pictures of each batch of at most `size` units, as they are made: see `render`."""
    if not parts:
        return
    maker = make_renderer(
        renderer,
        backbone,
        layer,
        recipe,
        seed=seed,
        family=parts[0][0].family,
        batch=size,
        transparent=transparent,
    )
    for part in parts:
        yield maker.render(part)


def together(made: Iterable[Pictures]) -> Pictures:
    """Pictures of several batches as one."""
    parts = list(made)
    return Pictures(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.flag for part in parts]),
    )


def batches(units: Sequence[Unit]) -> list[list[Unit]]:
    """Units in batches of about `CHUNK`; those of one name that follow each other stay together."""
    if not units:
        raise ValueError("expected at least one unit, got none")
    made: list[list[Unit]] = []
    for _, kin in groupby(units, key=lambda unit: unit.name):
        family = list(kin)
        if made and len(made[-1]) + len(family) <= CHUNK:
            made[-1].extend(family)
        else:
            made.append(family)
    return made
