"""Networks with parts that take one size alone: cut, they take photos of any."""

from pathlib import Path
from typing import Any

import contract
import numpy as np
import pytest

from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import between, fold, truncate
from diamond_cutter.precompute.backbones.keras_runtime import keras

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
layers, ops = keras.layers, keras.ops
SIDES = (32, 24)


def attended(value: Any) -> Any:
    _, height, width, channels = value.shape
    sequence = layers.Reshape((height * width, channels))(value)
    sequence = layers.MultiHeadAttention(2, 4)(sequence, sequence)
    return layers.Add()([value, layers.Reshape((height, width, channels))(sequence)])


def shuffled(value: Any) -> Any:
    _, height, width, channels = value.shape
    apart = ops.reshape(value, (-1, height, width, 2, channels // 2))
    return ops.reshape(ops.transpose(apart, (0, 1, 2, 4, 3)), (-1, height, width, channels))


def sloped(value: Any) -> Any:
    """A slope for each place, as Keras has it by default."""
    return layers.PReLU(alpha_initializer="random_uniform", name="slopes")(value)


OF_ONE_SIZE = {"attended": attended, "shuffled": shuffled, "sloped": sloped}


def loaded(between: Any, folder: Path, **options: Any) -> tuple[Any, Backbone]:
    keras.utils.set_random_seed(0)
    photo = keras.Input((*SIDES, 3))
    value = layers.Rescaling(1 / 255)(photo)
    value = layers.Conv2D(8, 3, strides=2, padding="same", name="one", **options)(value)
    value = layers.Conv2D(6, 3, padding="same", name="two", **options)(between(value))
    value = layers.Dense(3)(layers.GlobalAveragePooling2D()(layers.ReLU(name="end")(value)))
    whole, path = keras.Model(photo, value), folder / "mine.keras"
    whole.save(path)
    return whole, UserModelEntry("mine", ModelSettings(file=str(path))).load()


def after(whole: Any, name: str, pixels: Any) -> Any:
    """What Keras itself gives at a layer for RGB 0..1."""
    return np.asarray(keras.Model(whole.input, whole.get_layer(name).output)(255 * pixels))


def photos(height: int, width: int) -> Any:
    return contract.photos(3, max(height, width))[:, :height, :width]


@pytest.mark.parametrize("kind", OF_ONE_SIZE)
def test_what_takes_one_size_alone_gets_it(kind: str, tmp_path: Path) -> None:
    whole, backbone = loaded(OF_ONE_SIZE[kind], tmp_path)
    begin = backbone.layers[0].name
    assert begin == ("slopes" if kind == "sloped" else "one")
    pixels = photos(*SIDES)
    first, last = after(whole, begin, pixels), after(whole, "end", pixels)
    cut = truncate(backbone, "end", pre_activation=False)
    np.testing.assert_allclose(cut(pixels), last, atol=1e-5)
    np.testing.assert_allclose(fold(backbone, [begin, "end"])(pixels)[1], last, atol=1e-5)
    np.testing.assert_allclose(between(backbone, begin, "end")(first), last, atol=1e-5)
    square = photos(50, 50)
    resized = np.asarray(ops.image.resize(square, SIDES))
    np.testing.assert_allclose(cut(square), after(whole, "end", resized), atol=1e-5)
    square_cut = truncate(backbone, "end", pre_activation=False, size=50)
    np.testing.assert_allclose(square_cut(square), after(whole, "end", resized), atol=1e-5)


def test_what_is_before_it_takes_any_size(tmp_path: Path) -> None:
    _, backbone = loaded(attended, tmp_path)
    assert truncate(backbone, "one")(photos(50, 50)).shape[1:3] == (25, 25)
    _, backbone = loaded(lambda value: value, tmp_path)
    assert truncate(backbone, "end")(photos(50, 50)).shape[1:3] == (25, 25)


PRECISIONS = {
    "float16": (1e-2, "float16"),
    "mixed_float16": (1e-2, "float16"),
    "bfloat16": (5e-2, "bfloat16"),
    "mixed_bfloat16": (5e-2, "bfloat16"),
    "float64": (1e-5, "float64"),
}


@pytest.mark.parametrize("policy", PRECISIONS)
def test_activations_are_float32_in_whichever_precision_layers_compute(
    policy: str, tmp_path: Path
) -> None:
    tolerance, computed = PRECISIONS[policy]
    keras.config.set_dtype_policy(policy)
    try:
        whole, backbone = loaded(layers.BatchNormalization(name="norm"), tmp_path)
    finally:
        keras.config.set_dtype_policy("float32")
    pixels = photos(*SIDES)
    part = keras.Model(whole.input, whole.get_layer("end").output)
    assert part.output.dtype == computed
    expected = np.asarray(part(255 * pixels)).astype(np.float64)
    cuts = {
        "truncated": truncate(backbone, "end", pre_activation=False),
        "before": truncate(backbone, "end"),
        "several": fold(backbone, ["norm", "end"]),
        "from the middle": between(backbone, "norm", "end"),
    }
    values = {name: cut for name, cut in cuts.items() if name != "from the middle"}
    found = {name: keras.tree.flatten(cut(pixels)) for name, cut in values.items()}
    found["from the middle"] = [cuts["from the middle"](found["several"][0])]
    for name, tensors in found.items():
        assert {keras.backend.standardize_dtype(each.dtype) for each in tensors} == {"float32"}
        got = np.maximum(tensors[-1], 0)
        np.testing.assert_allclose(got, expected, atol=tolerance * expected.max(), err_msg=name)
