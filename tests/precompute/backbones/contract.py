"""What every backbone must do; the tests that use it say with which weights."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold, truncate
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf

Array = NDArray[Any]


def photos(channels: int, size: int) -> Array:
    """Noise, (1, size, size, channels) float32."""
    return np.random.default_rng(1).random((1, size, size, channels), np.float32)


def shake(network: Any) -> None:
    """Give every layer weights that no new layer has, so that a copy without them is noticed."""
    generator = np.random.default_rng(0)
    for layer in network._flatten_layers():
        kind = type(layer).__name__
        if kind == "BatchNormalization":
            values = [generator.uniform(0.7, 1.3, weight.shape) for weight in layer.weights]
            if "project" in layer.name:  # else sums of dozens of blocks grow beyond float32
                values[:2] = [0.1 * value for value in values[:2]]
            layer.set_weights(values)
        elif kind == "LayerScale":
            layer.set_weights([generator.uniform(0.3, 0.6, layer.gamma.shape)])
        elif kind == "LayerNormalization":
            layer.set_weights(
                [generator.uniform(0.7, 1.3, weight.shape) for weight in layer.weights]
            )
        elif kind == "Normalization" and layer.weights:
            mean = generator.uniform(0.3, 0.6, layer.mean.shape[-1])
            layer.set_weights([mean, generator.uniform(0.04, 0.06, mean.shape), np.array(7)])
            layer.finalize_state()
        elif getattr(layer, "bias", None) is not None:
            layer.bias.assign(generator.uniform(-0.1, 0.1, layer.bias.shape))


def check_layers(backbone: Backbone) -> None:
    """Layers are numbered in order, no two have one name, and cuts have a stride."""
    assert [layer.index for layer in backbone.layers] == list(range(len(backbone.layers)))
    assert len({layer.name for layer in backbone.layers}) == len(backbone.layers)
    assert any(layer.is_cut for layer in backbone.layers)
    assert all(layer.stride for layer in backbone.layers if layer.is_cut)


def check_network(backbone: Backbone, names: list[str]) -> None:
    """Cut at `names`, it does what the whole does there; gradients reach the pixels from each."""
    pixels = photos(backbone.model.inputs[0].shape[-1], backbone.input_size)
    folded = fold(backbone, names)
    source = tf.constant(pixels)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(source)
        values = keras.tree.flatten(folded(source))
        sums = [tf.reduce_sum(value**2) for value in values]
    for name, one, other, total in zip(
        names, whole(backbone, pixels, names), values, sums, strict=True
    ):
        layer = backbone.layer(name)
        assert layer.stride is not None
        assert one.shape[-1] == layer.channels
        assert abs(one.shape[1] - backbone.input_size / layer.stride) < 4
        largest = float(np.abs(one).max())
        assert largest > 0, name
        error = np.abs(other.numpy() - one)  # float32 through hundreds of random layers
        assert error.max() < 2e-2 * largest, (name, error.max() / largest)
        assert error.mean() < 1e-3 * largest, (name, error.mean() / largest)
        gradient = tape.gradient(total, source).numpy()
        assert np.isfinite(gradient).all(), name
        assert np.abs(gradient).max() > 0, name


def whole(backbone: Backbone, pixels: Array, names: list[str]) -> list[Array]:
    """The activations of layers by the backbone's own, which have nothing folded, node by node."""
    values: dict[str, Any] = {}
    for name, node in backbone.graph.nodes.items():
        values[name] = node.call(node.layer, values) if node.inputs else tf.constant(pixels)
    logits = np.asarray(backbone.model(pixels))
    largest = np.abs(logits).max()
    np.testing.assert_allclose(np.asarray(values[name]), logits, atol=1e-4 * largest)
    return [np.asarray(values[name]) for name in names]


def check_picture(backbone: Backbone, name: str, size: int, path: Path) -> None:
    """Some steps uphill drive a channel further; a cut network is read as it was written.

    `size`: of the pictures, another than the network's own.
    """
    network = truncate(backbone, name)
    noise = photos(network.inputs[0].shape[-1], size)
    pixels = tf.Variable(noise)
    reached = []
    for _ in range(5):
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(network(pixels)[..., 0])
        gradient = tape.gradient(value, pixels)
        pixels.assign_add(0.02 * gradient / (tf.math.reduce_std(gradient) + 1e-20))
        reached.append(float(value))
    assert reached[-1] > reached[0]
    network = truncate(backbone, name, size=backbone.input_size)
    noise = photos(network.inputs[0].shape[-1], backbone.input_size)
    with warnings.catch_warnings():  # Keras asks NumPy for copies in a way that is deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        network.save(path)
        again = keras.models.load_model(path, compile=False)
    np.testing.assert_array_equal(np.asarray(network(noise)), np.asarray(again(noise)))
