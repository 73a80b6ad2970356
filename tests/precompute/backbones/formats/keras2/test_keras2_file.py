"""Files of Keras 2, held against what TensorFlow 2.12 computed, by `write_keras2_networks.py`."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from zlib import crc32

import h5py
import numpy as np
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.formats.keras2.keras2_file import is_keras2, load_keras2
from diamond_cutter.precompute.backbones.formats.model_export import write_backbone
from diamond_cutter.precompute.backbones.graph.backbone import Backbone

NETWORKS = json.loads(Path(__file__).with_name("keras2_networks.json").read_text())


def weights_of(name: str, shape: list[int]) -> Any:
    """As TensorFlow 2.12 was given them."""
    if name == "count:0":
        return np.ones(shape, np.int64)
    values = np.sin(np.arange(np.prod(shape)) * 1.7 + crc32(name.encode()) % 100).reshape(shape)
    positive = "variance" in name or "gamma" in name
    return (np.abs(values) + 0.5 if positive else values).astype(np.float32)


def write(path: Path, config: Any, weights: dict[str, dict[str, list[int]]]) -> Path:
    """A file as Keras 2 writes it."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.12.0"
        file.attrs["model_config"] = json.dumps(config)
        groups = file.create_group("model_weights")
        groups.attrs["layer_names"] = list(weights)
        for entry, shapes in weights.items():
            group = groups.create_group(entry)
            group.attrs["weight_names"] = list(shapes)
            for name, shape in shapes.items():
                group.create_dataset(name, data=weights_of(name, shape))
    return path


def write_archive(path: Path, config: Any, weights: dict[str, list[tuple[str, list[int]]]]) -> Path:
    """A `.keras` file as Keras 2 writes it; `weights`: the names and shapes of those in a group."""
    inside = io.BytesIO()
    with h5py.File(inside, "w") as file:
        for group, stored in weights.items():
            for number, (name, shape) in enumerate(stored):
                file[f"{group}/vars/{number}"] = weights_of(name, shape)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.12.0"}))
        described = {"module": "keras.src.engine.functional", "registered_name": "Functional"}
        archive.writestr("config.json", json.dumps(config | described))
        archive.writestr("model.weights.h5", inside.getvalue())
    return path


def load(path: Path, preprocessing: str = "", labels: str = "") -> Backbone:
    settings = ModelSettings(file=str(path), preprocessing=preprocessing, labels=labels)
    return UserModelEntry("mine", settings).load()


def photo() -> Any:
    values = np.sin(np.arange(32 * 32 * 3) * 0.37)
    return ((values + 1) / 2).reshape(1, 32, 32, 3).astype(np.float32)


def answer(backbone: Backbone) -> Any:
    return np.asarray(backbone.model(photo()), np.float64)[0]


def chances(backbone: Backbone) -> Any:
    powers = np.exp(answer(backbone))
    return powers / powers.sum()


@pytest.mark.parametrize("name", list(NETWORKS))
def test_what_keras_2_computes_is_computed(name: str, tmp_path: Path) -> None:
    known = NETWORKS[name]
    model = load_keras2(write(tmp_path / "mine.h5", known["config"], known["weights"]))
    tolerance = 3e-2 if name == "mixed" else 2e-5
    got = np.asarray(model(255 * photo(), training=False), np.float32)
    np.testing.assert_allclose(got, known["output"], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    ("container", "second"), [("layers", 1), ("_layer_checkpoint_dependencies", 2)]
)
def test_so_it_is_of_a_keras_archive(container: str, second: int, tmp_path: Path) -> None:
    known = NETWORKS["tutorial"]
    shapes = {name: shape for entry in known["weights"].values() for name, shape in entry.items()}
    norm = ["gamma", "beta", "moving_mean", "moving_variance"]
    base = f"{container}/functional/{container}"
    groups = {
        f"{base}/conv2d": ["stem/kernel:0"],
        f"{base}/batch_normalization": [f"stem_bn/{each}:0" for each in norm],
        f"{base}/depthwise_conv2d": ["deep/depthwise_kernel:0"],
        f"{base}/batch_normalization_{second}": [f"deep_bn/{each}:0" for each in norm],
        f"{container}/dense": ["dense/kernel:0", "dense/bias:0"],
    }
    weights = {group: [(name, shapes[name]) for name in names] for group, names in groups.items()}
    model = load_keras2(write_archive(tmp_path / "mine.keras", known["config"], weights))
    got = np.asarray(model(255 * photo(), training=False), np.float32)
    np.testing.assert_allclose(got, known["output"], rtol=2e-5, atol=2e-5)
    del weights[f"{base}/batch_normalization_{second}"]
    write_archive(tmp_path / "mine.keras", known["config"], weights)
    with pytest.raises(UserError, match="weights of 1 layers 'batch_normalization' for 2"):
        load(tmp_path / "mine.keras")


def test_an_archive_that_does_not_say_which_keras_wrote_it_is_todays(tmp_path: Path) -> None:
    path = tmp_path / "mine.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    assert not is_keras2(path)


def test_a_layer_in_a_wrapper_is_filled(tmp_path: Path) -> None:
    inner = {"class_name": "Dense", "config": {"name": "inner", "units": 3, "use_bias": False}}
    parts = [
        entry("InputLayer", "photo", [], batch_input_shape=[None, 32, 32, 3]),
        entry("Conv2D", "a", ["photo"], filters=3, kernel_size=[1, 1], use_bias=False),
        entry("TimeDistributed", "wrapped", ["a"], layer=inner),
        entry("GlobalAveragePooling2D", "average", ["wrapped"]),
    ]
    weights = {
        "layers/conv2d": [("a/kernel:0", KERNEL)],
        "layers/time_distributed/layer": [("inner/kernel:0", [3, 3])],
    }
    path = write_archive(tmp_path / "mine.keras", functional(parts), weights)
    expected = photo()[0].mean((0, 1), np.float64) @ weights_of("a/kernel:0", KERNEL)[0, 0]
    expected = expected @ weights_of("inner/kernel:0", [3, 3])
    np.testing.assert_allclose(answer(load(path, "0..1")), expected, atol=1e-5)


def test_names_of_the_file_hold_through_networks_inside(tmp_path: Path) -> None:
    known = NETWORKS["tutorial"]
    backbone = load(write(tmp_path / "mine.h5", known["config"], known["weights"]))
    assert [(layer.name, layer.stride) for layer in backbone.layers if layer.is_cut] == [
        ("stem_relu", 2),
        ("out", 2),
    ]
    np.testing.assert_allclose(answer(backbone), known["output"][0], rtol=2e-5)
    write_backbone(backbone, None, tmp_path / "again.keras")
    again = load(tmp_path / "again.keras")
    assert [layer.name for layer in again.layers] == [layer.name for layer in backbone.layers]
    np.testing.assert_allclose(answer(again), answer(backbone), atol=1e-5)


def test_a_slash_in_a_name_becomes_a_full_stop(tmp_path: Path) -> None:
    known = NETWORKS["caffe"]
    backbone = load(write(tmp_path / "mine.h5", known["config"], known["weights"]))
    assert [layer.name for layer in backbone.layers] == ["conv1.conv"]
    np.testing.assert_allclose(answer(backbone), known["output"][0], rtol=2e-5)


def test_an_export_of_teachable_machine_with_its_labels(tmp_path: Path) -> None:
    """Of its older form: networks of class Model, no layers for inputs, numbered labels."""
    known = NETWORKS["teachable"]
    config = json.loads(json.dumps(known["config"]).replace('"Functional"', '"Model"'))
    for network in (config, *config["config"]["layers"][1:]):
        del network["config"]["layers"][0]
    path = write(tmp_path / "keras_model.h5", config, known["weights"])
    (tmp_path / "labels.txt").write_text("0 cat\n1 black dog\n2 42\n", encoding="utf-8")
    backbone = load(path, "0..255", str(tmp_path / "labels.txt"))
    assert backbone.class_names == ("cat", "black dog", "42")
    np.testing.assert_allclose(chances(backbone), known["output"][0], atol=1e-5)


def test_of_an_export_of_teachable_machine_nothing_need_be_said(tmp_path: Path) -> None:
    known = NETWORKS["teachable"]
    path = write(tmp_path / "keras_model.h5", known["config"], known["weights"])
    expected = np.asarray(load_keras2(path)(2 * photo() - 1))[0]
    assert load(path).class_names == ("class 0", "class 1", "class 2")
    (tmp_path / "labels.txt").write_text("0 cat\n1 black dog\n2 42\n", encoding="utf-8")
    for named in (path, tmp_path):
        backbone = load(named)
        assert backbone.class_names == ("cat", "black dog", "42")
        np.testing.assert_allclose(chances(backbone), expected, atol=1e-5)


def test_labels_beside_another_network_are_not_taken_for_its_own(tmp_path: Path) -> None:
    known = NETWORKS["normalized"]
    (tmp_path / "labels.txt").write_text("cat\ndog\nhorse\n", encoding="utf-8")
    path = write(tmp_path / "keras_model.h5", known["config"], known["weights"])
    assert load(path, "0..255").class_names == ("class 0", "class 1", "class 2")


def entry(kind: str, name: str, sources: list[str], **settings: Any) -> dict[str, Any]:
    """A layer as Keras 2 describes it."""
    calls = [[[source, 0, 0, {}] for source in sources]] if sources else []
    config = {"name": name, **settings}
    return {"class_name": kind, "config": config, "name": name, "inbound_nodes": calls}


def scaled_sum(kind: str, name: str, **settings: Any) -> Any:
    """A network whose last map is what a layer of that kind makes of two convolutions."""
    how = {"filters": 3, "kernel_size": [1, 1], "use_bias": False}
    parts = [
        entry("InputLayer", "photo", [], batch_input_shape=[None, 32, 32, 3]),
        entry("Conv2D", "a", ["photo"], **how),
        entry("Conv2D", "b", ["photo"], **how),
        entry("LayerScale", "c", ["b"], init_values=1e-6, projection_dim=3),
        entry(kind, name, ["a", "c"], **settings),
        entry("GlobalAveragePooling2D", "average", [name]),
    ]
    return functional(parts)


def functional(parts: list[dict[str, Any]]) -> Any:
    """A network from the photo to the average."""
    ends = {"input_layers": [["photo", 0, 0]], "output_layers": [["average", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "net", "layers": parts, **ends}}


KERNEL = [1, 1, 3, 3]
SCALED = {
    "a": {"a/kernel:0": KERNEL},
    "b": {"b/kernel:0": KERNEL},
    "c": {"c/gamma:0": [3]},
}


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("Custom>CustomScaleLayer", {"scale": 0.17}),
        ("Lambda", {"function": ["4wI=", None, None], "arguments": {"scale": 0.17}}),
    ],
)
def test_the_sums_of_inception_resnet_and_the_factors_of_convnext(
    kind: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    """Which today's Keras has in other classes, or names otherwise."""
    config = scaled_sum(kind, "block35_1", **settings)
    backbone = load(write(tmp_path / "mine.h5", config, SCALED), "0..1")
    pixels = photo()[0].mean((0, 1), np.float64)
    one = pixels @ weights_of("a/kernel:0", KERNEL)[0, 0]
    other = pixels @ weights_of("b/kernel:0", KERNEL)[0, 0] * weights_of("c/gamma:0", [3])
    np.testing.assert_allclose(answer(backbone), one + 0.17 * other, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "arguments"), [("sum", {"scale": 0.17}), ("block35_1", {}), ("block9_1", {"scale": 1})]
)
def test_other_lambda_layers_are_code(
    name: str, arguments: dict[str, float], tmp_path: Path
) -> None:
    config = scaled_sum("Lambda", name, function=["4wI=", None, None], arguments=arguments)
    with pytest.raises(UserError, match="expected layers that hold no code, got a Lambda layer"):
        load(write(tmp_path / "mine.h5", config, SCALED), "0..1")


def changed(name: str, layer: str, **settings: Any) -> tuple[Any, Any]:
    known = json.loads(json.dumps(NETWORKS[name]))
    for entry in known["config"]["config"]["layers"]:
        if entry["name"] == layer:
            entry["config"].update(settings)
            entry["class_name"] = settings.pop("class_name", entry["class_name"])
    return known["config"], known["weights"]


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        (("depthwise", "depthwise_conv2d", {"groups": 3}), "groups = 3 in the DepthwiseConv2D"),
        (("caffe", "tf.nn.bias_add", {"function": "io.write_file"}), r"tf\.io\.write_file"),
        (("caffe", "tf.nn.bias_add", {"function": "nn.relu"}), r"tf\.nn\.relu .*'bias'"),
        (("mixed", "re_lu", {"class_name": "LocallyConnected2D"}), "a layer LocallyConnected2D"),
        (("mixed", "conv2d", {"filters": 5}), r"weights \(3, 3, 3, 4\).*\(3, 3, 3, 5\)"),
        (("mixed", "conv2d", {"use_bias": False}), "other weights in 'conv2d'"),
        (("mixed", "conv2d", {"padding": "round"}), "a Conv2D 'conv2d' with .*round"),
    ],
)
def test_what_can_not_be_made_is_named_with_the_way_out(
    given: tuple[str, str, dict[str, Any]], cause: str, tmp_path: Path
) -> None:
    name, layer, settings = given
    path = write(tmp_path / "mine.h5", *changed(name, layer, **settings))
    with pytest.raises(UserError, match=rf"mine\.h5: expected .* got .*{cause}.*SavedModel"):
        load(path, "0..255")


def test_code_in_the_file_is_refused(tmp_path: Path) -> None:
    config, weights = changed("mixed", "re_lu", class_name="Lambda", function=["4wEA", None, None])
    with pytest.raises(UserError, match="expected layers that hold no code, got a Lambda layer"):
        load(write(tmp_path / "mine.h5", config, weights))


def test_weights_that_lie_in_another_file_are_refused(tmp_path: Path) -> None:
    known = NETWORKS["caffe"]
    path = write(tmp_path / "mine.h5", known["config"], known["weights"])
    path.rename(tmp_path / "other.h5")
    write(path, known["config"], known["weights"])
    name = "conv1/conv/conv1/conv/kernel:0"
    with h5py.File(path, "a") as file:
        del file["model_weights"][name]
        file["model_weights"][name] = h5py.ExternalLink("other.h5", f"model_weights/{name}")
    with pytest.raises(UserError, match="that lie in another file"):
        load(path)
