"""A cut does what the whole network does there, or there is no cut."""

import re
from pathlib import Path
from typing import Any

import contract
import numpy as np
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.formats.model_export import write_backbone
from diamond_cutter.precompute.backbones.graph import cut_network
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import (
    between,
    fold,
    truncate,
    truncate_at,
)
from diamond_cutter.precompute.backbones.graph.cut_verification import noise
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.backend.half_precision import in_precision
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
layers = keras.layers
SIZE = 32


def load(network: Any, folder: Path, preprocessing: str = "") -> Backbone:
    path = folder / "mine.keras"
    network.save(path)
    return UserModelEntry("mine", ModelSettings(file=str(path), preprocessing=preprocessing)).load()


def adapted(**options: Any) -> Any:
    """A Normalization that was adapted to photos of 0..255."""
    norm = layers.Normalization(**options, name="normalization")
    norm.adapt(np.random.default_rng(0).uniform(0, 255, (4, SIZE, SIZE, 3)).astype(np.float32))
    return norm


def network(first: Any, *, last: Any = None) -> Any:
    """A CNN that begins with a layer and ends with one; RGB 0..255, chances of 5 classes."""
    keras.utils.set_random_seed(0)
    photo = keras.Input((SIZE, SIZE, 3))
    value = layers.Conv2D(8, 3, strides=2, activation="relu", name="one")(first(photo))
    value = layers.BatchNormalization(name="norm")(layers.Conv2D(6, 3, name="two")(value))
    value = layers.ReLU(name="two_relu")(value)
    value = layers.GlobalAveragePooling2D(name="pooled")(value)
    made = keras.Model(photo, (last or layers.Dense(5, activation="softmax"))(value))
    contract.shake(made.get_layer("norm"))
    return made


def after(whole: Any, name: str, pixels: Any) -> Any:
    """What Keras itself gives at a layer for RGB 0..1."""
    part = keras.Model(whole.input, whole.get_layer(name).output)
    return np.asarray(part(255 * pixels))


NORMS = {
    "adapted": adapted,
    "of numbers": lambda: layers.Normalization(mean=[120.0, 115.0, 100.0], variance=[4e3] * 3),
    "of one number": lambda: layers.Normalization(axis=None, mean=120.0, variance=4e3),
    "within a network": lambda: keras.Sequential([keras.Input((SIZE, SIZE, 3)), adapted()]),
}


@pytest.mark.parametrize("kind", NORMS)
def test_a_normalization_is_copied_with_what_it_was_adapted_to(kind: str, tmp_path: Path) -> None:
    whole = network(NORMS[kind]())
    backbone = load(whole, tmp_path)
    pixels = contract.photos(3, SIZE)
    expected = np.asarray(whole(255 * pixels))
    logits = np.asarray(backbone.model(pixels), np.float64)
    chances = np.exp(logits - logits.max())
    np.testing.assert_allclose(chances / chances.sum(), expected, atol=1e-5)
    for cut in (truncate(backbone, "two_relu", pre_activation=False), fold(backbone, ["two_relu"])):
        np.testing.assert_allclose(cut(pixels), after(whole, "two_relu", pixels), atol=1e-5)
    before = np.asarray(truncate(backbone, "one", size=SIZE)(pixels))
    np.testing.assert_allclose(before.clip(0), after(whole, "one", pixels), atol=1e-5)
    features = truncate_at(backbone, "pooled", size=SIZE)
    np.testing.assert_allclose(
        features(pixels), after(whole, whole.layers[-2].name, pixels), atol=1e-5
    )
    rest = between(backbone, "one", "two_relu")
    np.testing.assert_allclose(
        rest(after(whole, "one", pixels)), after(whole, "two_relu", pixels), atol=1e-5
    )


@pytest.mark.parametrize("suffix", [".keras", ".modelzoo"])
def test_a_normalization_is_written_with_what_it_was_adapted_to(
    suffix: str, tmp_path: Path
) -> None:
    whole = network(adapted())
    path = tmp_path / f"again{suffix}"
    write_backbone(load(whole, tmp_path), "two_relu", path)
    again = UserModelEntry(
        "again", ModelSettings(file=str(path), preprocessing="0..1" if suffix == ".keras" else "")
    ).load()
    pixels = contract.photos(3, SIZE)
    np.testing.assert_allclose(again.model(pixels), after(whole, "two_relu", pixels), atol=1e-5)


def test_a_normalization_computes_in_half_precision_with_what_it_was_adapted_to(
    tmp_path: Path,
) -> None:
    whole = network(adapted())
    cut = truncate(load(whole, tmp_path), "two_relu", pre_activation=False)
    pixels, expected = contract.photos(3, SIZE), after(whole, "two_relu", contract.photos(3, SIZE))
    half = np.asarray(in_precision(cut, "bfloat16")(pixels))
    np.testing.assert_allclose(half, expected, atol=0.03 * expected.max())


def test_a_normalization_of_every_pixel_takes_photos_of_its_size_alone(tmp_path: Path) -> None:
    whole = network(adapted(axis=(1, 2, 3)))
    cut = truncate(load(whole, tmp_path), "two_relu", pre_activation=False)
    pixels = contract.photos(3, SIZE)
    np.testing.assert_allclose(cut(pixels), after(whole, "two_relu", pixels), atol=1e-5)
    larger = contract.photos(3, SIZE + 7)
    resized = np.asarray(keras.ops.image.resize(larger, (SIZE, SIZE)))
    np.testing.assert_allclose(cut(larger), after(whole, "two_relu", resized), atol=1e-5)


def quantized() -> Any:
    """A network whose 1 x 1 convolution is a dense layer of int8, with a norm after it."""
    keras.utils.set_random_seed(0)
    photo = keras.Input((SIZE, SIZE, 3))
    value = layers.Conv2D(8, 3, activation="relu", name="one")(layers.Rescaling(1 / 255)(photo))
    value = layers.BatchNormalization(name="norm")(layers.Dense(6, name="dense")(value))
    value = layers.ReLU(name="two_relu")(value)
    value = layers.GlobalAveragePooling2D(name="pooled")(value)
    whole = keras.Model(photo, layers.Dense(5, name="classes")(value))
    contract.shake(whole)
    whole.get_layer("dense").quantize("int8")
    return whole


def adapted_by_lora() -> Any:
    whole = network(layers.Rescaling(1 / 255))
    whole.get_layer("two").enable_lora(2)
    change = np.random.default_rng(3).normal(0, 0.3, whole.get_layer("two").lora_kernel_b.shape)
    whole.get_layer("two").lora_kernel_b.assign(change)
    return whole


def normed_along_rows() -> Any:
    """As many rows as channels: the wrong axis would fit as well."""
    keras.utils.set_random_seed(0)
    photo = keras.Input((SIZE, SIZE, 3))
    value = layers.Conv2D(SIZE, 3, padding="same")(layers.Rescaling(1 / 255)(photo))
    norm = layers.BatchNormalization(axis=1)
    value = layers.ReLU(name="two_relu")(norm(value))
    contract.shake(norm)
    return keras.Model(photo, layers.Dense(5)(layers.GlobalAveragePooling2D()(value)))


def normed_by_each_batch() -> Any:
    photo = keras.Input((SIZE, SIZE, 3))
    value = layers.Conv2D(6, 3)(layers.Rescaling(1 / 255)(photo))
    value = layers.ReLU(name="two_relu")(layers.BatchNormalization()(value, training=True))
    return keras.Model(photo, layers.Dense(5)(layers.GlobalAveragePooling2D()(value)))


@pytest.mark.parametrize(
    "make", [quantized, adapted_by_lora, normed_along_rows, normed_by_each_batch]
)
def test_what_can_t_be_folded_is_copied_as_it_is(make: Any, tmp_path: Path) -> None:
    whole = make()
    expected = after(whole, "two_relu", pixels := contract.photos(3, SIZE))
    cut = truncate(load(whole, tmp_path), "two_relu", pre_activation=False, size=SIZE)
    atol = (0.02 if make is quantized else 1e-5) * expected.max()
    np.testing.assert_allclose(cut(pixels), expected, atol=atol)


class Tinted(layers.Rescaling):  # type: ignore[misc]
    """Adds what is neither among its settings nor among its weights."""

    tint = 0.0

    def call(self, inputs: Any) -> Any:
        return super().call(inputs) + self.tint


def tinted(tint: float) -> Backbone:
    keras.utils.set_random_seed(0)
    photo = keras.Input((SIZE, SIZE, 3))
    value = layers.Conv2D(4, 3, name="one")(photo)
    own = Tinted(1.0, name="tinted")
    value = layers.ReLU(name="two")(layers.Conv2D(4, 3, name="between")(own(value)))
    own.tint = tint
    model = keras.Model(photo, layers.Dense(2)(layers.GlobalAveragePooling2D()(value)))
    return Backbone.of(model, Model("tinted", "own", "own", SIZE, None, None, None), ("a", "b"))


def test_a_layer_that_can_t_be_copied_is_told_with_the_first_value_that_differs() -> None:
    backbone = tinted(3.0)
    assert truncate(backbone, "one").output_shape[-1] == 4  # before it all is well
    one = np.asarray(backbone.model.get_layer("one")(noise((SIZE, SIZE), 3)))[0, 0, 0, 0]
    cuts = {
        "between": lambda: truncate(backbone, "two"),
        "two": lambda: between(backbone, "one", "two"),
    }
    for end, cut in cuts.items():
        told = (
            f"tinted: expected a copy of its layers up to {end!r} to give what they give, got "
            f"{one:.6g} in place of {one + 3:.6g} at (0, 0, 0, 0) in 'tinted' (Tinted), which "
            "can't be copied; put other layers of Keras in its place"
        )
        with pytest.raises(UserError, match=f"^{re.escape(told)}$"):
            cut()
    assert truncate(tinted(0.0), "two").output_shape[-1] == 4


def test_a_part_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    backbone = tinted(0.0)
    compared = []

    def count(*given: Any) -> None:
        compared.append(given[5])

    monkeypatch.setattr(cut_network, "check_copy", count)
    for _ in range(3):
        truncate(backbone, "two")
        fold(backbone, ["one", "two"])
    assert compared == [["between"], ["one", "two"]]


def dropping(*, norms_each_batch: bool) -> Any:
    """A network whose dropout is on at inference, unless it is asked to `predict`."""
    keras.utils.set_random_seed(0)
    photo = keras.Input((SIZE, SIZE, 3))
    value = layers.Conv2D(8, 3, name="one")(layers.Rescaling(1 / 255)(photo))
    norm = layers.BatchNormalization()
    value = layers.GlobalAveragePooling2D()(norm(value, training=norms_each_batch or None))
    value = layers.Dropout(0.5)(value, training=True)
    whole = keras.Model(photo, layers.Dense(2)(value))
    contract.shake(norm)
    return whole


def test_dropout_and_augmentation_are_off_as_in_predict(tmp_path: Path) -> None:
    pixels = contract.photos(3, SIZE)
    whole = dropping(norms_each_batch=False)
    expected = whole.predict(255 * pixels, verbose=0)
    np.testing.assert_allclose(load(whole, tmp_path).model(pixels), expected, atol=1e-5)
    whole = network(lambda x: layers.Rescaling(1 / 255)(layers.RandAugment()(x)))
    backbone = load(whole, tmp_path)
    powers = np.exp(backbone.model(pixels))
    expected = whole.predict(255 * pixels, verbose=0)
    np.testing.assert_allclose(powers / powers.sum(), expected, atol=1e-5)


def test_layers_that_give_something_else_one_by_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^mine: expected its layers one after the other to give"):
        load(dropping(norms_each_batch=True), tmp_path)
