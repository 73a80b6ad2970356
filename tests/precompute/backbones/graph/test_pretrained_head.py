"""How networks of many forms read their classes: held against what Keras gives for photos."""

from pathlib import Path
from typing import Any

import contract
import numpy as np
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.top_classes import class_chances
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import truncate
from diamond_cutter.precompute.backbones.graph.pretrained_head import (
    POOLINGS,
    classifier,
    cut_head,
)
from diamond_cutter.precompute.backbones.keras_runtime import keras

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
layers, ops = keras.layers, keras.ops
SIZE = 24


def average(value: Any) -> Any:
    return layers.GlobalAveragePooling2D()(value)


def normed(value: Any) -> Any:
    norm = layers.BatchNormalization(name="shaken")
    return layers.Activation("softmax")(norm(layers.Dense(5)(average(value))))


HEADS = {
    "dense": lambda x: layers.Dense(5, activation="softmax")(average(x)),
    "normed": normed,
    "rescaled": lambda x: layers.Softmax()(layers.Rescaling(3.0, 1.0)(layers.Dense(5)(average(x)))),
    "warm": lambda x: ops.softmax(layers.Dense(5)(average(x)) / 2.5),
    "logarithmic": lambda x: ops.log_softmax(layers.Dense(5)(average(x))),
    "of logarithms": lambda x: ops.exp(ops.log_softmax(layers.Dense(5)(average(x)))),
    "of two layers": lambda x: layers.Activation("exponential")(
        layers.Dense(5, activation="log_softmax")(average(x))
    ),
    "of an operation": lambda x: layers.Dense(5)(ops.mean(x, (1, 2))),
    "narrow": lambda x: layers.Dense(5)(layers.Dense(2)(average(x))),
    "hidden": lambda x: layers.Dense(5)(
        layers.Dropout(0.2)(layers.Dense(7, activation="relu")(average(x)))
    ),
    "twice hidden": lambda x: layers.Dense(5)(
        layers.ReLU()(layers.Dense(6)(layers.Dense(7, activation="relu")(average(x))))
    ),
    "rectified": lambda x: layers.Softmax()(layers.ReLU()(layers.Dense(5)(average(x)))),
    "maximum": lambda x: layers.Dense(5)(layers.GlobalMaxPooling2D()(x)),
    "both": lambda x: layers.Dense(5)(
        layers.Concatenate()([average(x), layers.GlobalMaxPooling2D()(x)])
    ),
    "convolved": lambda x: layers.Flatten()(
        layers.Conv2D(5, 1)(layers.GlobalAveragePooling2D(keepdims=True)(x))
    ),
    "class maps": lambda x: layers.Softmax()(average(layers.Conv2D(5, 3, padding="same")(x))),
    "rectified class maps": lambda x: ops.softmax(
        average(layers.Conv2D(5, 1, activation="relu")(x))
    ),
    "linear class maps": lambda x: layers.Softmax()(average(layers.Conv2D(5, 1)(x))),
    "several": lambda x: layers.Dense(5, activation="sigmoid")(average(x)),
    "named as ours": lambda x: layers.Dense(5, name="image")(
        layers.Reshape((8,), name="reshape")(layers.GlobalAveragePooling2D(name="resize")(x))
    ),
}
"""What follows a map of 8 channels, up to 5 classes."""

CLASS_MAPS = ("class maps", "rectified class maps")
POOLED = {"maximum": "maximum", "both": "both"}
LAYERS = {"hidden": 2, "twice hidden": 3, "rectified": 2}


def network(head: Any) -> Any:
    keras.utils.set_random_seed(1)
    keras.backend.clear_session()
    photo = keras.Input((SIZE, SIZE, 3))
    value = layers.Rescaling(1 / 255)(photo)
    value = layers.Conv2D(6, 3, strides=2, activation="relu")(value)
    value = layers.Conv2D(8, 3, activation="relu", name="last")(value)
    whole = keras.Model(photo, head(value))
    for layer in whole.layers:
        if layer.name == "shaken":
            contract.shake(layer)
    return whole


def loaded(whole: Any, kind: str, folder: Path, labels: str = "") -> Backbone:
    folder.mkdir(exist_ok=True)
    path = folder / ("mine.keras" if kind == "keras" else "saved")
    if kind == "keras":
        whole.save(path)
    else:
        whole.export(path, verbose=False)
    settings = ModelSettings(file=str(path), preprocessing="0..255", labels=labels)
    return UserModelEntry("mine", settings).load()


def photos() -> Any:
    return np.concatenate([contract.photos(3, SIZE), contract.photos(3, SIZE)[:, ::-1] ** 2])


def centred(logits: Any) -> Any:
    """Logits, but for what all have in common, which no softmax sees."""
    return logits - np.mean(logits, axis=1, keepdims=True)


def logits_of(whole: Any, name: str, pixels: Any) -> Any:
    """By Keras: the logarithm of chances, or what the network gives itself."""
    found = np.asarray(whole(255 * pixels), np.float64)
    if name == "several":
        return np.log(found / (1 - found))
    chances = (found >= 0).all() and np.allclose(found.sum(1), 1, atol=1e-5)
    return np.log(found) if chances else found


@pytest.mark.parametrize("name", HEADS)
def test_a_backbone_s_own_classes_are_read_as_keras_reads_them(name: str, tmp_path: Path) -> None:
    whole = network(HEADS[name])
    backbone = loaded(whole, "keras", tmp_path)
    pixels = photos()
    expected = centred(logits_of(whole, name, pixels))
    assert np.abs(expected).max() > 1e-3
    own = classifier(backbone)
    features = np.asarray(own.features(pixels)).reshape(len(pixels), -1)
    got = features @ own.weights + own.bias
    np.testing.assert_allclose(centred(got), expected, atol=1e-4)
    found = cut_head(backbone)
    assert found.pooling == POOLED.get(name, "average")
    assert len(found.layers) == LAYERS.get(name, 1)
    assert found.cut.channels == (5 if name in CLASS_MAPS else 8)
    maps = np.asarray(truncate(backbone, found.cut.name, pre_activation=False)(pixels))
    value = POOLINGS[found.pooling](maps)
    for number, (weights, bias) in enumerate(found.layers):
        value = (np.maximum(value, 0) if number else value) @ weights + bias
    np.testing.assert_allclose(centred(value), expected, atol=1e-4)


@pytest.mark.parametrize(
    "name", ["dense", "normed", "of logarithms", "hidden", "rectified", "linear class maps"]
)
def test_so_are_those_of_a_saved_model(name: str, tmp_path: Path) -> None:
    whole = network(HEADS[name])
    backbone = loaded(whole, "saved", tmp_path)
    pixels = photos()
    expected = centred(logits_of(whole, name, pixels))
    own = classifier(backbone)
    features = np.asarray(own.features(pixels)).reshape(len(pixels), -1)
    np.testing.assert_allclose(centred(features @ own.weights + own.bias), expected, atol=1e-4)
    found = cut_head(backbone)
    assert len(found.layers) == LAYERS.get(name, 1)
    maps = np.asarray(truncate(backbone, found.cut.name, pre_activation=False)(pixels))
    value = maps.mean((1, 2))
    for number, (weights, bias) in enumerate(found.layers):
        value = (np.maximum(value, 0) if number else value) @ weights + bias
    np.testing.assert_allclose(centred(value), expected, atol=1e-4)


def test_a_quantized_dense_layer_is_one(tmp_path: Path) -> None:
    whole = network(HEADS["dense"])
    whole.layers[-1].quantize("int8")
    backbone = loaded(whole, "keras", tmp_path)
    pixels = photos()
    expected = centred(np.log(np.asarray(whole(255 * pixels), np.float64)))
    found = cut_head(backbone)
    [(weights, bias)] = found.layers
    maps = np.asarray(truncate(backbone, found.cut.name, pre_activation=False)(pixels))
    got = centred(maps.mean((1, 2)) @ weights + bias)
    np.testing.assert_allclose(got, expected, atol=0.03 * np.abs(expected).max())


@pytest.mark.parametrize("kind", ["keras", "saved"])
@pytest.mark.parametrize(
    "head",
    [
        lambda x: layers.Dense(1, activation="sigmoid")(average(x)),
        lambda x: ops.sigmoid(layers.Dense(1)(average(x))),
    ],
)
def test_a_sigmoid_of_one_number_is_two_classes(head: Any, kind: str, tmp_path: Path) -> None:
    whole = network(head)
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    backbone = loaded(whole, kind, tmp_path, str(tmp_path / "labels.txt"))
    assert backbone.class_names == ("cat", "dog")
    pixels = photos()
    expected = np.asarray(whole(255 * pixels), np.float64)[:, 0]
    logits = np.asarray(backbone.model(pixels), np.float64)
    np.testing.assert_allclose(1 / (1 + np.exp(logits[:, 0] - logits[:, 1])), expected, atol=1e-5)
    own = classifier(backbone)
    features = np.asarray(own.features(pixels)).reshape(len(pixels), -1)
    np.testing.assert_allclose(features @ own.weights + own.bias, logits, atol=1e-4)
    [(weights, bias)] = cut_head(backbone).layers
    assert weights.shape == (8, 2)
    assert bias[0] == np.abs(weights[:, 0]).max() == 0


@pytest.mark.parametrize("kind", ["keras", "saved"])
def test_one_number_is_no_chance_and_the_logit_of_the_second_of_two_labels(
    kind: str, tmp_path: Path
) -> None:
    whole = network(lambda x: layers.Dense(1)(average(x)))
    image = (255 * photos()[1]).astype(np.uint8)
    [[number]] = np.asarray(whole(image[None].astype(np.float32)))
    told = rf"expected a network of classes, got one number, {number:.2g}\d*, .* name both"
    with pytest.raises(UserError, match=told):
        class_chances(loaded(whole, kind, tmp_path), [image])
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    backbone = loaded(whole, kind, tmp_path / "again", str(tmp_path / "labels.txt"))
    assert backbone.class_names == ("cat", "dog")
    dog = 1 / (1 + np.exp(-number))
    np.testing.assert_allclose(class_chances(backbone, [image]), [[1 - dog, dog]], atol=1e-5)


def test_classes_that_do_not_exclude_each_other_have_chances_of_their_own(tmp_path: Path) -> None:
    whole = network(HEADS["several"])
    backbone = loaded(whole, "keras", tmp_path)
    image = (255 * photos()[1]).astype(np.uint8)
    expected = np.asarray(whole(image[None].astype(np.float32)))[0]
    np.testing.assert_allclose(class_chances(backbone, [image]), [expected], atol=1e-5)


REFUSED = {
    "flattened": (
        lambda x: layers.Dense(5)(layers.Flatten()(x)),
        r"expected classes that are read from the average or the maximum of the last cut by dense "
        r"layers with ReLU, got 'flatten' \(Flatten\), which does something else; train a head",
    ),
    "normed by photos": (
        lambda x: layers.LayerNormalization()(layers.Dense(5)(average(x))),
        r"got 'layer_normalization' \(LayerNormalization\), which does something else; train",
    ),
    "smooth": (
        lambda x: layers.Dense(5)(layers.Dense(6, activation="gelu", name="hidden")(average(x))),
        r"got 'hidden' \(Dense with gelu\), which does something else; train",
    ),
    "of one number": (
        lambda x: layers.Dense(1)(average(x)),
        "expected a network of two classes or more, or one that ends in a sigmoid of one number",
    ),
    "a map": (
        lambda x: layers.Conv2D(4, 1, activation="softmax")(x),
        r"expected a network that ends in a vector of classes, got \(None, 9, 9, 4\)",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_read_otherwise_is_told(kind: str, tmp_path: Path) -> None:
    head, told = REFUSED[kind]
    backbone = loaded(network(head), "keras", tmp_path)
    with pytest.raises(UserError, match=f"^mine: .*{told}"):
        cut_head(backbone)
    if kind in ("flattened", "normed by photos"):  # pictures of their classes can be made
        pixels = photos()
        own = classifier(backbone)
        features = np.asarray(own.features(pixels)).reshape(len(pixels), -1)
        expected = np.asarray(backbone.model(pixels))
        np.testing.assert_allclose(features @ own.weights + own.bias, expected, atol=1e-4)
