from collections.abc import Callable

import pytest

from diamond_cutter.precompute.backbones import cost
from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.backbones.graph import read_graph
from diamond_cutter.precompute.runtime import keras


@pytest.mark.parametrize(
    ("number", "millions", "gigaproducts"), [(0, 4.65, 0.407), (1, 5.42, 0.631), (2, 6.09, 0.899)]
)
def test_figures_are_the_network_s_and_the_published_ones(
    number: int, millions: float, gigaproducts: float, load: Callable[[str], Backbone]
) -> None:
    backbone = load(f"efficientnet-lite{number}")
    parameters = cost.count_parameters(backbone.model)
    gflops = cost.count_gflops(read_graph(backbone.model), backbone.input_size)
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
    assert cost.count_gflops(read_graph(model), 10) == pytest.approx(2e-9 * products)
    trained = (27 * 4 + 4) + (9 * 4 + 4) + (4 + 4) + (4 * 4 + 4 * 7 + 7) + (70 + 10)
    assert cost.count_parameters(model) == trained
