"""What layers do on photos, held against NumPy on a network of matrix products."""

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.activation_measurement import measure_layers
from diamond_cutter.precompute.atlas.statistics_photos import choose_photos
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.sample_statistics import sample_crops
from diamond_cutter.precompute.rendering.target_readings import ChannelReading, asked, reading
from diamond_cutter.precompute.rendering.targets import Family, channel
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model

SIDE = 48
PHOTOS = choose_photos("", None, lambda *_: None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    """Three layers that look at one pixel: the first has its ReLU inside, only the last a norm."""
    layers = keras.layers
    image = keras.Input((None, None, 3), name="image")
    values = layers.Conv2D(4, 1, 2, activation="relu", name="one_conv")(image)
    values = layers.Conv2D(5, 1, activation="relu", name="two_conv")(values)
    values = layers.Conv2D(6, 1, use_bias=False, name="three_conv")(values)
    values = layers.BatchNormalization(epsilon=0, name="three_bn")(values)
    model = keras.Model(image, layers.ReLU(6, name="three_relu")(values))
    draw = np.random.default_rng(5)
    model.set_weights([draw.normal(0.2, 1, value.shape) for value in model.get_weights()])
    norm = model.get_layer("three_bn")
    norm.set_weights([np.abs(value) + 0.1 for value in norm.get_weights()])
    info = Model("plain", "random", "Plain", SIDE, None, None, None)
    return Backbone.of(model, info, ())


def by_hand(backbone: Backbone) -> list[NDArray[np.float64]]:
    """The pre-activations of the three layers on all photos, (32, 24, 24, C) each."""
    weights = [np.asarray(value, np.float64) for value in backbone.model.get_weights()]
    first, bias, second, other, third, gamma, beta, mean, variance = weights
    pixels = np.stack([prepare(crop, SIDE) for crop in sample_crops()])[:, ::2, ::2]
    one = pixels @ first[0, 0] + bias
    two = one.clip(0) @ second[0, 0] + other
    three = (two.clip(0) @ third[0, 0] - mean) / np.sqrt(variance) * gamma + beta
    return [one, two, three]


def test_several_layers_are_measured_as_numpy_does_it(backbone: Backbone) -> None:
    assert [layer.channels for layer in backbone.layers] == [4, 5, 6]
    measured = measure_layers(backbone, backbone.layers, SIDE, PHOTOS)
    for (natural, covariance, _), values in zip(measured, by_hand(backbone), strict=True):
        places = values.reshape(-1, values.shape[-1])
        scale = places.std()
        np.testing.assert_allclose(natural.mean, places.mean(0), atol=1e-5 * scale)
        np.testing.assert_allclose(natural.spread, places.std(0), rtol=1e-4)
        expected = np.cov(places.T, bias=True)
        np.testing.assert_allclose(covariance, expected, atol=1e-5 * np.abs(expected).max())
        assert natural.photos == 32
    gamma, beta = (np.asarray(value) for value in backbone.model.get_weights()[5:7])
    z = (by_hand(backbone)[2] - beta) / gamma
    scores = np.where(z > 0, z, 0.3 * z).mean((1, 2))
    np.testing.assert_allclose(measured[2][0].maximum, scores.max(0), rtol=1e-4)
    np.testing.assert_array_equal(measured[2][0].best, scores.argmax(0))


def test_the_maximum_is_the_value_that_scores_are_of(backbone: Backbone) -> None:
    measured = measure_layers(backbone, backbone.layers, SIDE, PHOTOS)
    pixels = np.stack([prepare(crop, SIDE) for crop in sample_crops()])
    cells = np.full((32, SIDE // 2, SIDE // 2), 4 / SIDE**2, np.float32)
    for layer, (natural, *_) in zip(backbone.layers, measured, strict=True):
        found = reading(backbone, layer, Family.CHANNEL)
        assert isinstance(found, ChannelReading)
        output = found.network(pixels)
        for number in range(layer.channels):
            wanted = asked([channel(layer, number)] * 32)
            value = np.asarray(found.see(output, wanted, cells).value)
            assert natural.maximum[number] == pytest.approx(value.max(), rel=1e-5)
            assert natural.best[number] == value.argmax()


def test_a_layer_has_the_same_bytes_whichever_others_are_measured_with_it(
    backbone: Backbone,
) -> None:
    together = measure_layers(backbone, backbone.layers, SIDE, PHOTOS)
    for layer, (natural, covariance, _) in zip(backbone.layers, together, strict=True):
        [(alone, other, _)] = measure_layers(backbone, [layer], SIDE, PHOTOS)
        for name in ("mean", "spread", "maximum", "best"):
            np.testing.assert_array_equal(getattr(natural, name), getattr(alone, name))
        np.testing.assert_array_equal(covariance, other)
