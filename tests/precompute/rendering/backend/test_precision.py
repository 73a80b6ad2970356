"""Networks and pictures in half precision."""

import numpy as np
import pytest
from short import short

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import truncate
from diamond_cutter.precompute.backbones.graph.other_sizes import AlignedPadding2D
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.backend import adapter
from diamond_cutter.precompute.rendering.backend.half_precision import in_precision
from diamond_cutter.precompute.rendering.renderer import Renderer
from diamond_cutter.precompute.rendering.targets import channel

pytestmark = pytest.mark.backend

ops = keras.ops

LAYER = "block2b_add"


@pytest.fixture(scope="module")
def backbone(lite0: Backbone) -> Backbone:
    return lite0


def test_half_precision_gives_the_values_and_gradients_of_full(backbone: Backbone) -> None:
    full = truncate(backbone, LAYER)
    half = in_precision(full, "bfloat16")
    assert in_precision(full, "float32") is full
    images = np.random.default_rng(0).uniform(size=(2, 64, 64, 3)).astype(np.float32)

    def first(network: object) -> object:
        def value(pixels: object) -> object:
            return ops.mean(network(pixels)[..., 0])

        (slope,) = adapter.compiled(lambda pixels: adapter.gradient(value, [pixels]))(images)
        return np.asarray(slope).ravel()

    one, other = np.asarray(full(images)), np.asarray(half(images))
    assert other.dtype == np.float32
    assert 1e-4 < np.abs(one - other).mean() / one.std() < 0.03
    assert np.corrcoef(first(full), first(half))[0, 1] > 0.98


def test_preprocessing_stays_exact_and_all_else_is_lowered() -> None:
    layers = keras.layers
    inner = keras.Sequential(
        [keras.Input((None, None, 3)), AlignedPadding2D(3), layers.Conv2D(4, 3, 2, name="conv")]
    )
    image = keras.Input((None, None, 3))
    values = inner(layers.Rescaling(255.0, -127.0, name="scale")(image))
    whole = keras.Model(image, values * ops.relu6(values + 3.0))  # as MobileNetV3 has it
    half = in_precision(whole, "bfloat16")
    kinds = {layer.name: layer.compute_dtype for layer in half._flatten_layers()}
    assert (kinds["scale"], kinds["conv"]) == ("float32", "bfloat16")
    images = np.random.default_rng(0).uniform(size=(1, 15, 16, 3)).astype(np.float32)
    exact = np.asarray(whole(images))
    np.testing.assert_allclose(np.asarray(half(images)), exact, atol=0.05 * exact.std())


def test_pictures_in_half_precision_reach_the_score_of_full(backbone: Backbone) -> None:
    layer = backbone.layer(LAYER)
    targets = [channel(layer, index) for index in (3, 8, 13, 20)]
    full, half = (
        Renderer(
            backbone, layer, short(steps=12, view=48), seed=0, batch=4, precision=precision
        ).render(targets)
        for precision in ("float32", "bfloat16")
    )
    assert (full.score > 0.9).all()
    # After few steps one picture may be ahead and another behind.
    assert half.score.mean() > 0.9 * full.score.mean()
    assert half.images.dtype == np.uint8
