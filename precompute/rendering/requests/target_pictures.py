"""Pictures of any targets, without an atlas."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.rendering.backend.device import find_device
from diamond_cutter.precompute.rendering.recipes import Recipe, picture_side
from diamond_cutter.precompute.rendering.render_plan import Load, RenderPlan, plan_render
from diamond_cutter.precompute.rendering.renderer_choice import OWN, make_renderer
from diamond_cutter.precompute.rendering.targets import Target, batches, together
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Pictures


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
    plan, parts = plan_units(layer, targets, recipe, renderer)
    return together(
        render_batches(
            backbone,
            layer,
            parts,
            recipe,
            fitted(plan, parts),
            seed=seed,
            transparent=transparent,
            renderer=renderer,
        )
    )


def render_batches(
    backbone: Backbone,
    layer: Layer | None,
    parts: Sequence[Sequence[Target]],
    recipe: Recipe,
    plan: RenderPlan,
    *,
    seed: int,
    transparent: bool,
    renderer: str,
) -> Iterator[Pictures]:
    """The pictures of each batch, as planned by `plan_units`, as they are made: see `render`."""
    if not parts:
        return
    maker = make_renderer(
        renderer,
        backbone,
        layer,
        recipe,
        seed=seed,
        family=parts[0][0].family,
        plan=plan,
        transparent=transparent,
    )
    for part in parts:
        yield maker.render(part)


def plan_units(
    layer: Layer | None, targets: Sequence[Target], recipe: Recipe, renderer: str
) -> tuple[RenderPlan, list[list[Target]]]:
    """How this process renders units of one layer and one family, and the batches of them.

    Others than ours take a chunk at once. Raises `ValueError` for no targets.
    """
    plan = RenderPlan()
    if renderer == OWN and targets:
        load = Load(len(targets), picture_side(layer, targets[0].family), recipe)
        plan = plan_render(find_device(), 1, load)
    return plan, batches(targets, plan.batch)


def fitted(plan: RenderPlan, parts: Sequence[Sequence[Target]]) -> RenderPlan:
    """The plan with a batch as large as the largest of all parts, so that none is filled up."""
    return replace(plan, batch=max(map(len, parts)))
