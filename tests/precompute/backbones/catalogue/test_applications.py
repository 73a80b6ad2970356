"""The networks of keras.applications, with random weights: real ones can't be had everywhere."""

import inspect
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import contract
import numpy as np
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue import (
    keras_application,
    keras_applications_source,
)
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import truncate
from diamond_cutter.precompute.backbones.graph.keras_graph import read_graph
from diamond_cutter.precompute.backbones.graph.layers_and_cuts import find_layers
from diamond_cutter.precompute.backbones.graph.network_cost import count_gflops, count_parameters
from diamond_cutter.precompute.backbones.graph.other_sizes import AlignedPadding2D
from diamond_cutter.precompute.backbones.keras_runtime import keras

ENTRIES = {entry.model.name: entry for entry in keras_applications_source.entries({})}
EVERY = os.environ.get("DIAMOND_TEST_ALL")  # as `make test-all` sets it
FAMILIES = {
    "ConvNeXtTiny": 64,
    "DenseNet121": 64,
    "EfficientNetB0": 64,
    "EfficientNetV2B0": 64,
    "InceptionV3": 107,
    "MobileNet": 64,
    "MobileNetV2": 64,
    "MobileNetV3Small": 64,
    "NASNetMobile": 64,
    "ResNet50": 64,
    "ResNet50V2": 64,
    "VGG16": 64,
    "Xception": 96,
}
"""One member of each family, and the small input at which it is tried."""

LEAST = {"InceptionResNetV2": 107}
"""The small inputs of other members, where 64 is too small."""

COPIES = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
"""Keras asks NumPy for copies of its variables in a way that is deprecated."""

Numbers = list[tuple[str, int, int]]


def repeated(names: list[str], channels: int, stride: int) -> Numbers:
    return [(name, channels, stride) for name in names]


def dense(stage: int, first: int, count: int, stride: int) -> Numbers:
    return [
        (f"conv{stage}_block{block}_concat", first + 32 * block, stride)
        for block in range(1, count + 1)
    ]


CUTS: dict[str, Numbers] = {
    "VGG16": [
        ("block1_pool", 64, 2),
        ("block2_pool", 128, 4),
        ("block3_pool", 256, 8),
        ("block4_pool", 512, 16),
        ("block5_pool", 512, 32),
    ],
    "ResNet50": [
        ("conv1_relu", 64, 2),
        ("pool1_pool", 64, 4),
        *repeated([f"conv2_block{block}_out" for block in (1, 2, 3)], 256, 4),
        *repeated([f"conv3_block{block}_out" for block in (1, 2, 3, 4)], 512, 8),
        *repeated([f"conv4_block{block}_out" for block in range(1, 7)], 1024, 16),
        *repeated([f"conv5_block{block}_out" for block in (1, 2, 3)], 2048, 32),
    ],
    "ResNet50V2": [  # the last block of a stage halves the size
        ("conv1_conv", 64, 2),
        ("pool1_pool", 64, 4),
        *repeated(["conv2_block1_out", "conv2_block2_out"], 256, 4),
        ("conv2_block3_out", 256, 8),
        *repeated([f"conv3_block{block}_out" for block in (1, 2, 3)], 512, 8),
        ("conv3_block4_out", 512, 16),
        *repeated([f"conv4_block{block}_out" for block in range(1, 6)], 1024, 16),
        ("conv4_block6_out", 1024, 32),
        *repeated([f"conv5_block{block}_out" for block in (1, 2, 3)], 2048, 32),
        ("post_relu", 2048, 32),
    ],
    "InceptionV3": [
        ("activation", 32, 2),
        ("activation_1", 32, 2),
        ("activation_2", 64, 2),
        ("max_pooling2d", 64, 4),
        ("activation_3", 80, 4),
        ("activation_4", 192, 4),
        ("max_pooling2d_1", 192, 8),
        ("mixed0", 256, 8),
        ("mixed1", 288, 8),
        ("mixed2", 288, 8),
        *repeated([f"mixed{number}" for number in range(3, 8)], 768, 16),
        ("mixed8", 1280, 32),
        ("mixed9", 2048, 32),
        ("mixed10", 2048, 32),
    ],
    "DenseNet121": [
        ("conv1_relu", 64, 2),
        ("pool1", 64, 4),
        *dense(2, 64, 6, 4),
        ("pool2_pool", 128, 8),
        *dense(3, 128, 12, 8),
        ("pool3_pool", 256, 16),
        *dense(4, 256, 24, 16),
        ("pool4_pool", 512, 32),
        *dense(5, 512, 16, 32),
        ("relu", 1024, 32),
    ],
    "MobileNet": [
        ("conv1_relu", 32, 2),
        ("conv_pw_1_relu", 64, 2),
        *repeated(["conv_pw_2_relu", "conv_pw_3_relu"], 128, 4),
        *repeated(["conv_pw_4_relu", "conv_pw_5_relu"], 256, 8),
        *repeated([f"conv_pw_{number}_relu" for number in range(6, 12)], 512, 16),
        *repeated(["conv_pw_12_relu", "conv_pw_13_relu"], 1024, 32),
    ],
    "MobileNetV2": [
        ("Conv1_relu", 32, 2),
        ("expanded_conv_project_BN", 16, 2),
        ("block_1_project_BN", 24, 4),
        ("block_2_add", 24, 4),
        ("block_3_project_BN", 32, 8),
        *repeated(["block_4_add", "block_5_add"], 32, 8),
        ("block_6_project_BN", 64, 16),
        *repeated([f"block_{number}_add" for number in (7, 8, 9)], 64, 16),
        ("block_10_project_BN", 96, 16),
        *repeated(["block_11_add", "block_12_add"], 96, 16),
        ("block_13_project_BN", 160, 32),
        *repeated(["block_14_add", "block_15_add"], 160, 32),
        ("block_16_project_BN", 320, 32),
        ("out_relu", 1280, 32),
    ],
    "EfficientNetB0": [
        ("stem_activation", 32, 2),
        ("block1a_project_bn", 16, 2),
        ("block2a_project_bn", 24, 4),
        ("block2b_add", 24, 4),
        ("block3a_project_bn", 40, 8),
        ("block3b_add", 40, 8),
        ("block4a_project_bn", 80, 16),
        *repeated(["block4b_add", "block4c_add"], 80, 16),
        ("block5a_project_bn", 112, 16),
        *repeated(["block5b_add", "block5c_add"], 112, 16),
        ("block6a_project_bn", 192, 32),
        *repeated(["block6b_add", "block6c_add", "block6d_add"], 192, 32),
        ("block7a_project_bn", 320, 32),
        ("top_activation", 1280, 32),
    ],
    # every cell reads the two before it, so that the whole signal never passes through one
    "NASNetMobile": [("stem_bn1", 32, 2), ("activation_187", 1056, 32)],
    "ConvNeXtTiny": [
        ("convnext_tiny_stem_layernorm", 96, 4),
        *repeated(["add", "add_1", "add_2"], 96, 4),
        ("convnext_tiny_downsampling_conv_0", 192, 8),
        *repeated(["add_3", "add_4", "add_5"], 192, 8),
        ("convnext_tiny_downsampling_conv_1", 384, 16),
        *repeated([f"add_{number}" for number in range(6, 15)], 384, 16),
        ("convnext_tiny_downsampling_conv_2", 768, 32),
        *repeated(["add_15", "add_16", "add_17"], 768, 32),
    ],
    "Xception": [
        ("block1_conv2_act", 64, 2),
        ("add", 128, 4),
        ("add_1", 256, 8),
        *repeated([f"add_{number}" for number in range(2, 11)], 728, 16),
        ("add_11", 1024, 32),
        ("block14_sepconv2_act", 2048, 32),
    ],
}
"""By hand, from the papers' tables and Keras's names: name, channels, stride."""


def random_network(name: str, size: int) -> Backbone:
    """A network with random weights, those of norms too, so that folding has what to do."""
    keras.utils.set_random_seed(0)
    model = keras_application.build(name, size)
    contract.shake(model)
    info = ENTRIES[name].model
    changed = {"input_size": size, "parameters": None, "gflops": None, "cuts": None}
    return Backbone.of(model, type(info)(**{**vars(info), **changed}), ("class",) * 1000)


def test_all_forty_are_listed_with_their_figures() -> None:
    assert len(ENTRIES) >= 40
    known = [entry.model for entry in ENTRIES.values() if entry.model.parameters is not None]
    assert len(known) == 40
    for model in known:
        assert model.top1 is not None
        assert 60 < model.top1 < 90
        assert model.top1_source
        assert model.paper
        assert model.paper.startswith("https://")
        assert model.year in range(2012, 2023)
        assert model.cuts
        assert model.channels
        assert model.channels > model.cuts


@pytest.mark.parametrize("name", CUTS)
def test_cuts_are_those_listed_by_hand(name: str) -> None:
    layers = ENTRIES[name].built_layers()
    assert layers == ENTRIES[name].known_layers()
    cuts = [(layer.name, layer.channels, layer.stride) for layer in layers if layer.is_cut]
    assert cuts == CUTS[name]
    assert ENTRIES[name].model.cuts == len(cuts)


def test_names_do_not_depend_on_what_was_built_before() -> None:
    keras.layers.Conv2D(1, 1)
    first = ENTRIES["MobileNetV3Small"].built_layers()
    assert ENTRIES["MobileNetV3Small"].built_layers() == first
    assert first[0].name == "activation"


@pytest.mark.parametrize("side", [6, 7])
def test_nasnet_s_padding_follows_the_size(side: int) -> None:
    value = np.random.default_rng(0).random((1, side, side, 2), np.float32)
    padded = np.asarray(AlignedPadding2D(5)(value))
    before = 1 + side % 2  # as Keras pads for a window of 5 and this side
    expected = np.pad(value, ((0, 0), (before, 2), (before, 2), (0, 0)))
    np.testing.assert_array_equal(padded, expected)
    assert AlignedPadding2D(5).compute_output_shape(value.shape) == expected.shape


@pytest.mark.parametrize("name", ENTRIES if EVERY else ["MobileNetV3Small", "MobileNet"])
def test_figures_of_the_table_are_the_network_s(name: str) -> None:
    entry = ENTRIES[name].model
    graph = read_graph(keras_application.build(name, entry.input_size))
    layers = find_layers(graph)
    assert layers == ENTRIES[name].known_layers()
    cuts = [layer for layer in layers if layer.is_cut]
    assert entry.parameters == count_parameters(graph)
    assert entry.gflops == pytest.approx(count_gflops(graph, entry.input_size), abs=1e-3)
    assert (entry.cuts, entry.channels) == (len(cuts), sum(cut.channels for cut in cuts))


@pytest.mark.parametrize("name", ["VGG16", "DenseNet121", "MobileNet", "ConvNeXtTiny"])
def test_preprocessing_is_keras_s_own(name: str) -> None:
    function = getattr(keras.applications, name)
    pixels = np.random.default_rng(0).random((2, 3, 4, 3))
    expected = inspect.getmodule(function).preprocess_input(255 * pixels)  # type: ignore[union-attr]
    got = np.asarray(keras_application.preprocessing_of(function).apply(pixels))
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", ENTRIES if EVERY else FAMILIES)
def test_contract_with_random_weights(name: str, tmp_path: Path) -> None:
    size = FAMILIES.get(name, LEAST.get(name, 64))
    backbone = random_network(name, size)
    cuts = [layer.name for layer in backbone.layers if layer.is_cut]
    some = [cuts[0], cuts[len(cuts) // 2], cuts[-1]]
    contract.check_layers(backbone)
    contract.check_network(backbone, cuts if EVERY else some)
    shallow = cuts[2] if len(cuts) > 2 else cuts[-1 if EVERY else 0]
    contract.check_picture(backbone, shallow, size + 11, tmp_path / "cut.keras")


@pytest.mark.filterwarnings(COPIES)
@pytest.mark.parametrize("suffix", [".weights.h5", ".h5", ".keras"])
def test_weights_of_a_file_are_read_back(suffix: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    network = keras.applications.MobileNetV3Small(weights=None, input_shape=(224, 224, 3))
    path = tmp_path / f"mine{suffix}"
    if suffix == ".weights.h5":
        network.save_weights(path)
    else:
        network.save(path)
    given = {"MobileNetV3Small": ModelSettings(weights=str(path))}
    (entry,) = (
        entry
        for entry in keras_applications_source.entries(given)
        if entry.model.name == "MobileNetV3Small"
    )
    assert entry.weights_are_here()
    assert re.fullmatch("[0-9a-f]{64}", entry.weights_digest())
    backbone = entry.load()
    pixels = contract.photos(3, 224)
    logits = np.asarray(backbone.model(pixels), np.float64)
    chances = np.exp(logits - logits.max())
    chances /= chances.sum()
    np.testing.assert_allclose(chances, np.asarray(network(255 * pixels)), atol=1e-6)


def test_efficientnet_divides_by_the_deviation_twice_as_keras_does() -> None:
    network = keras.applications.EfficientNetB0(weights=None, input_shape=(32, 32, 3))
    (norm,) = (layer for layer in network.layers if isinstance(layer, keras.layers.Normalization))
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    norm.set_weights([mean, deviation, np.array(0)])  # as the published file has it
    keras_application._mended(network)
    pixels = np.random.default_rng(0).random((1, 2, 2, 3))
    np.testing.assert_allclose(norm(pixels), (pixels - mean) / deviation, atol=1e-5)


@pytest.mark.filterwarnings(COPIES)
def test_efficientnet_s_cuts_are_normalized_as_the_published_weights_say(tmp_path: Path) -> None:
    network = keras.applications.EfficientNetB0(weights=None, input_shape=(32, 32, 3))
    (norm,) = (layer for layer in network.layers if isinstance(layer, keras.layers.Normalization))
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    norm.set_weights([mean, deviation, np.array(0)])
    network.save_weights(tmp_path / "b0.weights.h5")
    model = keras_application.build("EfficientNetB0", 32, tmp_path / "b0.weights.h5")
    info = replace(ENTRIES["EfficientNetB0"].model, input_size=32)
    cut = truncate(Backbone.of(model, info, ("class",) * 1000), "stem_activation")
    pixels = contract.photos(3, 32)
    value = ((pixels - mean) / deviation).astype(np.float32)
    for name in ("stem_conv_pad", "stem_conv", "stem_bn"):
        value = network.get_layer(name)(value)
    np.testing.assert_allclose(cut(pixels), value, atol=1e-5)


def load_with(name: str, path: Path) -> Callable[[], Backbone]:
    entries = keras_applications_source.entries({name: ModelSettings(weights=str(path))})
    return next(entry for entry in entries if entry.model.name == name).load


@pytest.mark.filterwarnings(COPIES)
def test_wrong_weights_are_told_in_one_line(tmp_path: Path) -> None:
    small = keras.applications.MobileNetV3Small(weights=None, input_shape=(32, 32, 3))
    good = tmp_path / "small.weights.h5"
    small.save_weights(good)
    truncated = tmp_path / "truncated.weights.h5"
    truncated.write_bytes(good.read_bytes()[:1_000_000])
    text = tmp_path / "text.h5"
    text.write_text("dear diary")
    odd = tmp_path / "weights.bin"
    odd.write_bytes(good.read_bytes())
    told = "expected the weights of {}, got .*; name the file of that network"
    for name, path in (
        ("MobileNetV3Small", truncated),
        ("MobileNetV3Small", text),
        ("MobileNetV3Large", good),
        ("MobileNet", good),
    ):
        with pytest.raises(UserError, match=told.format(name)) as error:
            load_with(name, path)()
        assert str(path) in str(error.value)
    with pytest.raises(UserError, match=r"in a file \.h5, \.hdf5, \.keras, got '\.bin'"):
        load_with("MobileNet", odd)()


def test_absent_weights_say_which_file_and_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    entry = ENTRIES["ResNet50"]
    assert not entry.weights_are_here()

    def refuse(*_given: object, **_more: object) -> str:
        raise OSError("URL fetch failure: no route")

    monkeypatch.setattr(keras.utils, "get_file", refuse)
    with pytest.raises(UserError) as error:
        entry.load()
    told = str(error.value)
    assert "resnet50_weights_tf_dim_ordering_tf_kernels.h5" in told
    assert str(tmp_path / "models") in told
    assert "URL fetch failure: no route" in told
    assert '[models.ResNet50] weights = "PATH"' in told
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "resnet50_weights_tf_dim_ordering_tf_kernels.h5").write_text("here")
    assert entry.weights_are_here()


def test_a_folder_of_weights_holds_keras_s_file(tmp_path: Path) -> None:
    given = {"MobileNet": ModelSettings(weights=str(tmp_path))}
    entry = next(e for e in keras_applications_source.entries(given) if e.model.name == "MobileNet")
    assert not entry.weights_are_here()
    with pytest.raises(UserError, match=r"mobilenet_1_0_224_tf\.h5.*mend `weights` in \[models"):
        entry.load()
    (tmp_path / "mobilenet_1_0_224_tf.h5").write_text("here")
    assert entry.weights_are_here()
