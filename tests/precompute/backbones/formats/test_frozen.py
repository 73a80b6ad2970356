"""Frozen graphs: Lucid's kinds of file, SavedModels, and what we write ourselves."""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import contract
import numpy as np
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue import lucid_zoo_source
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.formats.model_export import write_backbone
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold, truncate
from diamond_cutter.precompute.backbones.graph.network_cost import count_gflops
from diamond_cutter.precompute.backbones.graph.pretrained_head import classifier
from diamond_cutter.precompute.backbones.keras_runtime import freeze, keras, tf

FIVE = ["stem_activation", "block2b_add", "block4c_add", "block5a_activation", "top_activation"]
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def load(path: Path, preprocessing: str = "") -> Backbone:
    return UserModelEntry("mine", ModelSettings(file=str(path), preprocessing=preprocessing)).load()


@pytest.fixture(scope="module")
def modelzoo(lite0: Backbone, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "lite0.modelzoo"
    write_backbone(lite0, None, path)
    return path


def test_what_is_written_is_read_back(lite0: Backbone, modelzoo: Path) -> None:
    again = load(modelzoo)
    assert again.layers == lite0.layers
    assert again.class_names == lite0.class_names
    assert again.info.cuts == 18
    assert again.info.gflops == pytest.approx(0.770, abs=1e-3)
    half = count_gflops(lite0.graph, 224, "block4c_add")
    assert count_gflops(again.graph, 224, "block4c_add") == pytest.approx(half)
    pixels = contract.photos(3, 224)
    np.testing.assert_allclose(again.model(pixels), lite0.model(pixels), atol=1e-4)
    for name in FIVE:
        for before in (True, False):
            one = truncate(lite0, name, pre_activation=before)(pixels)
            other = truncate(again, name, pre_activation=before)(pixels)
            np.testing.assert_allclose(other, one, atol=1e-4, err_msg=name)


def test_joined_branches_of_a_frozen_network_are_read_before_their_nonlinearities(
    lite0: Backbone, tmp_path: Path
) -> None:
    image = keras.Input((32, 32, 3), name="image")
    scaled = keras.layers.Rescaling(2.0, -1.0)(image)
    one, two = (keras.layers.Conv2D(4, 3, name=name)(scaled) for name in ("one", "two"))
    parts = [keras.layers.ReLU(name=f"{each.name}_relu")(each) for each in (one, two)]
    joined = keras.layers.Concatenate(name="joined")(parts)
    value = keras.layers.GlobalAveragePooling2D(name="pool")(joined)
    model = keras.Model(image, keras.layers.Dense(2, name="logits")(value))
    own = Backbone.of(model, replace(lite0.info, name="own", input_size=32), ("a", "b"))
    write_backbone(own, None, tmp_path / "own.modelzoo")
    frozen = load(tmp_path / "own.modelzoo")
    pixels = contract.photos(3, 32)
    before = np.asarray(truncate(frozen, "joined")(pixels))
    assert (before < -0.01).any()
    np.testing.assert_allclose(before, truncate(own, "joined")(pixels), atol=1e-5)
    after = truncate(frozen, "joined", pre_activation=False)(pixels)
    np.testing.assert_allclose(before.clip(0), after, atol=1e-5)


def test_classes_of_a_frozen_network_are_taken_apart(lite0: Backbone, modelzoo: Path) -> None:
    pixels = contract.photos(3, 224)
    ours, theirs = classifier(lite0), classifier(load(modelzoo))
    np.testing.assert_allclose(theirs.weights, ours.weights, atol=1e-6)
    np.testing.assert_allclose(theirs.bias, ours.bias, atol=1e-6)
    features = np.asarray(theirs.features(pixels)).reshape(1, -1)
    logits = features @ theirs.weights + theirs.bias
    np.testing.assert_allclose(logits, lite0.model(pixels), atol=1e-3)


def test_gradients_reach_pixels_of_any_size(modelzoo: Path) -> None:
    network = fold(load(modelzoo), FIVE[:3])
    pixels = tf.constant(contract.photos(3, 75))

    @tf.function
    def slopes(pixels: Any) -> list[Any]:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(pixels)
            sums = [tf.reduce_sum(value**2) for value in network(pixels)]
        return [tape.gradient(each, pixels) for each in sums]

    for slope in slopes(pixels):
        assert np.isfinite(slope.numpy()).all()
        assert np.abs(slope.numpy()).max() > 0


def test_a_cut_is_written_for_keras_and_for_lucid(lite0: Backbone, tmp_path: Path) -> None:
    pixels = contract.photos(3, 224)
    expected = np.asarray(truncate(lite0, "block2b_add", pre_activation=False)(pixels))
    write_backbone(lite0, "block2b_add", tmp_path / "cut.keras")
    network = keras.models.load_model(tmp_path / "cut.keras", compile=False)
    np.testing.assert_allclose(network(pixels), expected, atol=1e-5)
    write_backbone(lite0, "block2b_add", tmp_path / "cut.modelzoo")
    again = load(tmp_path / "cut.modelzoo")
    assert [layer.name for layer in again.layers] == [layer.name for layer in lite0.layers[:10]]
    np.testing.assert_allclose(again.model(pixels), expected, atol=1e-5)
    with pytest.raises(UserError, match="a frozen graph of TensorFlow, which a Keras file can't"):
        write_backbone(again, None, tmp_path / "again.keras")
    write_backbone(again, "block1a_project_bn", tmp_path / "again.modelzoo")
    assert len(load(tmp_path / "again.modelzoo").layers) == 3
    (tmp_path / "again.modelzoo").unlink()
    whole = tmp_path / "whole.modelzoo"
    write_backbone(again, None, whole)  # ends where the cut does
    np.testing.assert_allclose(load(whole).model(pixels), expected, atol=1e-5)
    whole.rename(tmp_path / "again.modelzoo")
    with pytest.raises(UserError, match=r"ends in \.keras, \.modelzoo, \.pb, got '\.onnx'"):
        write_backbone(lite0, None, tmp_path / "a.onnx")
    assert {path.name for path in tmp_path.iterdir()} == {
        "cut.keras", "cut.modelzoo", "again.modelzoo",
    }  # fmt: skip


def small_graph() -> Any:
    """As a frozen graph of TensorFlow 1 looks: BGR, an inception block, chances at the end."""
    generator = np.random.default_rng(0)

    def weights(*shape: int) -> Any:
        return tf.constant(generator.normal(0, 0.3, shape).astype(np.float32))

    def run(data: Any) -> Any:
        value = tf.nn.relu(tf.nn.conv2d(data, weights(3, 3, 3, 8), 2, "SAME"), name="conv1/relu")
        value = tf.nn.local_response_normalization(value)
        value = tf.nn.max_pool2d(value, 3, 2, "SAME", name="pool1")
        left = tf.nn.relu(tf.nn.conv2d(value, weights(1, 1, 8, 4), 1, "SAME"), name="3a/left")
        right = tf.nn.relu(tf.nn.conv2d(value, weights(3, 3, 8, 6), 1, "SAME"), name="3a/right")
        value = tf.concat([left, right], 3, name="3a/output")
        value = tf.reshape(value, (-1, 8 * 8 * 10))
        return tf.nn.softmax(tf.matmul(value, weights(640, 5)), name="prob")

    signature = [tf.TensorSpec((1, 32, 32, 3), tf.float32, name="data")]
    function = tf.function(run, input_signature=signature, autograph=False)
    return freeze(function.get_concrete_function()).graph.as_graph_def()


MANIFEST = {
    "type": "frozen",
    "model_path": "./graph.pb",
    "input_name": "data",
    "image_shape": [32, 32, 3],
    "image_value_range": [[-104, -117, -124], [151, 138, 131]],
    "is_BGR": True,
    "layers": [{"name": "3a/output", "depth": 10, "tags": ["conv"]}, "conv1/relu"],
}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    (tmp_path / "graph.pb").write_bytes(small_graph().SerializeToString())
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(MANIFEST))
    return path


def test_a_manifest_says_what_the_graph_takes(manifest: Path) -> None:
    backbone = load(manifest)
    assert [(layer.name, layer.channels, layer.stride, layer.is_cut) for layer in backbone.layers] \
        == [("conv1.relu", 8, 2, True), ("3a.output", 10, 4, True)]  # fmt: skip
    assert backbone.class_names == tuple(f"class {number}" for number in range(5))
    pixels = contract.photos(3, 32)
    taken = (255 * pixels[..., ::-1] - [104, 117, 124]).astype(np.float32)

    def run(value: Any) -> Any:
        return tf.graph_util.import_graph_def(
            small_graph(), {"data:0": value}, ["conv1/relu:0", "prob:0"], name=""
        )

    whole = tf.compat.v1.wrap_function(run, [tf.TensorSpec((1, 32, 32, 3), tf.float32)])
    activation, chances = whole(tf.constant(taken))
    cut = truncate(backbone, "conv1.relu", pre_activation=False)
    np.testing.assert_allclose(cut(pixels), activation, rtol=1e-4, atol=1e-3)
    logits = np.exp(np.asarray(backbone.model(pixels), np.float64))
    np.testing.assert_allclose(logits / logits.sum(), chances, atol=1e-5)
    assert truncate(backbone, "conv1.relu")(pixels).numpy().min() < 0
    assert cut(contract.photos(3, 51)).shape == (1, 26, 26, 8)


def test_a_saved_model_is_cut(tmp_path: Path) -> None:
    photo = keras.Input((40, 40, 3))
    value = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(photo)
    value = keras.layers.BatchNormalization()(value)
    value = keras.layers.Conv2D(6, 3, activation="relu")(value)
    value = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(value))
    network = keras.Model(photo, value)
    path = tmp_path / "saved"
    network.export(path, verbose=False)
    with pytest.raises(
        UserError, match=r"which a SavedModel does not tell; say so in \[models\.mine"
    ):
        load(path)
    backbone = load(path, "-1..1")
    assert [(layer.channels, layer.stride) for layer in backbone.layers] == [(4, 2), (6, 2)]
    assert backbone.input_size == 40
    pixels = contract.photos(3, 40)
    expected = np.asarray(network(2 * pixels - 1))
    np.testing.assert_allclose(backbone.model(pixels), expected, rtol=1e-4, atol=1e-5)
    empty = tmp_path / "empty"
    tf.saved_model.save(tf.Module(), str(empty))
    with pytest.raises(UserError, match="with the signature 'serving_default', got none"):
        load(empty, "0..1")
    shutil.rmtree(empty)
    empty.mkdir()
    with pytest.raises(UserError, match="expected the folder of a SavedModel, got"):
        load(empty, "0..1")


def swishes(value: Any) -> Any:
    return keras.layers.Conv2D(4, 3, activation="swish", name="last")(value)


def hard_swishes(value: Any) -> Any:
    value = keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3, name="last")(value))
    return value * keras.ops.relu6(value + 3.0) / 6.0


def gelus(value: Any) -> Any:
    return keras.layers.Conv2D(4, 3, activation="gelu", name="last")(value)


def gated(value: Any) -> Any:
    value = keras.layers.Conv2D(4, 3, activation="swish", name="last")(value)
    gate = keras.layers.GlobalAveragePooling2D(keepdims=True)(value)
    gated = value * keras.layers.Conv2D(4, 1, activation="sigmoid", name="gate")(gate)
    return keras.ops.silu(keras.layers.Conv2D(4, 1, use_bias=False)(gated) + value)


@pytest.mark.parametrize(
    ("middle", "sides", "channels", "dtype", "layers"),
    [
        (swishes, (32, 32), 3, "float32", 2),
        (gelus, (32, 32), 3, "float32", 2),
        (hard_swishes, (32, 32), 3, "float32", 2),
        (gated, (32, 32), 3, "float32", 4),
        (swishes, (32, 32), 1, "float32", 2),
        (swishes, (24, 48), 3, "float32", 2),
        (swishes, (32, 32), 3, "uint8", 2),
    ],
)
def test_saved_models_list_every_convolution(
    middle: Any, sides: tuple[int, int], channels: int, dtype: str, layers: int, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(0)
    photo = keras.Input((*sides, channels), dtype=dtype)
    value = keras.layers.Rescaling(1 / 255)(photo)
    first = keras.layers.Conv2D(8, 3, strides=2, padding="same", name="first")(value)
    last = middle(keras.layers.Activation("swish")(first))
    network = keras.Model(photo, keras.layers.Dense(3)(keras.layers.Flatten()(last)))
    network.export(tmp_path / "saved", verbose=False)
    backbone = load(tmp_path / "saved", "" if dtype == "uint8" else "0..255")
    found = backbone.layers
    assert [(layer.channels, layer.stride) for layer in found] == [(8, 2)] + [(4, 2)] * (layers - 1)
    assert all(len(layer.name) < 45 for layer in found)
    assert backbone.sides == sides
    pixels = np.random.default_rng(0).integers(0, 256, (1, *sides, 3)).astype(np.float32) / 255
    taken = np.asarray(keras.ops.image.rgb_to_grayscale(pixels)) if channels == 1 else pixels
    expected = np.asarray(network((255 * taken).round() if dtype == "uint8" else 255 * taken))
    np.testing.assert_allclose(backbone.model(pixels), expected, rtol=1e-3, atol=1e-4)
    deepest = keras.Model(photo, last)
    cut = truncate(backbone, found[-1].name, pre_activation=False, size=None)
    np.testing.assert_allclose(cut(pixels), deepest(255 * taken), rtol=1e-3, atol=1e-4)
    watched = tf.Variable(pixels)
    with tf.GradientTape() as tape:
        score = tf.reduce_sum(cut(watched + 0.0))
    assert np.abs(tape.gradient(score, watched)).max() > 1e-4


def test_three_means_for_a_grey_network_are_refused(tmp_path: Path) -> None:
    photo = keras.Input((16, 16, 1))
    value = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(photo))
    keras.Model(photo, keras.layers.Dense(2)(value)).export(tmp_path / "saved", verbose=False)
    with pytest.raises(UserError, match=r"expected values for one channel, since .* grey photos"):
        load(tmp_path / "saved", "torch")


@pytest.mark.parametrize("values", [[0, [[]]], [[1, 2], [3, 4]], [0, float("nan")], ["a", 1]])
def test_values_of_no_or_two_channels_are_told(values: Any, manifest: Path) -> None:
    manifest.write_text(json.dumps(MANIFEST | {"image_value_range": values}))
    with pytest.raises(UserError, match="expected input_name, image_shape and image_value_range"):
        UserModelEntry("mine", ModelSettings(file=str(manifest))).load()


def test_a_manifest_beside_a_graph_is_found(manifest: Path) -> None:
    graph = manifest.parent / "graph.pb"
    backbone = load(graph)
    assert [layer.name for layer in backbone.layers] == ["conv1.relu", "3a.output"]
    before = backbone.model(contract.photos(3, 32))
    np.testing.assert_array_equal(before, load(manifest).model(contract.photos(3, 32)))
    digest = UserModelEntry("mine", ModelSettings(file=str(graph))).weights_digest()
    manifest.rename(graph.with_suffix(".json"))
    assert UserModelEntry("mine", ModelSettings(file=str(graph))).weights_digest() == digest
    graph.with_suffix(".json").write_text(json.dumps(MANIFEST | {"layers": ["3a/output"]}))
    assert [layer.name for layer in load(graph).layers] == ["3a.output"]
    assert UserModelEntry("mine", ModelSettings(file=str(graph))).weights_digest() != digest


@pytest.mark.usefixtures("manifest")
def test_wrong_graphs_are_told_in_one_line(modelzoo: Path, tmp_path: Path) -> None:
    for name, content, told in (
        ("text.pb", b"dear diary", "expected a frozen GraphDef, got"),
        ("cut.modelzoo", modelzoo.read_bytes()[:100_000], "expected a frozen GraphDef, got"),
        ("bare.pb", (tmp_path / "graph.pb").read_bytes(), "note .* found none.*put bare.json be"),
        ("a.json", b'{"input_name": "data"}', "expected input_name, image_shape and image_value"),
        ("b.json", b"not json", "expected a manifest in JSON, got"),
        (
            "c.json",
            json.dumps(MANIFEST | {"input_name": "pixels"}).encode(),
            "takes photos of 32 px at 'pixels', got no node 'pixels'",
        ),
        (
            "d.json",
            json.dumps(MANIFEST | {"layers": ["mixed4a"]}).encode(),
            r"expected layers \(N, H, W, C\) such as mixed4a, found none of them",
        ),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=told):
            load(tmp_path / name)


def test_the_zoo_is_lucid_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lucid_zoo_source, "zoo_cache", lambda: tmp_path)
    entries = {entry.name: entry for entry in lucid_zoo_source.entries({})}
    assert len(entries) == 31
    layers = entries["InceptionV1"].layers()
    assert [(layer.name, layer.channels) for layer in layers[:4]] == [
        ("conv2d0", 64), ("conv2d1", 64), ("conv2d2", 192), ("mixed3a", 256),
    ]  # fmt: skip
    assert {(layer.stride, layer.receptive_field, layer.is_cut) for layer in layers} == {
        (None, None, None)
    }
    entry = entries["InceptionV4_slim"]
    assert entry.layers()[5].name == "InceptionV4.InceptionV4.Mixed_5a.concat"
    assert not entry.weights_are_here()

    def refuse(_address: str) -> Any:
        raise OSError("no route to host")

    monkeypatch.setattr("fsspec.open", refuse)
    with pytest.raises(UserError) as error:
        entry.load()
    told = str(error.value)
    assert str(tmp_path / "gs___modelzoo_vision_slim_models_InceptionV4_pb") in told
    assert "https://storage.googleapis.com/modelzoo/vision/slim_models/InceptionV4.pb" in told
    assert "no route to host" in told
    assert list(tmp_path.iterdir()) == []


def test_a_network_of_the_zoo_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "CaffeNet.pb").write_bytes(small_graph().SerializeToString())
    given = {"CaffeNet_caffe": ModelSettings(weights=str(tmp_path))}
    entry = next(e for e in lucid_zoo_source.entries(given) if e.name == "CaffeNet_caffe")
    assert entry.weights_are_here()
    with pytest.raises(UserError, match="expected a frozen network that takes photos of 227 px at"):
        entry.load()


def test_the_zoo_s_cache_is_the_user_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the temporary one is there for whoever makes it first."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "shared"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    address = "gs___modelzoo_vision_other_models_AlexNet_pb"
    (tmp_path / "shared" / "lucid_cache").mkdir(parents=True)
    (tmp_path / "shared" / "lucid_cache" / address).write_bytes(b"of another")
    entry = next(each for each in lucid_zoo_source.entries({}) if each.name == "AlexNet")
    assert not entry.weights_are_here()
    content = small_graph().SerializeToString()
    monkeypatch.setattr("fsspec.open", lambda _address: io.BytesIO(content))
    with pytest.raises(UserError, match="expected a frozen network that takes photos of 227 px at"):
        entry.load()
    folder = tmp_path / "own" / "diamond-cutter" / "lucid"
    assert (folder / address).read_bytes() == content
    assert folder.stat().st_mode & 0o777 == 0o700
