"""Pictures of any targets, without an atlas."""

from collections.abc import Iterator, Sequence

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.rendering.backend.device import Load, Way, find_device, way
from diamond_cutter.precompute.rendering.recipes import Recipe, picture_side
from diamond_cutter.precompute.rendering.renderer_choice import OWN, make_renderer
from diamond_cutter.precompute.rendering.target_batches import batches, together
from diamond_cutter.precompute.rendering.targets import Target
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Layer, Pictures


def render(
    backbone: Backbone,
    layer: Layer | None,
    targets: Sequence[Target],
    recipe: Recipe,
    *,
    seed: int = 0,
    transparent: bool = False,
    renderer: str = OWN,
) -> Pictures:
    """The pictures of units of one layer and one family, in their order.

    layer: that the targets are read at; None for the backbone's own class logits.
    transparent: with opacity as a fourth channel, clear where the target needs nothing.
    renderer: one of `renderers.NAMES`; only ours looks at the recipe.
    The same arguments give the same bytes on the same machine. Raises `ValueError` for targets of
    several families, or none.
    """
    parts = parted(layer, targets, recipe, renderer)
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
    parts: Sequence[Sequence[Target]],
    recipe: Recipe,
    *,
    seed: int,
    size: int,
    transparent: bool,
    renderer: str,
) -> Iterator[Pictures]:
    """The pictures of each batch of at most `size` targets, as they are made: see `render`."""
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
    layer: Layer | None, targets: Sequence[Target], recipe: Recipe, renderer: str
) -> list[list[Target]]:
    """Units in batches as large as the device of this process takes well; see `batches`."""
    return batches(targets, targets_way(layer, targets, recipe).batch if renderer == OWN else CHUNK)


def targets_way(layer: Layer | None, targets: Sequence[Target], recipe: Recipe) -> Way:
    """The way in which this process renders units of one layer and one family."""
    if not targets:
        return Way()
    load = Load(len(targets), picture_side(layer, targets[0].family), recipe)
    return way(find_device(), 1, load)
