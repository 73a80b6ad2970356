"""Parts of a frozen graph: gradients pass from one layer to another, as in Keras."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.formats.model_export import write_backbone
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import between, fold, truncate
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf

layers = keras.layers
SIZE = 24


def branched(dtype: str = "float32") -> Any:
    """A network of RGB 0..1 with a branch, so that not all of its layers are cuts."""
    keras.utils.set_random_seed(0)
    options = {"padding": "same", "activation": "relu", "dtype": dtype}
    photo = keras.Input((SIZE, SIZE, 3))
    one = layers.Conv2D(6, 3, strides=2, name="one", **options)(photo)
    left = layers.Conv2D(4, 3, name="left", **options)(one)
    both = layers.Concatenate(name="both", dtype=dtype)([left, one])
    two = layers.Conv2D(5, 3, strides=2, name="two", **options)(both)
    value = layers.GlobalAveragePooling2D(dtype="float32")(two)
    return keras.Model(photo, layers.Dense(3, activation="softmax", dtype="float32")(value))


def load(path: Path, preprocessing: str = "") -> Backbone:
    settings = ModelSettings(file=str(path), preprocessing=preprocessing)
    return UserModelEntry("frozen", settings).load()


def frozen(kind: str, whole: Any, folder: Path) -> Backbone:
    if kind == "SavedModel":
        whole.export(folder / "saved", verbose=False)
        return load(folder / "saved", "0..1")
    whole.save(folder / "whole.keras")
    write_backbone(load(folder / "whole.keras", "0..1"), None, folder / "whole.pb")
    return load(folder / "whole.pb")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("kind", ["SavedModel", "graph"])
def test_gradients_pass_from_one_layer_to_another(kind: str, tmp_path: Path) -> None:
    whole = branched()
    backbone = frozen(kind, whole, tmp_path)
    names = ["one", "left", "two"]
    own = [next(each.name for each in backbone.layers if f"{name}" in each.name) for name in names]
    pixels = tf.constant(np.random.default_rng(0).random((2, SIZE, SIZE, 3), np.float32))
    expected = _slopes(keras.Model(whole.input, [whole.get_layer(n).output for n in names]), pixels)
    got = _slopes(fold(backbone, own), pixels)
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
        assert np.abs(theirs).max() > 0


def _slopes(network: Any, pixels: Any) -> list[Any]:
    """The layers of a network, then the gradients of the square of the last by each of them."""
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        values = keras.tree.flatten(network(pixels))
        total = tf.reduce_sum(tf.square(values[-1]))
    return [*values, *tape.gradient(total, [pixels, *values])]


def test_half_precision_is_given_as_float32(tmp_path: Path) -> None:
    whole = branched("mixed_float16")
    backbone = frozen("SavedModel", whole, tmp_path)
    names = [layer.name for layer in backbone.layers]
    pixels = np.random.default_rng(0).random((2, SIZE, SIZE, 3), np.float32)
    expected = keras.Model(whole.input, whole.get_layer("two").output)(pixels)
    assert expected.dtype == "float16"
    [*_, two] = fold(backbone, names)(pixels)
    assert two.dtype == tf.float32
    np.testing.assert_allclose(two, expected, atol=2e-3)
    one = truncate(backbone, names[0], pre_activation=False)(pixels)
    np.testing.assert_allclose(between(backbone, names[0], names[-1])(one), expected, atol=2e-3)
