"""Natural units of layers without BatchNorm."""

import numpy as np
import pytest

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.sample_statistics import (
    Measured,
    sample_crops,
    sample_statistics,
)
from diamond_cutter.precompute.rendering.target_readings import (
    ChannelReading,
    reading,
    rival_weights,
)
from diamond_cutter.precompute.rendering.targets import Family
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model

pytestmark = pytest.mark.backend


def network_without_norm() -> Backbone:
    image = keras.Input((None, None, 3), name="image")
    convolution = keras.layers.Conv2D(3, 1, activation="relu", name="block1_conv")
    model = keras.Model(image, convolution(image))
    weights = np.diag([1.0, 20.0, 0.0]).reshape(1, 1, 3, 3)  # blue says nothing
    model.set_weights([weights, np.array([0.0, 5.0, 7.0])])
    info = Model("plain", "random", "Plain", 32, 12, 0.001, 1)
    return Backbone.of(model, info, ())


def test_statistics_are_those_of_the_crops() -> None:
    crops = sample_crops() / 255
    assert crops.shape == (32, 128, 128, 3)
    assert 0.2 < crops.mean() < 0.8
    assert crops.std() > 0.15
    np.testing.assert_array_equal(crops, sample_crops() / 255)
    image = keras.Input((None, None, 3))
    layers = [keras.layers.Rescaling(factor)(image) for factor in (3.0, 5.0)]
    [three] = sample_statistics(keras.Model(image, layers[0]))
    for factor, (mean, spread, between) in zip(
        (3, 3, 5), (three, *sample_statistics(keras.Model(image, layers))), strict=True
    ):
        np.testing.assert_allclose(mean, factor * crops.mean((0, 1, 2)), rtol=1e-4)
        np.testing.assert_allclose(spread, factor * crops.std((0, 1, 2)), rtol=1e-4)
        np.testing.assert_allclose(between, factor * crops.mean((1, 2)).std(0), rtol=1e-4)


def test_channels_of_a_network_without_norm_are_compared_in_their_own_units() -> None:
    backbone = network_without_norm()
    found = reading(backbone, backbone.layers[0], Family.CHANNEL)
    assert isinstance(found, ChannelReading)
    crops = sample_crops() / 255
    np.testing.assert_allclose(found.mean[1], 20 * crops[..., 1].mean() + 5, rtol=1e-4)
    np.testing.assert_allclose(found.spread[:2], crops[..., :2].std((0, 1, 2)) * [1, 20], rtol=1e-3)
    assert found.spread[2] > 0


def test_rivals_count_more_whose_means_differ_little_from_photo_to_photo() -> None:
    spread = np.array([1, 1, 4, 1, 1, 0, 1], np.float32)
    between = np.array([0.5, 0.125, 2, 0.5, 0.5, 0, 1e-9], np.float32)
    weights = rival_weights(Measured(np.zeros(7, np.float32), spread, between))
    # The last but one never changes; of the last no more is believed than three.
    np.testing.assert_allclose(weights, [1, 2, 1, 1, 1, 1, 3])
