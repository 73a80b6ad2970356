"""What published atlases hold of a plan, copied into the atlas before the rest is rendered."""

from collections.abc import Callable, Sequence

import zarr

from diamond_cutter.precompute.atlas.atlas_plan import Plan
from diamond_cutter.precompute.rendering.recipes import RECIPES
from diamond_cutter.precompute.stores.atlas.atlas_writer import recipe_attributes
from diamond_cutter.precompute.stores.published.base_atlas import open_bases, take_from_bases
from diamond_cutter.precompute.stores.published.base_layer import Wish


def take_planned(
    plan: Plan, atlas: zarr.Group, bases: Sequence[str], tell: Callable[[str], None]
) -> None:
    """Copy what a prepared atlas lacks of a plan from bases, and tell what came of each.

    Raises `UserError` where the atlas cannot be written.
    """
    with plan.store_address.writing():
        found = open_bases(bases)
        take_from_bases(found, atlas, _wishes(plan))
    for line in (line for taken in found for line in taken.describe()):
        tell(line)


def _wishes(plan: Plan) -> list[Wish]:
    recipes = {name: recipe_attributes(recipe) for name, recipe in RECIPES.items()}
    return [
        Wish(
            model=model.name,
            weights_digest=plan.networks[model.name].weights_digest,
            channels={
                entry.layer.name: entry.channels
                for entry in plan.selections
                if entry.model.name == model.name
            },
            level=plan.recipes[-1].level,
            recipes=recipes,
            photos=plan.photos.named_digest,
            circuits=plan.circuits,
        )
        for model, _ in plan.models
    ]
