from collections.abc import Callable

import pytest

from diamond_cutter.precompute.backbones.graph import network_cost
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import truncate
from diamond_cutter.precompute.backbones.graph.keras_graph import read_graph
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model


@pytest.mark.parametrize(
    ("number", "millions", "gigaproducts"), [(0, 4.65, 0.407), (1, 5.42, 0.631), (2, 6.09, 0.899)]
)
def test_figures_are_the_network_s_and_the_published_ones(
    number: int, millions: float, gigaproducts: float, load: Callable[[str], Backbone]
) -> None:
    backbone = load(f"efficientnet-lite{number}")
    graph = read_graph(backbone.model)
    parameters = network_cost.count_parameters(graph)
    gflops = network_cost.count_gflops(graph, backbone.input_size)
    assert backbone.info.parameters == parameters == pytest.approx(millions * 1e6, rel=2e-3)
    assert backbone.info.gflops == pytest.approx(gflops, abs=5e-4)
    assert backbone.info.cuts == sum(layer.is_cut for layer in backbone.layers)
    # the published count has the elementwise work too, about a twentieth
    assert 0.94 * 2 * gigaproducts < gflops < 2 * gigaproducts


def test_operations_are_counted_by_hand() -> None:
    pixels = keras.Input((None, None, 3))
    value = keras.layers.Conv2D(4, 3, strides=2, padding="same")(pixels)  # 5 x 5 x 27 x 4
    value = keras.layers.DepthwiseConv2D(3)(value)  # 3 x 3 x 9 x 4
    value = keras.layers.BatchNormalization()(value)
    value = keras.layers.SeparableConv2D(7, 2, padding="same")(value)  # 3 x 3 x (4 x 4 + 4 x 7)
    value = keras.layers.GlobalAveragePooling2D()(value)
    model = keras.Model(pixels, keras.layers.Dense(10)(value))  # 7 x 10
    products = 5 * 5 * 27 * 4 + 3 * 3 * 9 * 4 + 3 * 3 * (4 * 4 + 4 * 7) + 7 * 10
    assert network_cost.count_gflops(read_graph(model), 10) == pytest.approx(2e-9 * products)
    trained = (27 * 4 + 4) + (9 * 4 + 4) + (4 + 4) + (4 * 4 + 4 * 7 + 7) + (70 + 10)
    assert network_cost.count_parameters(read_graph(model)) == trained


def test_what_convolutions_move_is_counted_by_hand() -> None:
    pixels = keras.Input((None, None, 3))
    value = keras.layers.Conv2D(4, 3, strides=2, padding="same")(pixels)
    value = keras.layers.ReLU()(value)  # can be done in passing: neither counted nor listed
    model = keras.Model(pixels, keras.layers.DepthwiseConv2D(3, use_bias=False)(value))
    first, second = network_cost.products(read_graph(model), 10)
    assert first == network_cost.Products(2 * 5 * 5 * 27 * 4, 10 * 10 * 3 + 5 * 5 * 4, 27 * 4 + 4)
    assert second == network_cost.Products(2 * 3 * 3 * 9 * 4, 5 * 5 * 4 + 3 * 3 * 4, 9 * 4)


def test_up_to_a_layer_by_hand(lite0: Backbone) -> None:
    graph = read_graph(lite0.model)
    end = "block2a_project_bn"  # 3 -> 32 | 32 -> 16 | 16 -> 96 -> 24, at 112, 112 and 56 px
    kernels = [3 * 3 * 3 * 32, 3 * 3 * 32, 32 * 16, 16 * 96, 3 * 3 * 96, 96 * 24]
    channels = [32, 32, 16, 96, 96, 24]
    sides = [112, 112, 112, 112, 56, 56]
    products = sum(kernel * side**2 for kernel, side in zip(kernels, sides, strict=True))
    assert network_cost.count_gflops(graph, 224, end) == pytest.approx(2e-9 * products)
    assert network_cost.count_parameters(graph, end) == sum(kernels) + 2 * sum(channels)
    assert network_cost.count_bytes(graph, end) == 4 * (sum(kernels) + sum(channels))


@pytest.mark.parametrize("end", ["stem_activation", "block4b_add", "top_activation"])
def test_bytes_are_those_of_the_folded_network(end: str, lite0: Backbone) -> None:
    folded = truncate(lite0, end, pre_activation=False)
    assert network_cost.count_bytes(read_graph(lite0.model), end) == 4 * folded.count_params()


def test_a_norm_that_is_not_folded_keeps_its_bytes() -> None:
    pixels = keras.Input((None, None, 3))
    value = keras.layers.Conv2D(4, 3, name="conv")(pixels)
    norm = keras.layers.BatchNormalization(name="norm")(value)
    total = keras.layers.Add(name="sum")([value, norm])
    graph = read_graph(keras.Model(pixels, total))
    assert network_cost.count_bytes(graph) == 4 * (27 * 4 + 4 + 4 * 4)
    assert network_cost.count_bytes(graph, "conv") == 4 * (27 * 4 + 4)
    assert network_cost.count_parameters(graph, "norm") == 27 * 4 + 4 + 2 * 4


def test_the_last_cut_costs_what_the_network_does_but_for_its_classes(lite0: Backbone) -> None:
    graph = read_graph(lite0.model)
    classes = 1280 * 1000
    assert (
        network_cost.count_parameters(graph, "top_activation")
        == lite0.info.parameters - classes - 1000
    )
    whole, cut = (network_cost.count_gflops(graph, 224, end) for end in (None, "top_activation"))
    assert whole - cut == pytest.approx(2e-9 * classes)


def test_a_small_network_s_operations_are_not_rounded_away() -> None:
    pixels = keras.Input((8, 8, 3))
    value = keras.layers.Conv2D(2, 3, padding="same")(pixels)
    model = keras.Model(pixels, keras.layers.Dense(2)(keras.layers.GlobalMaxPooling2D()(value)))
    info = Model("small", "own", "own", 8, None, None, None)
    backbone = Backbone.of(model, info, ("a", "b"))
    assert backbone.gflops == pytest.approx(2 * (64 * 54 + 4) / 1e9)


def test_an_oblong_network_is_counted_at_its_sides() -> None:
    pixels = keras.Input((8, 6, 3))
    value = keras.layers.Flatten()(keras.layers.Conv2D(2, 3, padding="same")(pixels))
    graph = read_graph(keras.Model(pixels, keras.layers.Dense(2)(value)))
    gflops = network_cost.count_gflops(graph, 8)
    assert gflops == pytest.approx(2 * (48 * 54 + 96 * 2) / 1e9)


def test_what_follows_a_layer_that_does_not_tell_its_shape_is_counted() -> None:
    pixels = keras.Input((8, 8, 3))
    mixed = keras.layers.EinsumDense("nhwc,cd->nhwd", (None, None, 4))(pixels)
    value = keras.layers.GlobalMaxPooling2D()(keras.layers.Conv2D(2, 1)(mixed))
    gflops = network_cost.count_gflops(read_graph(keras.Model(pixels, value)), 8)
    assert gflops == pytest.approx(2 * 64 * 8 / 1e9)
