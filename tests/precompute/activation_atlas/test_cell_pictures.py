"""Pictures of cells: what is shown of a deep layer, and which are no better than chance."""

from dataclasses import replace

import numpy as np
import pytest

from diamond_cutter.precompute.activation_atlas.cell_pictures import by_chance, cell_recipe
from diamond_cutter.precompute.rendering.recipes import RECIPES
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer


def test_a_picture_is_no_better_than_chance_where_many_others_would_do_as_well() -> None:
    toward = np.eye(100, dtype=np.float32)
    excited = np.eye(100, dtype=np.float32)
    assert not by_chance(excited, toward).any()
    excited[:, 7] = 0.5  # all others excite the direction of the eighth picture,
    excited[7, 7] = 0.1  # and its own picture less
    excited[20:27, 30] = 2  # seven of a hundred are neighbours that are much alike
    excited[40:48, 50] = 2  # eight are too many
    assert np.flatnonzero(by_chance(excited, toward)).tolist() == [7, 50]
    assert not by_chance(excited[:1], toward[:1]).any()


def test_pictures_that_take_no_heed_of_their_direction_are_no_better_than_chance() -> None:
    generator = np.random.default_rng(0)
    toward = generator.normal(size=(400, 64)).astype(np.float32)
    alike = generator.normal(size=(400, 64)).astype(np.float32)
    assert by_chance(alike, toward).mean() > 0.9
    assert not by_chance(alike + toward, toward).any()


@pytest.mark.parametrize(("stride", "view"), [(None, 64), (8, 64), (16, 64), (32, 96)])
def test_a_view_shows_three_places_a_side(stride: int | None, view: int) -> None:
    layer = Layer("block", 0, 4, stride, 40, is_cut=True)
    recipe = cell_recipe(layer)
    assert recipe.phases[0].view == view
    assert replace(recipe, phases=()) == replace(RECIPES["preview"], phases=())
