"""The recipes are what the store and the command line take them for."""

import json
from dataclasses import asdict

import pytest

from diamond_cutter.precompute.contract.atlas import Level
from diamond_cutter.precompute.rendering.recipes import RECIPES, canvas_side, view_side


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
    ("recipe", "side", "view"),
    [("preview", 48, 48), ("preview", 128, 64), ("preview", 160, 96), ("standard", 160, 128)],
)
def test_views_of_larger_pictures_are_larger_by_whole_strides(
    recipe: str, side: int, view: int
) -> None:
    assert view_side(RECIPES[recipe], side) == view
