from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold, truncate
from diamond_cutter.precompute.backbones.graph.keras_graph import read_graph
from diamond_cutter.precompute.backbones.graph.layers_and_cuts import find_layers
from diamond_cutter.precompute.backbones.keras_runtime import keras


def layers_of(model: Any, kind: type) -> int:
    return sum(isinstance(layer, kind) for layer in model.layers)


def unfolded(backbone: Backbone, name: str, image: NDArray[np.float32]) -> NDArray[Any]:
    output = backbone.model.get_layer(name).output
    return np.asarray(keras.Model(backbone.model.input, output)(image[None]))


def assert_equal_but_for_rounding(one: NDArray[Any], other: NDArray[Any]) -> None:
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5 * np.abs(other).max())


def test_every_cut_folds_exactly(lite0: Backbone, coffee: NDArray[np.float32]) -> None:
    image = coffee[:111, :97]
    for layer in lite0.layers:
        if layer.is_cut:
            before = layer.name.replace("_activation", "_bn")
            folded = truncate(lite0, layer.name)
            assert_equal_but_for_rounding(
                np.asarray(folded(image[None])), unfolded(lite0, before, image)
            )
            assert layers_of(folded, keras.layers.BatchNormalization) == 0


@pytest.mark.parametrize("name", ["efficientnet-lite1", "efficientnet-lite2"])
def test_siblings_fold_exactly(
    name: str, coffee: NDArray[np.float32], load: Callable[[str], Backbone]
) -> None:
    backbone = load(name)
    folded = np.asarray(truncate(backbone, "top_activation")(coffee[None]))
    assert_equal_but_for_rounding(folded, unfolded(backbone, "top_bn", coffee))


def test_activation_is_kept_where_it_is_asked_for(
    lite0: Backbone, coffee: NDArray[np.float32]
) -> None:
    name = "block3b_activation"
    before = np.asarray(truncate(lite0, name)(coffee[None]))
    after = np.asarray(truncate(lite0, name, pre_activation=False)(coffee[None]))
    assert before.min() < 0
    np.testing.assert_allclose(after, before.clip(0, 6), atol=1e-5)
    assert_equal_but_for_rounding(after, unfolded(lite0, name, coffee))


def test_several_layers_come_out_of_one_network(
    lite0: Backbone, coffee: NDArray[np.float32]
) -> None:
    names = ["stem_activation", "block2b_add", "block3b_activation"]
    together = fold(lite0, names)
    assert layers_of(together, keras.layers.BatchNormalization) == 0
    assert sum(layer.name == "stem_conv" for layer in together.layers) == 1
    for name, made in zip(names, together(coffee[None]), strict=True):
        alone = truncate(lite0, name, pre_activation=False)
        np.testing.assert_array_equal(np.asarray(made), np.asarray(alone(coffee[None])))


def test_several_pre_activations_come_out_of_one_network(
    lite0: Backbone, coffee: NDArray[np.float32]
) -> None:
    names = ["stem_activation", "block2b_add", "block3b_activation"]
    together = fold(lite0, names, pre_activation=True)(coffee[None])
    for name, made in zip(names, together, strict=True):
        alone = truncate(lite0, name)(coffee[None])
        np.testing.assert_array_equal(np.asarray(made), np.asarray(alone))


def test_layers_behind_a_pre_activation_read_the_activation(
    odd: Backbone, coffee: NDArray[np.float32]
) -> None:
    """Both convolutions have their ReLU inside, and the second reads the first."""
    pixels = keras.Input((None, None, 3), name="input")
    value = keras.layers.Conv2D(4, 3, activation="relu", name="a_conv")(pixels)
    last = keras.layers.Conv2D(5, 1, activation="relu", name="b_conv")(value)
    model = keras.Model(pixels, last)
    chance = np.random.default_rng(3)
    model.set_weights([chance.normal(0, 1, weight.shape) for weight in model.get_weights()])
    backbone = replace(odd, name="plain", model=model, layers=find_layers(read_graph(model)))
    first, second = fold(backbone, ["a_conv", "b_conv"], pre_activation=True)(coffee[None])
    assert np.asarray(first).min() < -0.1
    np.testing.assert_allclose(
        np.asarray(first).clip(0), unfolded(backbone, "a_conv", coffee), atol=1e-5
    )
    np.testing.assert_array_equal(
        np.asarray(second), np.asarray(truncate(backbone, "b_conv")(coffee[None]))
    )


def test_a_network_may_use_the_name_that_keras_gives_next(odd: Backbone) -> None:
    """As networks read from files do, whose layers were named in another process."""
    last = keras.layers.Activation("relu").name.removeprefix("activation")
    first = int(last.removeprefix("_") or 0) + 1
    pixels = keras.Input((None, None, 3), name="input")
    value = keras.layers.Conv2D(4, 3, activation="relu", name="a_conv")(pixels)
    value = keras.layers.Conv2D(5, 1, name="b_conv")(value)
    for number in range(first, first + 9):
        value = keras.layers.Activation("tanh", name=f"activation_{number}")(value)
    model = keras.Model(pixels, keras.layers.Conv2D(6, 1, name="c_conv")(value))
    backbone = replace(odd, name="plain", model=model, layers=find_layers(read_graph(model)))
    assert len(fold(backbone, ["a_conv", "c_conv"], pre_activation=True).outputs) == 2


def test_only_what_is_needed_is_there(lite0: Backbone) -> None:
    names = [layer.name for layer in truncate(lite0, "block2a_project_bn").layers]
    assert names == [
        "input",
        "preprocessing",
        "stem_conv",
        "stem_activation",
        "block1a_dwconv",
        "block1a_activation",
        "block1a_project_conv",
        "block2a_expand_conv",
        "block2a_expand_activation",
        "block2a_dwconv",
        "block2a_activation",
        "block2a_project_conv",
    ]


def test_backbone_is_left_as_it_was(lite0: Backbone) -> None:
    weights = [value.copy() for value in lite0.model.get_weights()]
    model = truncate(lite0, "block1a_project_bn")
    for layer in model.layers:
        layer.set_weights([np.zeros_like(value) for value in layer.get_weights()])
    for before, after in zip(weights, lite0.model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_unknown_layer_is_told(lite0: Backbone) -> None:
    with pytest.raises(UserError, match="no layer 'stem_bn'"):
        truncate(lite0, "stem_bn")


@pytest.fixture
def odd(lite0: Backbone) -> Backbone:
    """A network with what Lite has not: biases, separable convolutions, norms that stand alone."""
    keras.utils.set_random_seed(0)
    pixels = keras.Input((None, None, 3), name="input")
    value = keras.layers.SeparableConv2D(6, 3, name="a_conv")(pixels)
    value = keras.layers.BatchNormalization(scale=False, name="a_bn")(value)
    two = keras.layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", name="b_conv")(value)
    two = keras.layers.BatchNormalization(center=False, name="b_bn")(two)
    one = keras.layers.Conv2D(12, 1, activation="relu", name="c_conv")(value)
    one = keras.layers.BatchNormalization(name="c_bn")(one)
    both = keras.layers.Concatenate(name="d_concat")([one, two])
    both = keras.layers.BatchNormalization(name="d_bn")(both)
    last = keras.layers.Conv2D(5, 1, activation="relu", name="e_conv")(both)
    model = keras.Model(pixels, last, name="odd")
    chance = np.random.default_rng(0)
    model.set_weights([chance.uniform(0.5, 1.5, value.shape) for value in model.get_weights()])
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel - 1, bias - 1])
    return replace(lite0, name="odd", model=model, layers=find_layers(read_graph(model)))


@pytest.mark.parametrize(("name", "norms"), [("a_bn", 0), ("b_bn", 0), ("d_bn", 2)])
def test_what_cannot_be_folded_is_kept(
    name: str, norms: int, odd: Backbone, coffee: NDArray[np.float32]
) -> None:
    folded = truncate(odd, name)
    assert layers_of(folded, keras.layers.BatchNormalization) == norms
    assert_equal_but_for_rounding(np.asarray(folded(coffee[None])), unfolded(odd, name, coffee))


def test_nonlinearity_inside_a_convolution_is_taken_off(
    odd: Backbone, coffee: NDArray[np.float32]
) -> None:
    before = np.asarray(truncate(odd, "e_conv")(coffee[None]))
    after = unfolded(odd, "e_conv", coffee)
    assert before.min() < -1
    np.testing.assert_allclose(before.clip(0), after, rtol=1e-4, atol=1e-4)


def test_nonlinearities_inside_a_recurrent_layer_stay_there(lite0: Backbone) -> None:
    keras.utils.set_random_seed(0)
    pixels = keras.Input((24, 24, 3), name="pixels")
    one = keras.ops.expand_dims(pixels, 1)
    value = keras.layers.ConvLSTM2D(4, 3, padding="same", name="last")(one)
    model = keras.Model(pixels, value, name="recurrent")
    layers = find_layers(read_graph(model))
    backbone = replace(lite0, name="recurrent", model=model, layers=layers, input_size=24)
    image = np.random.default_rng(0).random((24, 24, 3), np.float32)
    got = np.asarray(truncate(backbone, "last")(image[None]))
    assert_equal_but_for_rounding(got, np.asarray(model(image[None])))
