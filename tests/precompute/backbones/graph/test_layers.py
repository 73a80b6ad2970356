from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.keras_graph import read_graph
from diamond_cutter.precompute.backbones.graph.layers_and_cuts import find_layers
from diamond_cutter.precompute.backbones.graph.network_copy import rebuild
from diamond_cutter.precompute.backbones.graph.network_graph import bottlenecks
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer


def test_lite0_cuts_are_its_blocks(lite0: Backbone) -> None:
    cuts = [(layer.name, layer.channels, layer.stride) for layer in lite0.layers if layer.is_cut]
    assert cuts == [
        ("stem_activation", 32, 2),
        ("block1a_project_bn", 16, 2),
        ("block2a_project_bn", 24, 4),
        ("block2b_add", 24, 4),
        ("block3a_project_bn", 40, 8),
        ("block3b_add", 40, 8),
        ("block4a_project_bn", 80, 16),
        ("block4b_add", 80, 16),
        ("block4c_add", 80, 16),
        ("block5a_project_bn", 112, 16),
        ("block5b_add", 112, 16),
        ("block5c_add", 112, 16),
        ("block6a_project_bn", 192, 32),
        ("block6b_add", 192, 32),
        ("block6c_add", 192, 32),
        ("block6d_add", 192, 32),
        ("block7a_project_bn", 320, 32),
        ("top_activation", 1280, 32),
    ]


def test_lite0_layers_end_its_units(lite0: Backbone) -> None:
    names = [layer.name for layer in lite0.layers]
    assert [layer.index for layer in lite0.layers] == list(range(58))
    assert names[:3] == ["stem_activation", "block1a_activation", "block1a_project_bn"]
    assert [name for name in names if name.startswith("block2b")] == [
        "block2b_expand_activation",
        "block2b_activation",
        "block2b_project_bn",
        "block2b_add",
    ]
    assert names[-1] == "top_activation"


@pytest.mark.parametrize("number", [1, 2])
def test_deeper_siblings_have_more_cuts(number: int, load: Callable[[str], Backbone]) -> None:
    backbone = load(f"efficientnet-lite{number}")
    cuts = [layer.name for layer in backbone.layers if layer.is_cut]
    assert len(cuts) == 23
    assert [name[5:7] for name in cuts[1:-1]] == [
        f"{stage}{repeat}"
        for stage, depth in enumerate((1, 3, 3, 4, 4, 5, 1), 1)
        for repeat in "abcde"[:depth]
    ]


def test_unknown_layer_is_told(lite0: Backbone) -> None:
    assert lite0.layer("block2b_add").channels == 24
    told = "no layer 'block2c_add': .*'stem_activation'.*`diamond layers efficientnet-lite0`"
    with pytest.raises(UserError, match=told):
        lite0.layer("block2c_add")


def test_no_cut_beside_a_shortcut_or_a_branch() -> None:
    pixels = keras.Input((None, None, 3), name="input")
    stem = keras.layers.Conv2D(4, 3, name="stem_conv")(pixels)
    inner = keras.layers.Conv2D(4, 1, name="one_conv")(stem)
    one = keras.layers.Add(name="one_add")([stem, inner])
    left = keras.layers.Conv2D(2, 1, activation="relu", name="left_conv")(one)
    right = keras.layers.AveragePooling2D(1, name="right_pool")(one)
    two = keras.layers.Concatenate(name="two_concat")([left, right])
    padded = keras.layers.ZeroPadding2D(name="three_pad")(two)
    three = keras.layers.Conv2D(5, 3, strides=2, use_bias=False, name="three_conv")(padded)
    three = keras.layers.BatchNormalization(name="three_bn")(three)
    three = keras.layers.ReLU(name="three_relu")(three)
    pooled = keras.layers.GlobalMaxPooling2D(name="pool")(three)
    model = keras.Model(pixels, pooled)

    assert list(bottlenecks(read_graph(model))) == [
        "input", "stem_conv", "one_add", "two_concat",
        "three_pad", "three_conv", "three_bn", "three_relu", "pool",
    ]  # fmt: skip
    assert find_layers(read_graph(model)) == [
        Layer("stem_conv", 0, 4, 1, 3, is_cut=True),
        Layer("one_conv", 1, 4, 1, 3, is_cut=False),
        Layer("one_add", 2, 4, 1, 3, is_cut=True),
        Layer("left_conv", 3, 2, 1, 3, is_cut=False),
        Layer("right_pool", 4, 4, 1, 3, is_cut=False),
        Layer("two_concat", 5, 6, 1, 3, is_cut=True),
        Layer("three_relu", 6, 5, 2, 5, is_cut=True),
    ]


def test_names_tell_blocks() -> None:
    pixels = keras.Input((None, None, 3), name="input")
    value = pixels
    for name in ("conv_dw_1", "conv_pw_1", "one", "two", "block_2_a", "block_2_b"):
        value = keras.layers.Conv2D(2, 1, name=name)(value)
    layers = find_layers(read_graph(keras.Model(pixels, value)))
    cuts = [layer.name for layer in layers if layer.is_cut]
    assert cuts == ["conv_pw_1", "one", "two", "block_2_b"]


def described(model: Any, size: int = 64) -> list[tuple[str, int, int | None, int | None]]:
    return [
        (layer.name, layer.channels, layer.stride, layer.receptive_field)
        for layer in find_layers(read_graph(model), size)
    ]


def behind(first: Any, between: Any, sides: tuple[int | None, int | None] = (64, 64)) -> Any:
    """Two convolutions in steps of 2: what is before and between must not hide the second."""
    pixels = keras.Input((*sides, 3))
    value = keras.layers.Conv2D(8, 3, strides=2, padding="same", name="one")(first(pixels))
    value = keras.layers.Conv2D(4, 3, strides=2, padding="same", name="two")(between(value))
    return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(value))


def same(value: Any) -> Any:
    return value


@pytest.mark.parametrize("sides", [(64, 64), (64, 48), (None, None)])
@pytest.mark.parametrize(
    "first",
    [
        lambda x: keras.layers.RandomHue(0.2)(x),
        lambda x: keras.layers.RandAugment()(x),
        lambda x: keras.layers.RandomGrayscale()(x),
        lambda x: keras.layers.MixUp()(x),
        lambda x: keras.layers.AlphaDropout(0.1)(x),
        lambda x: keras.ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]),
        lambda x: keras.layers.UnitNormalization()(x),
    ],
)
def test_what_only_prepares_is_no_layer_and_hides_none(first: Any, sides: Any) -> None:
    assert described(behind(first, same, sides)) == [("one", 8, 2, 3), ("two", 4, 4, 7)]


def test_layers_behind_what_no_rule_tells_are_listed() -> None:
    resized = behind(lambda x: keras.layers.Resizing(32, 32)(x), same)
    assert described(resized) == [("one", 8, 4, 6), ("two", 4, 8, 14)]
    normed = behind(same, lambda x: keras.layers.GroupNormalization(2, name="norm")(x))
    assert described(normed) == [("norm", 8, 2, None), ("two", 4, 4, None)]
    clipped = behind(same, lambda x: keras.ops.clip(x, -1, 1))
    assert [layer[1:] for layer in described(clipped)] == [(8, 2, 3), (4, 4, 7)]
    larger = behind(same, lambda x: keras.layers.UpSampling2D(name="larger")(x))
    assert described(larger) == [("one", 8, 2, 3), ("larger", 8, 1, 3), ("two", 4, 2, 5)]
    uneven = behind(same, lambda x: keras.layers.Conv2D(8, 1, (2, 1), name="uneven")(x))
    assert described(uneven) == [("one", 8, 2, 3), ("uneven", 8, 4, 3), ("two", 4, 8, 11)]


def test_each_tensor_of_a_split_is_a_layer_and_the_graph_reads_the_same_again() -> None:
    def between(value: Any) -> Any:
        first, second = keras.ops.split(value, 2, axis=-1)
        first = keras.layers.Conv2D(6, 3, padding="same", name="left")(first)
        return keras.layers.Concatenate(name="joined")([first, second])

    model = behind(same, between)
    found = described(model)
    assert found == [
        ("one", 8, 2, 3),
        ("split_0", 4, 2, 3),
        ("split_1", 4, 2, 3),
        ("left", 6, 2, 7),
        ("joined", 10, 2, 7),
        ("two", 4, 4, 11),
    ]
    graph = read_graph(model)
    source, values = rebuild(graph, [next(reversed(graph.nodes))], set())
    copy = keras.Model(source, list(values.values())[-1])
    assert described(copy) == found
    pixels = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)
    np.testing.assert_allclose(copy(pixels), model(pixels), atol=1e-6)
    parts = ["split_0", "split_1"]
    source, values = rebuild(graph, parts, set(parts))
    got = keras.Model(source, [values[name] for name in parts])(pixels)
    one = keras.Model(model.input, model.get_layer("one").output)(pixels)
    np.testing.assert_allclose(np.concatenate(got, axis=-1), one, atol=1e-6)


def test_a_network_called_twice_is_two_branches() -> None:
    given = keras.Input((None, None, 3))
    shared = keras.Model(given, keras.layers.Conv2D(2, 3, padding="same", name="shared")(given))
    pixels = keras.Input((64, 64, 3))
    blurred = keras.layers.AveragePooling2D(3, 1, padding="same")(pixels)
    both = keras.layers.Concatenate(name="both")([shared(pixels), shared(blurred)])
    model = keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(both))
    assert described(model) == [
        ("shared", 2, 1, 3),
        ("shared_1", 2, 1, 5),
        ("both", 4, 1, 5),
    ]
    graph = read_graph(model)
    value = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)
    [got] = graph.compute({next(iter(graph.nodes)): value}, [next(reversed(graph.nodes))])
    np.testing.assert_allclose(got, model(value), atol=1e-6)


def test_a_yes_or_no_at_each_place_is_no_layer_and_hides_none() -> None:
    pixels = keras.Input((64, 64, 3))
    value = keras.layers.Conv2D(4, 3, strides=2, padding="same", name="first")(pixels)
    value = keras.ops.where(value > 0.5, value, 0.1 * value)
    model = keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(value))
    assert described(model) == [("first", 4, 2, 3), ("multiply", 4, 2, 3), ("where", 4, 2, 3)]
