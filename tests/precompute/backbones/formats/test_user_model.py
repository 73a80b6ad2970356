"""Networks of one's own, with random weights, as people save them."""

from pathlib import Path
from typing import Any

import contract
import h5py
import numpy as np
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.formats.model_export import write_backbone
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.pretrained_head import classifier
from diamond_cutter.precompute.backbones.keras_runtime import keras

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning",
    "ignore:You are saving your model as an HDF5 file",
)
layers = keras.layers


def load(path: Path, preprocessing: str = "", labels: str = "") -> Backbone:
    settings = ModelSettings(file=str(path), preprocessing=preprocessing, labels=labels)
    return UserModelEntry("mine", settings).load()


def transferred() -> Any:
    """As people have it: augmentation, preprocessing, backbone as one layer, dropout, head."""
    base = keras.applications.MobileNetV2(
        weights=None, include_top=False, input_shape=(64, 64, 3), alpha=0.35
    )
    contract.shake(base)
    base.trainable = False
    photo = keras.Input((64, 64, 3))
    value = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])(photo)
    value = layers.Rescaling(1 / 127.5, offset=-1)(value)
    value = base(value, training=False)
    value = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(value))
    return keras.Model(photo, layers.Dense(4, activation="softmax")(value))


def sequential(channels: int = 3, size: int = 33) -> Any:
    return keras.Sequential(
        [
            keras.Input((size, size, channels)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, activation="relu", name="conv2d"),
            layers.MaxPooling2D(name="max_pooling2d"),
            layers.Conv2D(12, 3, activation="gelu", name="conv2d_1"),
            layers.Flatten(),
            layers.Dense(5),
            layers.Softmax(),
        ]
    )


def chances(backbone: Backbone, pixels: np.ndarray) -> np.ndarray:
    logits = np.asarray(backbone.model(pixels), np.float64)
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_transferred_network_is_opened(suffix: str, tmp_path: Path) -> None:
    network, path = transferred(), tmp_path / f"mine{suffix}"
    network.save(path)
    backbone = load(path)
    assert (backbone.input_size, backbone.class_names[3]) == (64, "class 3")
    for layer in network.layers:
        layer.trainable = True  # the file's backbone is frozen, which does not make it smaller
    assert backbone.parameters == sum(int(np.prod(w.shape)) for w in network.trainable_weights)
    cuts = [layer.name for layer in backbone.layers if layer.is_cut]
    assert len(cuts) == 19
    assert cuts[:3] == ["Conv1_relu", "expanded_conv_project_BN", "block_1_project_BN"]
    pixels = contract.photos(3, 64)
    expected = np.asarray(network(255 * pixels))
    np.testing.assert_allclose(chances(backbone, pixels), expected, atol=1e-6)
    contract.check_layers(backbone)
    contract.check_network(backbone, [cuts[0], cuts[5], cuts[-1]])
    contract.check_picture(backbone, cuts[3], 75, tmp_path / "cut.keras")


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sequential_network_of_an_odd_size(channels: int, tmp_path: Path) -> None:
    network, path = sequential(channels), tmp_path / "mine.keras"
    network.save(path)
    backbone = load(path)
    assert [(layer.name, layer.channels, layer.stride) for layer in backbone.layers] == [
        ("conv2d", 8, 1),
        ("max_pooling2d", 8, 2),
        ("conv2d_1", 12, 2),
    ]
    assert all(layer.is_cut for layer in backbone.layers)
    pixels = contract.photos(3, 33)
    grey = np.dot(pixels, [0.2989, 0.587, 0.114])[..., None]
    expected = np.asarray(network(255 * (grey if channels == 1 else pixels)))
    np.testing.assert_allclose(chances(backbone, pixels), expected, atol=1e-5)
    contract.check_network(backbone, ["conv2d", "conv2d_1"])
    contract.check_picture(backbone, "conv2d_1", 47, tmp_path / "cut.keras")


def test_preprocessing_is_asked_for_or_named(tmp_path: Path) -> None:
    photo = keras.Input((20, 20, 3))
    value = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(photo))
    path = tmp_path / "bare.keras"
    keras.Model(photo, layers.Dense(2)(value)).save(path)
    told = r"bare\.keras: expected its preprocessing inside.*\[models.mine\].*'-1\.\.1'.*--check"
    with pytest.raises(UserError, match=told):
        load(path)
    with pytest.raises(UserError, match=r"preprocessing: expected one of '0\.\.1'.*got 'vgg'"):
        load(path, "vgg")
    pixels = contract.photos(3, 20)
    network = keras.models.load_model(path)
    bgr = 255 * pixels[..., ::-1] - [103.939, 116.779, 123.68]
    for name, taken in (("0..1", pixels), ("-1..1", 2 * pixels - 1), ("caffe", bgr)):
        expected = np.asarray(network(taken))
        np.testing.assert_allclose(load(path, name).model(pixels), expected, rtol=1e-4, atol=1e-4)


RANGES = {
    "a mean taken away": ([layers.Rescaling(1.0, offset=-127.5)], 255),
    "a factor of 1": (
        [layers.Rescaling(1.0), layers.Normalization(mean=[123.7] * 3, variance=[3400.0] * 3)],
        255,
    ),
    "a mean of 0": ([layers.Normalization(mean=[0.0] * 3, variance=[255.0**2] * 3)], 255),
    "two factors": ([layers.Rescaling(1 / 255), layers.Rescaling(2.0, offset=-1.0)], 255),
    "-1..1 of 0..1": ([layers.Rescaling(2.0, offset=-1.0)], 1),
    "ImageNet's of 0..1": ([layers.Normalization(mean=[0.45] * 3, variance=[0.05] * 3)], 1),
    "a crop and padding": (
        [layers.Rescaling(1 / 127.5, offset=-1.0), layers.CenterCrop(16, 16)],
        255,
    ),
    "nothing changed": ([layers.Rescaling(1.0)], None),
    "half as bright": ([layers.Rescaling(0.5)], None),
    "a norm not trained": ([layers.BatchNormalization()], None),
}


@pytest.mark.parametrize("kind", RANGES)
def test_a_range_that_is_not_certain_is_asked_for(kind: str, tmp_path: Path) -> None:
    first, white = RANGES[kind]
    photo = value = keras.Input((20, 20, 3))
    for layer in first:
        value = type(layer).from_config(layer.get_config())(value)
    value = layers.ZeroPadding2D()(value)
    value = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="relu")(value))
    network, path = keras.Model(photo, layers.Dense(2)(value)), tmp_path / "mine.keras"
    network.save(path)
    if white is None:
        with pytest.raises(UserError, match=r"mine\.keras: expected its preprocessing inside"):
            load(path)
        return
    pixels = contract.photos(3, 20)
    expected = np.asarray(network(white * pixels))
    np.testing.assert_allclose(load(path).model(pixels), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_preprocessing_of_keras_is_found_inside(mode: str, tmp_path: Path) -> None:
    """As people call `preprocess_input` of keras.applications, which adds operations."""
    photo = keras.Input((32, 32, 3))
    value = keras.applications.imagenet_utils.preprocess_input(photo, mode=mode)
    value = layers.Conv2D(4, 3, strides=2, activation="relu", name="first")(value)
    network = keras.Model(photo, layers.Dense(3)(layers.GlobalAveragePooling2D()(value)))
    path = tmp_path / "mine.keras"
    network.save(path)
    backbone = load(path)
    assert [(layer.name, layer.stride, layer.receptive_field) for layer in backbone.layers] == [
        ("first", 2, 3)
    ]
    pixels = contract.photos(3, 32)
    expected = np.asarray(network(255 * pixels))
    np.testing.assert_allclose(backbone.model(pixels), expected, rtol=1e-4, atol=1e-4)


def test_what_is_saved_is_read_back_whatever_its_sides(tmp_path: Path) -> None:
    photo = keras.Input((61, 47, 1))
    value = layers.Conv2D(8, 3, strides=2, activation="relu")(layers.Rescaling(1 / 255)(photo))
    network = keras.Model(photo, layers.Dense(1, activation="sigmoid")(layers.Flatten()(value)))
    network.save(tmp_path / "mine.keras")
    backbone = load(tmp_path / "mine.keras")
    assert (backbone.input_size, backbone.sides) == (61, (61, 47))
    write_backbone(backbone, None, tmp_path / "again.keras")
    again = load(tmp_path / "again.keras")
    pixels = np.random.default_rng(1).random((1, 61, 47, 3), np.float32)
    np.testing.assert_allclose(again.model(pixels), backbone.model(pixels), atol=1e-6)
    with pytest.raises(UserError, match=r"a\.pb: expected a network of square photos.* 61 x 47"):
        write_backbone(backbone, None, tmp_path / "a.pb")
    assert classifier(backbone).weights.shape == (30 * 23 * 8, 2)  # no and yes


def test_layers_called_twice_and_operations(tmp_path: Path) -> None:
    photo = keras.Input((16, 16, 3))
    shared = layers.Conv2D(3, 3, padding="same", activation="relu", name="shared")
    value = photo / 127.5 - 1.0
    value = keras.ops.relu(shared(shared(value)) + value)
    network = keras.Model(photo, layers.Dense(2)(layers.GlobalMaxPooling2D()(value)))
    path = tmp_path / "twice.keras"
    network.save(path)
    backbone = load(path)
    names = [layer.name for layer in backbone.layers if layer.name.startswith("shared")]
    assert names == ["shared", "shared_1"]
    pixels = contract.photos(3, 16)
    np.testing.assert_allclose(
        backbone.model(pixels), np.asarray(network(255 * pixels)), rtol=1e-4, atol=1e-5
    )


def test_names_of_the_file_hold_in_lists_and_in_what_is_saved(tmp_path: Path) -> None:
    """Numbers from 1, as Keras 2 counted, and the last block numbered before the first."""
    photo = keras.Input((32, 32, 3))
    value = layers.Rescaling(1 / 255)(photo)
    for number, width in ((2, 8), (1, 12), (3, 16)):
        value = layers.Conv2D(width, 3, strides=2, name=f"conv2d_{number}")(value)
        value = layers.BatchNormalization(name=f"batch_normalization_{number}")(value)
        value = layers.Activation("relu", name=f"activation_{number}")(value)
    path = tmp_path / "mine.keras"
    keras.Model(photo, layers.Dense(2)(layers.GlobalAveragePooling2D()(value))).save(path)
    backbone = load(path)
    named = [("activation_2", 8), ("activation_1", 12), ("activation_3", 16)]
    assert [(layer.name, layer.channels) for layer in backbone.layers] == named
    for cut, kept in ((None, named), ("activation_1", named[:2])):
        write_backbone(backbone, cut, tmp_path / "again.keras")
        saved = keras.models.load_model(tmp_path / "again.keras")
        assert saved.get_layer("activation_1").output.shape[-1] == 12
        if cut is None:
            again = load(tmp_path / "again.keras")
            assert [(layer.name, layer.channels) for layer in again.layers] == kept


def test_labels_name_the_classes(tmp_path: Path) -> None:
    path, labels = tmp_path / "mine.keras", tmp_path / "labels.txt"
    sequential().save(path)
    labels.write_text("ant\nbee\ncat\ndog\nelk\n")
    assert load(path, labels=str(labels)).class_names == ("ant", "bee", "cat", "dog", "elk")
    labels.write_text("\ufeff0 ant\r\n1 bee\r\n2 cat\r\n3 dog\r\n4 elk\r\n", encoding="utf-8")
    assert load(path, labels=str(labels)).class_names == ("ant", "bee", "cat", "dog", "elk")
    labels.write_text("1 ant\n2 bee\n3 cat\n4 dog\n5 elk\n")
    assert load(path, labels=str(labels)).class_names[0] == "1 ant"
    labels.write_text("ant\nbee\n")
    with pytest.raises(UserError, match="expected 5 names of classes, one a line, got 2"):
        load(path, labels=str(labels))


def write_wrong(kind: str, path: Path) -> None:  # noqa: C901
    photo = keras.Input((16, 16, 3))
    convolved = layers.Conv2D(2, 3)(layers.Rescaling(1 / 255)(photo))
    pooled = layers.GlobalAveragePooling2D()(convolved)
    match kind:
        case "text":
            path.write_text("dear diary")
        case "truncated":
            sequential().save(path)
            path.write_bytes(path.read_bytes()[:3000])
        case "lambda":
            keras.Model(photo, layers.Dense(2)(layers.Lambda(lambda x: x)(pooled))).save(path)
        case "two inputs":
            other = keras.Input((3,))
            both = layers.Concatenate()([pooled, other])
            keras.Model([photo, other], layers.Dense(2)(both)).save(path)
        case "two outputs":
            keras.Model(photo, [layers.Dense(2)(pooled), layers.Dense(3)(pooled)]).save(path)
        case "weights":
            keras.Model(photo, pooled).save_weights(path)
        case "channels first":
            first = keras.Input((3, 16, 16))
            keras.Model(first, layers.Flatten()(first)).save(path)
        case "endless":
            first = keras.Input((2**31, 16, 3))
            keras.Model(first, layers.GlobalAveragePooling2D()(layers.Conv2D(2, 1)(first))).save(
                path
            )
        case "own class":

            class Own(layers.Layer):  # type: ignore[misc]
                def call(self, inputs: Any) -> Any:
                    return inputs

            keras.Model(photo, Own()(pooled)).save(path)
        case "own function":

            def own(value: Any) -> Any:
                return value

            keras.Model(photo, layers.Dense(2, activation=own)(pooled)).save(path)
        case "main":  # as a script saves a class of its own

            class Mine(layers.Layer):  # type: ignore[misc]
                def call(self, inputs: Any) -> Any:
                    return inputs

            Mine.__module__ = "__main__"
            keras.Model(photo, Mine()(pooled)).save(path)
        case "no layers":
            keras.Model(photo, layers.Dense(2)(layers.Flatten()(photo / 255))).save(path)


@pytest.mark.parametrize(
    ("kind", "file", "told"),
    [
        ("text", "a.h5", "expected a HDF5 file with a whole network, got"),
        ("text", "a.keras", "expected a Keras archive with a whole network, got File is not a zip"),
        ("truncated", "a.h5", "expected a HDF5 file with a whole network, got .*truncated"),
        ("truncated", "a.keras", "expected a Keras archive with a whole network, got"),
        ("lambda", "a.h5", "got a Lambda layer; put a layer of Keras in its place"),
        ("lambda", "a.keras", "got a Lambda layer; put a layer of Keras in its place"),
        ("two inputs", "a.keras", "expected a network of one photo .* got 2 inputs and 1 outputs"),
        ("two outputs", "a.h5", "expected a network of one photo .* got 1 inputs and 2 outputs"),
        ("weights", "a.weights.h5", "expected a whole network, got weights alone"),
        ("channels first", "a.keras", r"expected an input of \(N, H, W, 3\) .*, got \(None, 3, 16"),
        ("endless", "a.keras", r"got \(None, 2147483648, 16, 3\); .* at most 16384 pixels a side"),
        ("own class", "a.keras", "expected layers of Keras alone, got .*Own, which is code"),
        ("own class", "a.h5", "got Own, which is code of its own"),
        ("own function", "a.keras", "got own, which is code of its own"),
        ("own function", "a.h5", "got own, which is code of its own"),
        ("main", "a.keras", "Mine, which is code of its own"),
        ("no layers", "a.keras", r"expected a network with layers \(N, H, W, C\)"),
    ],
)
def test_wrong_files_are_told_in_one_line(kind: str, file: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / file
    write_wrong(kind, path)
    with pytest.raises(UserError, match=told) as error:
        load(path)
    assert str(path) in str(error.value)


def test_a_file_of_another_kind_or_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\[models.mine\] file: expected a network at .*nothing"):
        load(tmp_path / "absent.keras")
    (tmp_path / "net.pth").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"file: expected .keras, .* got 'net.pth'"):
        load(tmp_path / "net.pth")


def test_half_a_weight_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "mine.h5"
    sequential().save(path)
    with h5py.File(path, "a") as file:
        names = list(file["model_weights"].attrs["layer_names"])
        del file["model_weights"][next(name for name in names if "conv2d" in str(name))]
    with pytest.raises(UserError, match="expected a whole network that Keras reads"):
        load(path)
