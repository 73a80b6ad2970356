"""The renderers by name: ours, and those to compare it with, behind one interface."""

from collections.abc import Sequence
from typing import Protocol

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.rendering.accelerated_renderer import Accelerated
from diamond_cutter.precompute.rendering.recipes import Recipe
from diamond_cutter.precompute.rendering.render_plan import RenderPlan
from diamond_cutter.precompute.rendering.renderer import Renderer
from diamond_cutter.precompute.rendering.targets import Family, Target
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Pictures

OWN = "diamond"
NAMES = (OWN, "lucid", "maco")


class PictureMaker(Protocol):
    """Makes pictures of units of one layer and family."""

    def render(self, targets: Sequence[Target]) -> Pictures:
        """The pictures of targets, in their order."""


def make_renderer(
    name: str,
    backbone: Backbone,
    layer: Layer | None,
    recipe: Recipe,
    *,
    seed: int,
    family: Family,
    plan: RenderPlan,
    transparent: bool = False,
    side: int | None = None,
) -> PictureMaker:
    """The renderer of that name; the recipe and transparency are ours alone.

    plan: of it others than ours look at the batch alone.
    side: of the pictures, in pixels; None: as ours has it.
    Raises `UserError` for what a renderer can't do or is not there for.
    """
    if name == OWN:

        def make(plan: RenderPlan) -> Renderer:
            return Renderer(
                backbone,
                layer,
                recipe,
                seed=seed,
                family=family,
                batch=plan.batch,
                transparent=transparent,
                side=side,
                precision=plan.precision,
                xla=plan.xla,
            )

        return Accelerated(make, plan)
    if transparent:
        raise UserError(f"{name}: expected opaque pictures; leave --transparent out")
    if name == "maco":
        from diamond_cutter.precompute.rendering.reference.maco_renderer import MacoRenderer

        return MacoRenderer(backbone, layer, seed=seed, family=family, batch=plan.batch, side=side)
    if name == "lucid":
        from diamond_cutter.precompute.rendering.reference.lucid_renderer import LucidRenderer

        return LucidRenderer(backbone, layer, seed=seed, family=family, batch=plan.batch, side=side)
    raise UserError(f"renderer: expected one of {', '.join(NAMES)}, got {name!r}; mend the value")
