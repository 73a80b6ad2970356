from dataclasses import replace
from pathlib import Path
from typing import Any

import fake_pictures
import numpy as np
import pytest

from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas.atlas_run import render_atlas
from diamond_cutter.precompute.atlas.render_task import RenderTask, store_pictures
from diamond_cutter.precompute.rendering.recipes import RECIPES, canvas_side
from diamond_cutter.precompute.rendering.render_plan import RenderPlan
from diamond_cutter.precompute.stores.atlas.atlas_layout import Pictures, open_atlas
from diamond_cutter.precompute.stores.atlas.atlas_writer import Chunk
from diamond_cutter.precompute.stores.store_address import array

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


def test_a_worker_that_is_late_writes_nothing_over_what_another_made(tmp_path: Path) -> None:
    address = str(tmp_path / "atlas.zarr")
    render_atlas(
        AtlasSettings(store=address, layers=("head",), channels="0-7", workers=1),
        load=fake_pictures.load,
        weigh=fake_pictures.weigh,
        render=fake_pictures.render,
        measure=fake_pictures.measure,
    )
    levels = array(open_atlas(address, mode="r+"), "efficientnet-lite0/head/level")
    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("head/*/c/**/0")}
    assert made
    levels[:8] = 0

    def render_late(*asked: Any) -> Pictures:
        levels[:8] = PREVIEW.level  # by another worker, meanwhile
        return fake_pictures.render_slowly(*asked)

    network = fake_pictures.load("efficientnet-lite0").network
    task = RenderTask(network, HEAD, PREVIEW, 0, Chunk(0, tuple(range(8))), RenderPlan())
    store_pictures(address, render_late, task)
    assert np.asarray(levels[:8]).tolist() == [PREVIEW.level] * 8
    later = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("head/*/c/**/0")}
    assert {path.parts[-3] for path in later if made[path] != later[path]} <= {"level"}
