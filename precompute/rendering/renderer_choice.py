"""The renderers by name: ours, and those to compare it with, behind one interface."""

from collections.abc import Sequence
from typing import Protocol

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.rendering.accelerated_renderer import Accelerated
from diamond_cutter.precompute.rendering.backend.device import Load, Way, find_device, way
from diamond_cutter.precompute.rendering.recipes import Recipe, picture_side
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
    batch: int,
    transparent: bool = False,
    side: int | None = None,
    pictures: int | None = None,
) -> PictureMaker:
    """The renderer of that name; the recipe and transparency are ours alone.

    batch: pictures at once; side: of the pictures, in pixels; None: as ours has it.
    pictures: how many it is going to be asked for, if that is more than a batch.
    Raises `UserError` for what a renderer can't do or is not there for.
    """
    if name == OWN:
        load = Load(pictures or batch, side or picture_side(layer, family), recipe, batch)

        def make(way: Way) -> Renderer:
            return Renderer(
                backbone,
                layer,
                recipe,
                seed=seed,
                family=family,
                batch=way.batch,
                transparent=transparent,
                side=side,
                precision=way.precision,
                xla=way.xla,
            )

        return Accelerated(make, way(find_device(), 1, load))
    if transparent:
        raise UserError(f"{name}: expected opaque pictures; leave --transparent out")
    if name == "maco":
        from diamond_cutter.precompute.rendering.reference.maco_renderer import MacoRenderer

        return MacoRenderer(backbone, layer, seed=seed, family=family, batch=batch, side=side)
    if name == "lucid":
        from diamond_cutter.precompute.rendering.reference.lucid_renderer import LucidRenderer

        return LucidRenderer(backbone, layer, seed=seed, family=family, batch=batch, side=side)
    raise UserError(f"renderer: expected one of {', '.join(NAMES)}, got {name!r}; mend the value")
