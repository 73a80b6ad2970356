"""The recipes are what the store and the command line take them for."""

import json
from dataclasses import asdict, replace

import pytest

from diamond_cutter.precompute.rendering.recipes import RECIPES, canvas_side, view_side
from diamond_cutter.precompute.stores.atlas.atlas_layout import Level


def test_each_recipe_reaches_the_level_of_its_name() -> None:
    assert {name: recipe.level for name, recipe in RECIPES.items()} == {
        "preview": Level.PREVIEW,
        "standard": Level.STANDARD,
    }
    for name, recipe in RECIPES.items():
        assert recipe.name == name
        assert json.loads(json.dumps(asdict(recipe)))["version"] == recipe.version


@pytest.mark.parametrize(
    ("receptive_field", "side"),
    [(1, 48), (12, 48), (13, 64), (24, 96), (25, 128), (900, 128), (None, 128)],
)
def test_canvas_holds_four_receptive_fields_where_it_can(
    receptive_field: int | None, side: int
) -> None:
    assert canvas_side(receptive_field) == side


@pytest.mark.parametrize(
    ("view", "side", "expected"),
    [(64, 48, 48), (64, 128, 64), (64, 160, 96), (96, 160, 128), (128, 160, 160)],
)
def test_views_of_larger_pictures_are_larger_by_whole_strides(
    view: int, side: int, expected: int
) -> None:
    phase = replace(RECIPES["preview"].phases[0], view=view)
    assert view_side(phase, side) == expected


def test_the_pixels_of_a_recipe_are_those_of_all_views_of_all_phases() -> None:
    phase = RECIPES["preview"].phases[0]
    phases = (replace(phase, steps=5, view=64), replace(phase, steps=3, view=128))
    recipe = replace(RECIPES["preview"], phases=phases)
    assert recipe.pixels(128) == 5 * 64**2 + 3 * 128**2
    assert recipe.pixels(96) == 5 * 64**2 + 3 * 96**2
    longer = replace(recipe, phases=(replace(phase, steps=2, view=96),), base=recipe)
    assert longer.pixels(128) == recipe.pixels(128) + 2 * 96**2
    assert longer.ascent == (*phases, *longer.phases)


def test_standard_goes_on_from_preview() -> None:
    assert RECIPES["standard"].chain == (RECIPES["preview"], RECIPES["standard"])
