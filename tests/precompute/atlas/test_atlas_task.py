from dataclasses import replace

import fake_pictures
import pytest

from diamond_cutter.precompute.atlas.render_task import RenderTask
from diamond_cutter.precompute.rendering.recipes import RECIPES, canvas_side
from diamond_cutter.precompute.rendering.render_plan import RenderPlan
from diamond_cutter.precompute.stores.atlas.atlas_writer import Chunk

NETWORK = fake_pictures.load("net").network
HEAD = fake_pictures.LAYERS[-1]
PREVIEW, STANDARD = RECIPES["preview"], RECIPES["standard"]


def effort(receptive_field: int | None, recipe: str) -> float:
    layer = replace(HEAD, receptive_field=receptive_field)
    return RenderTask(
        NETWORK, layer, RECIPES[recipe], 0, Chunk(0, tuple(range(8))), RenderPlan()
    ).effort


@pytest.mark.parametrize("receptive_field", [None, 3])
def test_a_better_recipe_takes_longer_by_its_steps_and_by_pixels_of_a_view_in_the_picture(
    receptive_field: int | None,
) -> None:
    side = canvas_side(receptive_field)
    ratio = STANDARD.pixels(side) / PREVIEW.pixels(side)
    longer = effort(receptive_field, "standard") / effort(receptive_field, "preview")
    assert longer == pytest.approx(ratio)


def test_a_unit_is_known_by_its_layer_and_counted_in_pictures() -> None:
    task = RenderTask(NETWORK, HEAD, PREVIEW, 0, Chunk(8, (9, 11)), RenderPlan())
    assert (task.group, task.depth, task.size) == (("net", "head"), 3, 2)
    assert task.where == "net/head channels 9-11"
