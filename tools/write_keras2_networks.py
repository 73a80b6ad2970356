"""Write `keras2_networks.json`, which the tests hold against what Keras 2 itself computed.

It needs Keras 2, so it is run in an environment of its own, with tensorflow 2.12:

    python tools/write_keras2_networks.py keras2_networks.json

For each network: the description as Keras 2 writes it, the names and shapes of the weights in its
file, and what it makes of one photo. Photo and weights are sines of their place, made by the tests
too.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import h5py
import numpy as np
import tensorflow as tf

keras = tf.keras
layers = keras.layers

SIDE = 32


def weights_of(name: str, shape: tuple[int, ...]) -> Any:
    """The weights of that name in all networks, float32; a count is 1."""
    if name == "count:0":
        return np.ones(shape, np.int64)
    values = np.sin(np.arange(np.prod(shape)) * 1.7 + crc32(name.encode()) % 100).reshape(shape)
    positive = "variance" in name or "gamma" in name
    return (np.abs(values) + 0.5 if positive else values).astype(np.float32)


def photo() -> Any:
    """(1, 32, 32, 3) float32, 0..255."""
    values = np.sin(np.arange(SIDE * SIDE * 3) * 0.37)
    return (127.5 * (values + 1)).reshape(1, SIDE, SIDE, 3).astype(np.float32)


def finished(pixels: Any, value: Any, activation: str | None = None) -> Any:
    """A network that ends in three classes."""
    value = layers.GlobalAveragePooling2D()(value)
    return keras.Model(pixels, layers.Dense(3, activation=activation)(value))


def simple(*middle: Callable[[Any], Any]) -> Any:
    """A rescaling, what is given, and classes."""
    pixels = keras.Input((SIDE, SIDE, 3))
    value = layers.Rescaling(1 / 255)(pixels)
    for layer in middle:
        value = layer(value)
    return finished(pixels, value)


def small_base(name: str) -> Any:
    """A backbone with norms, two layers of which are frozen."""
    pixels = keras.Input((SIDE, SIDE, 3))
    value = layers.Conv2D(6, 3, strides=2, use_bias=False, name="stem")(pixels)
    value = layers.ReLU(6.0, name="stem_relu")(layers.BatchNormalization(name="stem_bn")(value))
    value = layers.DepthwiseConv2D(3, use_bias=False, name="deep")(value)
    value = layers.BatchNormalization(name="deep_bn")(value)
    model = keras.Model(pixels, layers.Activation("swish", name="out")(value), name=name)
    model.get_layer("stem").trainable = False
    model.get_layer("stem_bn").trainable = False
    return model


def teachable() -> Any:
    """As Teachable Machine exports it: a Sequential of Sequentials, one with a backbone."""
    features = keras.Sequential([small_base("base"), layers.GlobalAveragePooling2D()])
    head = keras.Sequential(
        [layers.Dense(10, activation="relu"), layers.Dense(3, use_bias=False, activation="softmax")]
    )
    model = keras.Sequential([features, head])
    model.build((None, SIDE, SIDE, 3))
    return model


def tutorial() -> Any:
    """As Keras's own guide to transfer learning has it: augmentation, functions, a frozen base."""
    pixels = keras.Input((SIDE, SIDE, 3))
    value = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.2)])(pixels)
    value = keras.applications.mobilenet_v2.preprocess_input(value)
    value = small_base("base")(value, training=False)
    return finished(pixels, layers.Dropout(0.2)(value))


def caffe() -> Any:
    """Channels turned round by a slice, and a mean taken away."""
    pixels = keras.Input((SIDE, SIDE, 3))
    value = keras.applications.resnet50.preprocess_input(pixels)
    return finished(pixels, layers.Conv2D(4, 3, activation="relu", name="conv1/conv")(value))


def gated(value: Any) -> Any:
    """MobileNetV3's nonlinearity and gate, written as functions."""
    value = value * tf.nn.relu6(value + 3.0) / 6.0
    gate = layers.GlobalAveragePooling2D(keepdims=True)(value)
    gate = layers.Dense(8, activation="hard_sigmoid")(gate)
    return layers.Multiply()([value, 1.0 - gate])


def twice() -> Any:
    """A network called twice, the second time on what it gave."""
    inner = keras.Input((SIDE, SIDE, 3))
    base = keras.Model(inner, layers.Conv2D(3, 3, padding="same")(inner), name="base")
    pixels = keras.Input((SIDE, SIDE, 3))
    value = layers.Rescaling(1 / 255)(pixels)
    return finished(pixels, layers.Subtract()([base(value), base(base(value))]))


def normalized() -> Any:
    """An adapted Normalization."""
    norm = layers.Normalization()
    norm.adapt(photo())
    pixels = keras.Input((SIDE, SIDE, 3))
    return finished(pixels, layers.Conv2D(4, 3, activation="gelu")(norm(pixels)), "softmax")


def mixed() -> Any:
    """The policy of mixed precision."""
    keras.mixed_precision.set_global_policy("mixed_float16")
    model = simple(layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU())
    keras.mixed_precision.set_global_policy("float32")
    return model


NETWORKS: dict[str, Callable[[], Any]] = {
    "depthwise": lambda: simple(layers.DepthwiseConv2D(3), layers.SeparableConv2D(4, 3)),
    "transposed": lambda: simple(layers.Conv2DTranspose(4, 3, strides=2), layers.LeakyReLU(0.2)),
    "hard sigmoid": lambda: simple(
        layers.Conv2D(4, 3, activation="hard_sigmoid"), layers.Activation("hard_sigmoid")
    ),
    "gated": lambda: simple(layers.Conv2D(8, 3), gated),
    "reshaped": lambda: simple(
        layers.Conv2D(4, 3), lambda x: tf.reshape(x, [tf.shape(x)[0], 30, 15, 8])
    ),
    "sliced": lambda: simple(
        lambda x: tf.stack([x[..., 2], x[:, :, :, 1], x[..., 0]], axis=-1),
        layers.Conv2D(4, 3),
        lambda x: tf.concat(tf.split(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), 2, -1), -1),
    ),
    "caffe": caffe,
    "mixed": mixed,
    "normalized": normalized,
    "teachable": teachable,
    "tutorial": tutorial,
    "twice": twice,
}


def described(model: Any) -> dict[str, Any]:
    """What is in the file of a network, and what it makes of the photo."""
    for weight in model.weights:
        weight.assign(weights_of(weight.name, weight.shape))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.h5")
        model.save(path)
        with h5py.File(path) as file:
            groups = file["model_weights"]
            config = json.loads(file.attrs["model_config"])
            weights = {
                entry: {name: groups[entry][name].shape for name in names}
                for entry in groups.attrs["layer_names"].tolist()
                if len(names := groups[entry].attrs["weight_names"].tolist())
            }
        loaded = keras.models.load_model(path)
    output = np.asarray(loaded(photo(), training=False), np.float64).round(6)
    return {"config": config, "weights": weights, "output": output.tolist()}


def main() -> None:
    """Write them all to the file that is named."""
    found = {}
    for name, make in NETWORKS.items():
        keras.backend.clear_session()
        found[name] = described(make())
    Path(sys.argv[1]).write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
