"""Views are as large as a layer needs that does not pad, and as recipes have them otherwise."""

from typing import Any

import numpy as np
import pytest
from short import short

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.renderer import Renderer
from diamond_cutter.precompute.rendering.targets import channel
from diamond_cutter.precompute.rendering.views import roomy
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model

pytestmark = pytest.mark.backend


def network(halvings: int, padding: str = "valid", more: int = 0) -> Any:
    """Convolutions of 3 pixels that halve the side, and more that do not."""
    value = image = keras.Input((None, None, 3), name="image")
    for number in range(halvings + more):
        strides = 2 if number < halvings else 1
        name = f"block{number}_conv"
        value = keras.layers.Conv2D(4, 3, strides=strides, padding=padding, name=name)(value)
    return keras.Model(image, value)


@pytest.mark.parametrize("view", [48, 64, 96, 128, 160])
@pytest.mark.parametrize("halvings", [0, 1, 4, 5])
def test_a_layer_that_pads_is_shown_what_the_recipe_says(halvings: int, view: int) -> None:
    assert roomy(network(halvings, "same", more=3), view, 160) == view


@pytest.mark.parametrize(
    ("halvings", "more", "view", "side"),
    [
        (2, 0, 64, 64),  # 15 places for 16
        (3, 0, 32, 64),  # 3 for 4, then 7
        (4, 0, 64, 96),  # 3 for 4, then 5
        (4, 2, 64, 128),  # -1 for 4, then 1 and 3
        (5, 0, 64, 96),  # 1 for 2, then 2
        (5, 0, 96, 128),  # 2 for 3, then 3
        (5, 1, 32, 128),  # none for 1 before
    ],
)
def test_without_padding_a_view_has_as_many_places_or_enough(
    halvings: int, more: int, view: int, side: int
) -> None:
    assert roomy(network(halvings, more=more), view, 128) == side


def test_a_layer_without_a_place_in_a_picture_is_told() -> None:
    with pytest.raises(UserError, match="expected a layer with a place in a picture of 128 pixels"):
        roomy(network(6, more=1), 64, 128)


def test_what_is_pooled_is_shown_what_the_recipe_says() -> None:
    deep = network(3)
    pooled = keras.layers.GlobalAveragePooling2D(keepdims=True)(deep.output)
    assert roomy(keras.Model(deep.input, pooled), 64, 160) == 64


def test_pictures_of_a_layer_that_needs_large_views() -> None:
    keras.utils.set_random_seed(0)
    info = Model("narrow", "random", "Narrow", 256, None, None, None)
    backbone = Backbone.of(network(5, more=1), info, ())
    layer = backbone.layer("block5_conv")
    made = Renderer(backbone, layer, short(steps=2), seed=0, batch=2)
    pictures = made.render([channel(layer, 0), channel(layer, 1)])
    assert np.isfinite(pictures.score).all()
