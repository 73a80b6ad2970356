"""Pictures of any units, without an atlas."""

from collections.abc import Iterator, Sequence

from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.contract.atlas import CHUNK, Layer
from diamond_cutter.precompute.rendering.batches import batches, together
from diamond_cutter.precompute.rendering.device import Load, Way, find_device, way
from diamond_cutter.precompute.rendering.pictures import Pictures
from diamond_cutter.precompute.rendering.recipes import Recipe, picture_side
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
    parts = parted(layer, units, recipe, renderer)
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
        pictures=sum(map(len, parts)),
    )
    for part in parts:
        yield maker.render(part)


def parted(
    layer: Layer | None, units: Sequence[Unit], recipe: Recipe, renderer: str
) -> list[list[Unit]]:
    """Units in batches as large as the device of this process takes well; see `batches`."""
    return batches(units, units_way(layer, units, recipe).batch if renderer == OWN else CHUNK)


def units_way(layer: Layer | None, units: Sequence[Unit], recipe: Recipe) -> Way:
    """The way in which this process renders units of one layer and one family."""
    if not units:
        return Way()
    load = Load(len(units), picture_side(layer, units[0].family), recipe)
    return way(find_device(), 1, load)
