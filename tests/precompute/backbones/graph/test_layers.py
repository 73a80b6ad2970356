from collections.abc import Callable

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.keras_graph import read_graph
from diamond_cutter.precompute.backbones.graph.layers_and_cuts import find_layers
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
