from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.catalogue import efficientnet_lite
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.keras_graph import read_graph
from diamond_cutter.precompute.backbones.graph.receptive_field import Field, receptive_fields
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf

CUTS = (
    "stem_activation",
    "block1a_project_bn",
    "block2b_add",
    "block3b_add",
    "block4c_add",
    "block5c_add",
    "block6a_project_bn",
    "top_activation",
)


@pytest.fixture(scope="module")
def averaging() -> Any:
    """Lite0 with weights that only average, so that no unit is ever silent or saturated."""
    model = efficientnet_lite.build("averaging", 1.0, 1.0)
    for layer in model.layers:
        if "conv" in layer.name:
            (kernel,) = layer.get_weights()
            inputs = kernel[..., 0].size if "dwconv" not in layer.name else kernel[..., 0, 0].size
            layer.set_weights([np.full_like(kernel, 1 / inputs)])
    return model


def seen(
    model: Any, layer: str, size: int, unit: int, low: float = 0.5, high: float = 0.503
) -> NDArray[Any]:
    """The rows and columns of the input that the unit in row and column `unit` depends on.

    The default range is small after preprocessing, so that sums of averages stay below 6.
    """
    truncated = keras.Model(model.input, model.get_layer(layer).output)
    image = tf.random.stateless_uniform((1, size, size, 3), seed=(0, 0), minval=low, maxval=high)
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = tf.reduce_sum(truncated(image)[0, unit, unit])
    gradient = np.abs(tape.gradient(value, image).numpy()[0]).sum(-1)
    rows, columns = np.nonzero(gradient.any(1))[0], np.nonzero(gradient.any(0))[0]
    return np.array([rows.min(), rows.max(), columns.min(), columns.max()])


@pytest.mark.parametrize("name", CUTS)
def test_field_and_stride_are_what_gradients_show(
    name: str, averaging: Any, lite0: Backbone
) -> None:
    layer = lite0.layer(name)
    assert layer.stride is not None
    assert layer.receptive_field is not None
    units = layer.receptive_field // layer.stride + 6
    size, middle = units * layer.stride, units // 2
    first = seen(averaging, name, size, middle)
    assert first[1] - first[0] + 1 == layer.receptive_field
    assert first[3] - first[2] + 1 == layer.receptive_field
    if layer.receptive_field < 200:
        second = seen(averaging, name, size, middle + 1)
        np.testing.assert_array_equal(second - first, layer.stride)


@pytest.mark.parametrize("name", CUTS[:5])
def test_the_real_network_sees_no_further(name: str, averaging: Any, lite0: Backbone) -> None:
    layer = lite0.layer(name)
    assert layer.stride is not None
    assert layer.receptive_field is not None
    units = layer.receptive_field // layer.stride + 6
    size, middle = units * layer.stride, units // 2
    allowed = seen(averaging, name, size, middle)
    used = seen(lite0.model, name, size, middle, low=0, high=1)
    assert (used[[0, 2]] >= allowed[[0, 2]]).all()
    assert (used[[1, 3]] <= allowed[[1, 3]]).all()
    assert used[1] - used[0] + 1 > 0.6 * layer.receptive_field


def test_windows_dilations_pools_and_branches() -> None:
    pixels = keras.Input((None, None, 3), name="input")
    wide = keras.layers.Conv2D(2, 3, dilation_rate=4, name="wide")(pixels)
    pool = keras.layers.MaxPooling2D(3, strides=2, name="pool")(wide)
    split = keras.layers.SeparableConv2D(2, 5, padding="same", name="split")(pool)
    added = keras.layers.Add(name="added")([split, pool])
    oblong = keras.layers.Conv2D(2, (1, 7), padding="same", name="oblong")(added)
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True, name="mean")(added)
    gated = keras.layers.Multiply(name="gated")([added, mean])
    square = keras.layers.Conv2D(2, (7, 1), padding="same", name="square")(oblong)
    both = keras.layers.Concatenate(name="both")([square, gated])
    model = keras.Model(pixels, keras.layers.Add(name="sum")([both, both]))
    assert receptive_fields(read_graph(model)) == {  # "mean", of the whole image, is no map
        "input": Field(1, 1, 1, 1),
        "wide": Field(9, 9, 1, 1),
        "pool": Field(11, 11, 2, 2),
        "split": Field(19, 19, 2, 2),
        "added": Field(19, 19, 2, 2),
        "oblong": Field(19, 31, 2, 2),
        "gated": Field(None, None, 2, 2),
        "square": Field(31, 31, 2, 2),
        "both": Field(None, None, 2, 2),
        "sum": Field(None, None, 2, 2),
    }


layers, ops = keras.layers, keras.ops
MEASURED = {
    "upsampled": (lambda x: layers.UpSampling2D()(x), Field(3, 3, 1, 1)),
    "bilinear": (lambda x: layers.UpSampling2D(interpolation="bilinear")(x), Field(5, 5, 1, 1)),
    "transposed": (lambda x: layers.Conv2DTranspose(4, 3, padding="same")(x), Field(7, 7, 2, 2)),
    "enlarged": (
        lambda x: layers.Conv2DTranspose(4, 4, strides=2, padding="same")(x),
        Field(5, 5, 1, 1),
    ),
    "resized": (lambda x: layers.Resizing(16, 24)(x), Field(5, 5, 4, 8 / 3)),
    "cropped": (lambda x: layers.CenterCrop(20, 20)(x), Field(3, 3, 2, 2)),
    "padded": (lambda x: ops.pad(x, [[0, 0], [1, 1], [2, 2], [0, 0]]), Field(3, 3, 2, 2)),
    "normed": (lambda x: layers.RMSNormalization()(x), Field(3, 3, 2, 2)),
    "normed by groups": (lambda x: layers.GroupNormalization(2)(x), Field(None, None, 2, 2)),
    "normed by photos": (
        lambda x: layers.LayerNormalization(axis=[1, 2, 3])(x),
        Field(None, None, 2, 2),
    ),
    "spectral": (
        lambda x: layers.SpectralNormalization(layers.Conv2D(4, 5, padding="same"))(x),
        Field(11, 11, 2, 2),
    ),
    "shuffled": (
        lambda x: layers.Reshape((32, 32, 4))(
            layers.Permute((1, 2, 4, 3))(layers.Reshape((32, 32, 2, 2))(x))
        ),
        Field(3, 3, 2, 2),
    ),
    "places in place of channels": (lambda x: ops.depth_to_space(x, 2), Field(3, 3, 1, 1)),
    "attended": (
        lambda x: layers.Reshape((32, 32, 4))(
            layers.MultiHeadAttention(1, 4)(*[layers.Reshape((1024, 4))(x)] * 2)
        ),
        Field(None, None, 2, 2),
    ),
    "drawn anew": (
        lambda x: layers.Reshape((4, 4, 2))(layers.Dense(32)(layers.GlobalMaxPooling2D()(x))),
        Field(None, None, 16, 16),
    ),
    "channels apart": (lambda x: ops.stack(ops.unstack(x, axis=-1), axis=-1), Field(3, 3, 2, 2)),
    "uneven": (lambda x: layers.MaxPooling2D((2, 1))(x), Field(5, 3, 4, 2)),
    "between its places": (lambda x: x - ops.mean(x, (1, 2), True), Field(None, None, 2, 2)),
    "rounded": (lambda x: ops.round(x), Field(3, 3, 2, 2)),
    "chosen": (lambda x: ops.where(x > 0.5, x, 0.1 * x), Field(3, 3, 2, 2)),
    "without gradient": (lambda x: ops.one_hot(ops.argmax(x, -1), 4), Field(None, None, 2, 2)),
}
"""What follows a 3 x 3 convolution in steps of 2, and the field after it, by hand."""


@pytest.mark.parametrize("kind", MEASURED)
def test_what_no_rule_tells_is_measured(kind: str) -> None:
    make, expected = MEASURED[kind]
    pixels = keras.Input((64, 64, 3), name="input")
    value = layers.Conv2D(4, 3, strides=2, padding="same", name="first")(pixels)
    graph = read_graph(keras.Model(pixels, make(value)))
    fields = receptive_fields(graph, 64)
    assert fields["first"] == Field(3, 3, 2, 2)
    assert fields[next(reversed(graph.nodes))] == expected


def test_the_stride_is_the_larger_of_two_steps_in_whole_pixels() -> None:
    assert Field(5, 3, 4, 2).stride == 4
    assert Field(5, 3.4, 2.4, 1).stride == 2
    assert Field(3.2, 3, 4, 2).size == 4
    assert Field(3, 3, 0.25, 0.25).stride is None
    assert Field(3, None, 2, None).stride is None
