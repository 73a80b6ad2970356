"""Depthwise kernels: of a small bottleneck and a real block by hand, and where there are none."""

from typing import Any

import contract
import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.circuits.depthwise_kernels import KEPT, DepthwiseMeter
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.sample_statistics import sample_crops
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model

Floats = NDArray[np.float32]
layers = keras.layers
SIZE = 24


def network(kind: str) -> Any:
    """Two cuts, `first` of 4 channels and `sum`, of a bottleneck of 6 with a gate and a skip."""
    keras.utils.set_random_seed(3)
    photo = keras.Input((SIZE, SIZE, 3))
    first = layers.Conv2D(4, 3, padding="same", name="first")(photo)
    wide = layers.Conv2D(6, 1, name="expand")(first)
    if kind == "grouped":
        wide = layers.Conv2D(6, 3, padding="same", groups=6, name="around")(wide)
    elif kind == "plain":
        wide = layers.Conv2D(6, 3, padding="same", name="around")(wide)
    else:
        wide = layers.DepthwiseConv2D(3, padding="same", name="around")(wide)
    wide = layers.BatchNormalization(name="norm")(wide)
    wide = layers.ReLU(name="bend")(wide)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(wide)
    gate = layers.Conv2D(6, 1, activation="sigmoid", name="gate")(gate)
    block = layers.Conv2D(4, 1, name="project")(layers.Multiply(name="gated")([wide, gate]))
    total = layers.Add(name="sum")([first, block])
    value = layers.GlobalAveragePooling2D()(layers.ReLU(name="last")(total))
    model = keras.Model(photo, layers.Dense(2, name="logits")(value))
    contract.shake(model)
    return model


def backbone_of(model: Any) -> Backbone:
    return Backbone.of(model, Model("own", "own", "own", SIZE, None, None, None), ("a", "b"))


def photos(size: int) -> Floats:
    return np.stack([prepare(each, size) for each in sample_crops()[:6]])


def measure(
    backbone: Backbone, source: str, layer: str, outputs: range
) -> tuple[DepthwiseMeter, dict[str, Any]]:
    before = np.asarray(fold(backbone, [source])(photos(backbone.input_size)))
    meter = DepthwiseMeter(backbone, backbone.layer(source), backbone.layer(layer), before)
    return meter, meter.measure(outputs)


def check(found: dict[str, Any], weight: Floats, kernels: Floats) -> None:
    """Against the changes (E, O) by all kernels (h, w, E)."""
    order = np.argsort(-np.abs(weight), axis=0)[:KEPT].T
    np.testing.assert_array_equal(found["depthwise_channel"], order)
    share = np.sign(weight) * weight**2 / (weight**2).sum(0)
    expected = np.take_along_axis(share.T, order, 1)
    np.testing.assert_allclose(found["depthwise_share"], expected, rtol=1e-2, atol=1e-4)
    norm = np.maximum(np.sqrt((kernels**2).sum((0, 1))), 1e-30)
    unit = (kernels / norm).transpose(2, 0, 1)[order]
    np.testing.assert_allclose(found["depthwise_kernel"], unit, atol=1e-3)  # float16


@pytest.mark.parametrize("kind", ["depthwise", "grouped"])
def test_kernels_are_told_by_what_changes_with_them(kind: str) -> None:
    """By differences: each channel of the convolution a little higher at all places."""
    model = network(kind)
    meter, found = measure(backbone_of(model), "first", "last", range(4))
    assert meter.name == "bend"
    around = model.get_layer("around")
    made = np.asarray(keras.Model(model.input, around.output)(photos(SIZE)), np.float64)
    skip, total = (model.get_layer(name).output for name in ("first", "sum"))
    rest = keras.Model([around.output, skip], total)
    first = np.asarray(keras.Model(model.input, skip)(photos(SIZE)))
    step = 1e-2
    change = []
    for channel in range(6):
        moved = step * np.eye(6)[channel]
        higher, lower = (np.asarray(rest([made + way * moved, first])) for way in (1, -1))
        change.append((higher - lower).mean((0, 1, 2)) / (2 * step))
    kernels = around.get_weights()[0].reshape(3, 3, 6)
    check(found, np.array(change) * made.std((0, 1, 2))[:, None], kernels)


def test_a_depthwise_layer_has_its_own_kernels() -> None:
    model = network("depthwise")
    meter, found = measure(backbone_of(model), "first", "bend", range(2, 5))
    assert meter.name == "bend"
    assert found["depthwise_channel"][:, 0].tolist() == [2, 3, 4]
    np.testing.assert_allclose(np.abs(found["depthwise_share"][:, 0]), 1)
    assert not found["depthwise_share"][:, 1:].any()
    kernels = model.get_layer("around").get_weights()[0][:, :, 2:5, 0].transpose(2, 0, 1)
    kernels /= np.sqrt((kernels**2).sum((1, 2)))[:, None, None]
    np.testing.assert_allclose(found["depthwise_kernel"][:, 0], kernels, atol=1e-3)


def test_where_none_is_between_there_are_none() -> None:
    meter, found = measure(backbone_of(network("plain")), "first", "last", range(1, 4))
    assert meter.name == ""
    assert [each.shape for each in found.values()] == [(3, 0), (3, 0), (3, 0, 1, 1)]


def test_a_real_block_has_the_product_of_its_weights(lite0: Backbone) -> None:
    """Of EfficientNet-Lite0: norm, the share of places where ReLU6 lets pass, projection."""
    meter, found = measure(lite0, "block4b_add", "block4c_add", range(80))
    assert meter.name == "block4c_activation"
    nodes = lite0.graph.nodes
    inside = lite0.graph.ancestors("block4c_add") - lite0.graph.ancestors("block4b_add")
    chain = [nodes[name].layer for name in nodes if name in inside]
    at = next(n for n, layer in enumerate(chain) if type(layer).__name__ == "DepthwiseConv2D")
    [project] = [layer for layer in chain[at:] if type(layer).__name__ == "Conv2D"]
    norm, other = (each for each in chain[at:] if type(each).__name__ == "BatchNormalization")
    gain, other_gain = (
        np.asarray(each.gamma) / np.sqrt(np.asarray(each.moving_variance) + each.epsilon)
        for each in (norm, other)
    )
    made, normed = keras.Model(lite0.model.input, [chain[at].output, norm.output])(photos(224))
    passes = ((normed > 0) & (normed < 6)).numpy().mean((0, 1, 2))
    factor = gain * passes * np.asarray(made).std((0, 1, 2))
    weight = factor[:, None] * np.asarray(project.kernel)[0, 0] * other_gain
    check(found, weight, np.asarray(chain[at].kernel)[..., 0])
