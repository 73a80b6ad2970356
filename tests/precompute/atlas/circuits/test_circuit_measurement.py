"""The weights between cuts: of a small network by hand, of the families by Keras's gradients."""

from pathlib import Path
from typing import Any

import contract
import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.atlas.circuits import circuit_measurement
from diamond_cutter.precompute.atlas.circuits.circuit_measurement import (
    CircuitMeter,
    Jacobian,
    Maps,
    side_of,
)
from diamond_cutter.precompute.atlas.statistics_photos import SAMPLES, Photos
from diamond_cutter.precompute.backbones.catalogue import keras_application
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.formats.model_export import write_backbone
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.convolution_blocks import ends_of
from diamond_cutter.precompute.backbones.graph.cut_network import between, fold
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf
from diamond_cutter.precompute.rendering.sample_statistics import sample_crops
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model
from diamond_cutter.precompute.stores.atlas.circuit_layout import Circuit, source_of

Floats = NDArray[np.float32]
layers = keras.layers
SIZE = 32
CROPS = sample_crops()[:2]


def bottleneck(activation: str | None) -> Any:
    """Two cuts, `first` of 4 channels and `sum`, of an inverted bottleneck with a skip."""
    keras.utils.set_random_seed(3)
    photo = keras.Input((SIZE, SIZE, 3))
    first = layers.Conv2D(4, 3, padding="same", name="first")(photo)
    wide = layers.Conv2D(12, 1, name="expand")(first)
    wide = layers.BatchNormalization(name="expand_norm")(wide)
    wide = layers.Activation(activation, name="expand_activation")(wide) if activation else wide
    wide = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(wide)
    block = layers.Conv2D(4, 1, name="project")(wide)
    block = layers.BatchNormalization(name="project_norm")(block)
    total = layers.Add(name="sum")([first, block])
    value = layers.GlobalAveragePooling2D()(layers.ReLU(name="last")(total))
    model = keras.Model(photo, layers.Dense(2, name="logits")(value))
    contract.shake(model)
    return model


def backbone_of(model: Any) -> Backbone:
    size = model.inputs[0].shape[1]
    return Backbone.of(model, Model("own", "own", "own", size, None, None, None), ("a", "b"))


def weights(backbone: Backbone, source: str, layer: str, kept: int = 4) -> Circuit:
    photos = Photos(SAMPLES, "digest")
    meter = CircuitMeter(backbone, backbone.layer(source), backbone.layer(layer), photos)
    return meter.measure(range(backbone.layer(layer).channels), kept)


def kernels_of(circuit: Circuit) -> Floats:
    """All kernels, (O, I, h, w), of a circuit that keeps all of them."""
    order = np.argsort(circuit.inputs, axis=1)
    rows = np.arange(len(order))[:, None]
    return circuit.input_kernel[rows, order].astype(np.float32)


def natural(model: Any, names: list[str]) -> list[Floats]:
    """What the layers give on the samples, (photos, h, w, C), resized as the product does."""
    crops = np.stack([circuit_measurement.prepare(each, SIZE) for each in sample_crops()])
    network = keras.Model(model.input, [model.get_layer(name).output for name in names])
    return [np.asarray(each) for each in network(crops)]


def test_a_linear_bottleneck_has_the_product_of_its_weights() -> None:
    model = bottleneck(None)
    circuit = weights(backbone_of(model), "first", "last")
    scale = {}
    for name in ("expand", "project"):
        gamma, _, _, variance = model.get_layer(f"{name}_norm").get_weights()
        scale[name] = gamma / np.sqrt(variance + 1e-3)
    expand = model.get_layer("expand").get_weights()[0][0, 0] * scale["expand"]  # (I, E)
    project = model.get_layer("project").get_weights()[0][0, 0] * scale["project"]  # (E, O)
    depthwise = model.get_layer("depthwise").get_weights()[0][..., 0]  # (3, 3, E)
    expected = np.einsum("ie,yxe,eo->oiyx", expand, depthwise, project)
    before, after = (each.reshape(-1, 4) for each in natural(model, ["first", "sum"]))
    expected *= before.std(0)[:, None, None] / after.std(0)[:, None, None, None]
    assert circuit.is_linear
    assert (circuit.has_skip, circuit.agreement, circuit.offset) == (True, 1, (-1, -1))
    np.testing.assert_allclose(kernels_of(circuit), expected, rtol=2e-3, atol=1e-4)  # float16
    norm = np.sqrt((expected**2).sum((2, 3)))
    np.testing.assert_allclose(np.abs(circuit.weight), norm.T, rtol=1e-4)
    assert (np.sign(circuit.weight) == np.sign(expected.sum((2, 3))).T).all()
    # The block gives what the skip does not.
    block = after - before
    for channel in range(4):
        share = np.cov(block[:, channel], after[:, channel], bias=True)[0, 1]
        share /= after[:, channel].var()
        assert circuit.skip[channel] == pytest.approx(1 - share, abs=1e-3)


def test_what_inputs_give_where_an_output_is_strongest_sums_up_to_the_output() -> None:
    model = bottleneck(None)
    circuit = weights(backbone_of(model), "first", "last")
    before, after = natural(model, ["first", "sum"])
    block = (after - before)[:, 1:-1, 1:-1]  # nothing of it is cut off by the border
    inner = after[:, 1:-1, 1:-1].reshape(len(after), -1, 4)
    # The block of the mean input is its output at zero effect: linear, so that means map to means.
    ones = np.broadcast_to(before.mean((0, 1, 2)), before.shape[1:])[None].astype(np.float32)
    rest = keras.Model(model.get_layer("first").output, model.get_layer("sum").output)
    mean = (np.asarray(rest(ones)) - ones)[0, 5, 5]
    for channel in range(4):
        strongest = np.argsort(-inner[..., channel].max(1))[: circuit_measurement.STRONGEST]
        places = inner[strongest, :, channel].argmax(1)
        values = block.reshape(len(after), -1, 4)[strongest, places, channel] - mean[channel]
        given = values.mean() / after[..., channel].std()
        assert circuit.attribution[:, channel].sum() == pytest.approx(given, abs=1e-3)


def test_a_nonlinear_one_has_the_mean_of_its_gradients() -> None:
    model = bottleneck("silu")
    circuit = weights(backbone_of(model), "first", "last")
    assert not circuit.is_linear
    assert 0.8 < circuit.agreement < 1
    # An independent mean, over all inner places of all photos: the gates' mean slopes are not it.
    before, after = natural(model, ["first", "sum"])
    rest = keras.Model(model.get_layer("first").output, model.get_layer("sum").output)
    source = tf.constant(before)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(source)
        values = rest(source)
        sums = [tf.reduce_sum(values[:, 1:-1:3, 1:-1:3, channel]) for channel in range(4)]
    count = len(before) * len(range(1, SIZE - 1, 3)) ** 2
    expected = np.zeros((4, 4, 3, 3), np.float32)
    for channel, value in enumerate(sums):
        slopes = tape.gradient(value, source).numpy()
        for row in range(3):
            for column in range(3):
                each = slopes[:, row : row + SIZE - 2 : 3, column : column + SIZE - 2 : 3]
                expected[channel, :, row, column] = each.sum((0, 1, 2)) / count
        expected[channel, channel, 1, 1] -= 1
    units = before.std((0, 1, 2))[:, None, None] / after.std((0, 1, 2))[:, None, None, None]
    expected *= units
    found = kernels_of(circuit)
    correlation = np.corrcoef(found.ravel(), expected.ravel())[0, 1]
    assert correlation > 0.98  # one place of each photo against all


FAMILIES = {
    "ConvNeXtTiny": ("add_3", "add_4"),
    "DenseNet121": ("conv2_block2_concat", "conv2_block3_concat"),
    "InceptionV3": ("mixed1", "mixed2"),
    "MobileNetV3Small": ("expanded_conv_4_add", "expanded_conv_5_add"),
    "NASNetMobile": ("stem_bn1", "reduction_add_1_stem_1"),
    "ResNet50": ("conv3_block2_out", "conv3_block3_out"),
}
"""Two layers of each, the first a cut: norms in the block, a concatenation, four branches, squeeze
and excitation, separable convolutions that read two cells, a residual sum."""


@pytest.mark.parametrize("name", FAMILIES)
def test_the_gradients_of_units_are_those_of_keras(name: str) -> None:
    keras.utils.set_random_seed(0)
    model = keras_application.build(name, 96)
    contract.shake(model)
    info = Model(name, "Keras", name, 96, None, None, None)
    backbone = Backbone.of(model, info, ("class",) * 1000)
    check_gradients(backbone, *(backbone.layer(each) for each in FAMILIES[name]))


def test_the_gradients_of_real_weights_are_those_of_keras(lite0: Backbone) -> None:
    for source, layer in (("block4b_add", "block4c_add"), ("block3b_add", "block4a_project_bn")):
        check_gradients(lite0, lite0.layer(source), lite0.layer(layer))


def check_gradients(backbone: Backbone, source: Layer, layer: Layer) -> None:
    """A unit of each of two photos: what it sees is what Keras's own layers give, to 1e-4."""
    pixels = np.stack([circuit_measurement.prepare(each, backbone.input_size) for each in CROPS])
    rest = between(backbone, source.name, layer.name, pre_activation=True)
    before = np.asarray(fold(backbone, [source.name])(pixels))
    maps = Maps(before, np.asarray(rest(before)))
    jacobian = Jacobian(rest, maps, side_of(source, layer), 15)
    rows, columns = jacobian.inside
    places = [(rows[0], columns[-1]), (rows[-1], columns[0])]
    asked = [[(place, 1 + photo)] for photo, place in enumerate(places)]
    nodes = backbone.graph.nodes
    ends = [nodes[end].layer.output for end in ends_of(backbone.graph, layer.name)]
    network = keras.Model(nodes[source.name].layer.output, ends)
    given = tf.constant(before)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(given)
        values = tf.concat(keras.tree.flatten(network(given, training=False)), axis=-1)
        units = [values[photo, *place, 1 + photo] for photo, place in enumerate(places)]
    found = list(jacobian.pull(maps, [asked]))
    assert [slope.photo for slope in found] == [0, 1]
    for slope, unit in zip(found, units, strict=True):
        whole = tape.gradient(unit, given).numpy()[slope.photo]
        expected = jacobian.window.of(whole, slope.place)
        largest = np.abs(whole).max()
        np.testing.assert_allclose(slope.values, expected, rtol=1e-4, atol=1e-4 * largest)
        assert (expected**2).sum() > 0.8 * (whole**2).sum()
        assert largest > 0


def test_a_frozen_graph_has_the_weights_of_the_network_it_was(tmp_path: Path) -> None:
    model = bottleneck("relu6")
    own = weights(backbone_of(model), "first", "last")
    model.save(tmp_path / "own.keras")
    settings = ModelSettings(file=str(tmp_path / "own.keras"), preprocessing="0..1")
    loaded = UserModelEntry("own", settings).load()
    write_backbone(loaded, None, tmp_path / "own.pb")
    frozen = UserModelEntry("own", ModelSettings(file=str(tmp_path / "own.pb"))).load()
    names = [layer.name for layer in frozen.layers if layer.is_cut]
    first, last = (next(each for each in names if part in each) for part in ("first", "last"))
    assert source_of(frozen.layers, frozen.layer(last)) == frozen.layer(first)
    found = weights(frozen, first, last)
    assert found.has_skip
    assert found.agreement == pytest.approx(own.agreement, abs=1e-3)
    np.testing.assert_allclose(found.weight, own.weight, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.attribution, own.attribution, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(found.depthwise_channel, own.depthwise_channel)
    np.testing.assert_allclose(found.depthwise_share, own.depthwise_share, rtol=1e-3, atol=1e-4)


def test_blocks_of_a_layer_have_kernels_of_one_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the last one, which has fewer channels, where memory is short."""
    monkeypatch.setattr(circuit_measurement, "BLOCK", 3)
    monkeypatch.setattr(circuit_measurement, "MEMORY", 4 * 3 * 4 * 2**2)
    backbone = backbone_of(bottleneck(None))
    source, layer, photos = backbone.layer("first"), backbone.layer("last"), Photos(SAMPLES, "")
    meter = CircuitMeter(backbone, source, layer, photos)
    parts = [meter.measure(outputs, 4) for outputs in (range(3), range(3, 4))]
    assert [part.input_kernel.shape for part in parts] == [(3, 4, 2, 2), (1, 4, 2, 2)]
    assert parts[0].offset == parts[1].offset


def test_other_weights_have_other_inputs_first() -> None:
    model = bottleneck(None)
    before = weights(backbone_of(model), "first", "last")
    project = model.get_layer("project")
    kernel, bias = project.get_weights()
    project.set_weights([kernel[:, :, ::-1, ::-1], bias])
    after = weights(backbone_of(model), "first", "last")
    assert (before.inputs != after.inputs).any()
    assert np.corrcoef(before.weight.ravel(), after.weight.ravel())[0, 1] < 0.5
