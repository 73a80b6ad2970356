"""What a layer is before the nonlinearities at its end, where it only joins or pools them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.convolution_blocks import ends_of
from diamond_cutter.precompute.backbones.graph.cut_network import fold, truncate
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model

L = keras.layers


@pytest.fixture(scope="module")
def branches() -> Backbone:
    """Branches as Inception and SqueezeNet have them, pooled as in VGG, and with a smooth one."""
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3), name="image")
    value = L.Conv2D(6, 3, padding="same", name="stem")(image)
    one = L.ReLU(name="one_relu")(L.Conv2D(4, 1, name="one")(value))
    two = L.Conv2D(5, 3, padding="same", activation="relu", name="two")(value)
    both = L.Concatenate(name="both")([one, two])
    pooled = L.MaxPooling2D(name="pooled")(both)
    three = L.Activation("silu", name="three_silu")(L.Conv2D(3, 1, strides=2, name="three")(both))
    mixed = L.Concatenate(name="mixed")([pooled, three])
    smooth = L.MaxPooling2D(name="smooth")(mixed)
    last = L.Conv2D(2, 1, name="last")(smooth)
    logits = L.Dense(2, name="logits")(L.GlobalAveragePooling2D(name="pool")(last))
    info = Model("own", "own", "own", 32, None, None, None)
    return Backbone.of(keras.Model(image, logits), info, ("a", "b"))


def pixels() -> NDArray[np.float32]:
    return np.random.default_rng(0).uniform(0, 1, (2, 16, 16, 3)).astype(np.float32)


def before_and_after(backbone: Backbone, name: str) -> tuple[NDArray[np.float32], ...]:
    return tuple(
        np.asarray(truncate(backbone, name, pre_activation=before)(pixels()))
        for before in (True, False)
    )


def silu(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(values / (1 + np.exp(-values)))


@pytest.mark.parametrize("name", ["both", "pooled"])
def test_joined_and_pooled_channels_are_read_before_their_nonlinearities(
    name: str, branches: Backbone
) -> None:
    before, after = before_and_after(branches, name)
    assert all((part < -0.01).any() for part in (before[..., :4], before[..., 4:]))
    np.testing.assert_allclose(before.clip(0), after, atol=1e-6)


def test_each_part_is_read_before_its_own_nonlinearity(branches: Backbone) -> None:
    assert ends_of(branches.graph, "mixed") == ("one", "two", "three")
    before, after = before_and_after(branches, "mixed")
    # That of the second is inside, and "three" reads what it gives.
    assert all((part < -0.01).any() for part in (before[..., :4], before[..., 4:9]))
    np.testing.assert_allclose(before[..., :9].clip(0), after[..., :9], atol=1e-6)
    np.testing.assert_allclose(silu(before[..., 9:]), after[..., 9:], atol=1e-6)


def test_all_layers_come_out_of_one_network(branches: Backbone) -> None:
    names = [layer.name for layer in branches.layers]
    assert {"both", "pooled", "mixed", "two"} <= set(names)
    together = fold(branches, names, pre_activation=True)(pixels())
    for name, made in zip(names, together, strict=True):
        np.testing.assert_array_equal(np.asarray(made), before_and_after(branches, name)[0])


def test_what_falls_somewhere_is_not_exchanged_with_a_maximum(branches: Backbone) -> None:
    assert ends_of(branches.graph, "smooth") == ("smooth",)
    before, after = before_and_after(branches, "smooth")
    np.testing.assert_array_equal(before, after)
