"""What Lucid uses of `tf.contrib`, which TensorFlow 2 has not: rotation, and a little of slim."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

from diamond_cutter.precompute.backbones.keras_runtime import tf

v1 = tf.compat.v1


def module() -> Any:
    """A module that stands for `tensorflow.contrib`."""
    found: Any = ModuleType("tensorflow.contrib")
    found.image = SimpleNamespace(rotate=rotate)
    found.slim = ModuleType("tensorflow.contrib.slim")
    scopes: list[dict[str, Any]] = []

    @contextmanager
    def arg_scope(_functions: Sequence[Callable[..., Any]], **defaults: Any) -> Iterator[None]:
        scopes.append(defaults)
        try:
            yield
        finally:
            scopes.pop()

    def conv2d(inputs: Any, num_outputs: int, **given: Any) -> Any:
        settings = {key: value for scope in scopes for key, value in scope.items()} | given
        return _convolve(inputs, num_outputs, **settings)

    found.slim.arg_scope, found.slim.conv2d = arg_scope, conv2d
    found.slim.instance_norm = _normalize
    return found


def rotate(images: Any, angles: Any, interpolation: str = "NEAREST") -> Any:
    """Images (N, H, W, C) or (H, W, C) turned counterclockwise about their centre; black outside.

    `angles`: radians, one or (N,).
    """
    images = tf.convert_to_tensor(images)
    batch = images if images.shape.rank == 4 else images[None]
    shape = tf.shape(batch)
    angles = tf.broadcast_to(tf.cast(angles, tf.float32), shape[:1])
    height, width = (tf.cast(side - 1, tf.float32) for side in (shape[1], shape[2]))
    cosine, sine, zero = tf.cos(angles), tf.sin(angles), tf.zeros_like(angles)
    across = (width - (cosine * width - sine * height)) / 2
    down = (height - (sine * width + cosine * height)) / 2
    transforms = tf.stack([cosine, -sine, across, sine, cosine, down, zero, zero], axis=1)
    turned = tf.raw_ops.ImageProjectiveTransformV3(
        images=batch,
        transforms=transforms,
        output_shape=shape[1:3],
        fill_value=0.0,
        interpolation=interpolation,
        fill_mode="CONSTANT",
    )
    return turned if images.shape.rank == 4 else turned[0]


def _convolve(
    inputs: Any,
    outputs: int,
    *,
    kernel_size: Sequence[int],
    activation_fn: Callable[[Any], Any] | None,
    weights_initializer: Any,
    biases_initializer: Any,
) -> Any:
    scope = v1.get_default_graph().unique_name("Conv", mark_as_used=True)
    with v1.variable_scope(scope):
        shape = (*kernel_size, inputs.shape[-1], outputs)
        kernel = v1.get_variable("weights", shape, initializer=weights_initializer)
        bias = v1.get_variable("biases", (outputs,), initializer=biases_initializer)
    value = tf.nn.conv2d(inputs, kernel, 1, "SAME") + bias
    return value if activation_fn is None else activation_fn(value)


def _normalize(inputs: Any) -> Any:
    mean, variance = tf.nn.moments(inputs, axes=[1, 2], keepdims=True)
    return (inputs - mean) * tf.math.rsqrt(variance + 1e-6)
