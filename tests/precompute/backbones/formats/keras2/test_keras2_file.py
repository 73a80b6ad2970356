"""Files of Keras 2, held against what TensorFlow 2.12 computed, by `write_keras2_networks.py`."""

import json
from pathlib import Path
from typing import Any
from zlib import crc32

import h5py
import numpy as np
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.formats.keras2.keras2_file import load_keras2
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
