"""Operations of TensorFlow that a network of Keras 2 may hold in place of layers, in today's Keras.

Keras 2 writes what is done to a tensor, such as `x / 127.5`, as the name of a TensorFlow function
and its arguments. Only the functions listed here are made: nothing is looked up by its name.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from diamond_cutter.precompute.backbones.keras_runtime import keras

ops = keras.ops


def hard_sigmoid(x: Any) -> Any:
    """As Keras 2 has it: 0.2 x + 0.5 within 0..1. Today's is another function of that name."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0, 1)


def _getitem(tensor: Any, slice_spec: Any) -> Any:
    if isinstance(slice_spec, list):
        return tensor[tuple(map(_slice, slice_spec))]
    return tensor[_slice(slice_spec)]


def _slice(part: Any) -> Any:
    match part:
        case int() | None:
            return part
        case {"class_name": "__ellipsis__"}:
            return ...
        case {"start": start, "stop": stop, "step": step}:
            return slice(start, stop, step)
    raise TypeError(f"no slice of numbers: {part}")


def _reshape(tensor: Any, shape: Any) -> Any:
    return ops.reshape(tensor, [-1 if side is None else side for side in shape])


def _pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: float = 0) -> Any:
    return ops.pad(tensor, paddings, mode.lower(), constant_values if mode == "CONSTANT" else None)


def _resize(images: Any, size: Any, method: str = "bilinear", *, antialias: bool = False) -> Any:
    return ops.image.resize(images, size, interpolation=method, antialias=antialias)


def _pool(pool: Any, value: Any, ksize: Any, strides: Any, padding: str = "VALID") -> Any:
    return pool(value, ksize, strides, padding.lower())


def _silu(features: Any, beta: float = 1.0) -> Any:
    return ops.silu(features) if beta == 1 else features * ops.sigmoid(beta * features)


def _l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12) -> Any:
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis, keepdims=True), epsilon))


def _reduced(function: Any, input_tensor: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return function(input_tensor, axis=axis, keepdims=keepdims)


def _channels_last(value: Any, bias: Any, data_format: str | None = "NHWC") -> Any:
    if data_format not in (None, "NHWC"):
        raise TypeError(f"channels that are not the last: {data_format}")
    return ops.add(value, bias)


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "math.truediv": lambda x, y: ops.true_divide(x, y),
    "math.divide": lambda x, y: ops.true_divide(x, y),
    "math.multiply": lambda x, y: ops.multiply(x, y),
    "math.subtract": lambda x, y: ops.subtract(x, y),
    "math.add": lambda x, y: ops.add(x, y),
    "math.maximum": lambda x, y: ops.maximum(x, y),
    "math.minimum": lambda x, y: ops.minimum(x, y),
    "math.pow": lambda x, y: ops.power(x, y),
    "math.negative": lambda x: ops.negative(x),
    "math.square": lambda x: ops.square(x),
    "math.sqrt": lambda x: ops.sqrt(x),
    "math.rsqrt": lambda x: ops.rsqrt(x),
    "math.abs": lambda x: ops.absolute(x),
    "math.exp": lambda x: ops.exp(x),
    "math.log": lambda x: ops.log(x),
    "math.sigmoid": lambda x: ops.sigmoid(x),
    "math.tanh": lambda x: ops.tanh(x),
    "math.softplus": lambda features: ops.softplus(features),
    "math.reduce_mean": partial(_reduced, ops.mean),
    "math.reduce_sum": partial(_reduced, ops.sum),
    "math.reduce_max": partial(_reduced, ops.max),
    "math.l2_normalize": _l2_normalize,
    "nn.relu": lambda features: ops.relu(features),
    "nn.relu6": lambda features: ops.relu6(features),
    "nn.elu": lambda features: ops.elu(features),
    "nn.selu": lambda features: ops.selu(features),
    "nn.leaky_relu": lambda features, alpha=0.2: ops.leaky_relu(features, alpha),
    "nn.silu": lambda features, beta=1.0: (
        ops.silu(features) if beta == 1 else features * ops.sigmoid(beta * features)
    ),
    "nn.gelu": lambda features, approximate=False: ops.gelu(features, approximate=approximate),
    "nn.softmax": lambda logits, axis=None: ops.softmax(logits, -1 if axis is None else axis),
    "nn.bias_add": _channels_last,
    "nn.avg_pool2d": lambda input, **how: _pool(ops.average_pool, input, **how),  # noqa: A006
    "nn.max_pool2d": lambda input, **how: _pool(ops.max_pool, input, **how),  # noqa: A006
    "clip_by_value": lambda t, clip_value_min, clip_value_max: ops.clip(
        t, clip_value_min, clip_value_max
    ),
    "cast": lambda x, dtype: ops.cast(x, dtype),
    "identity": lambda input: input,  # noqa: A006
    "stop_gradient": lambda input: input,  # noqa: A006  # what is computed is the same
    "compat.v1.pad": _pad,
    "compat.v1.shape": lambda input, out_type="int32": ops.shape(input),  # noqa: A006, ARG005
    "compat.v1.squeeze": lambda input, axis=None: ops.squeeze(input, axis),  # noqa: A006
    "compat.v1.transpose": lambda a, perm=None, conjugate=False: ops.transpose(a, perm),  # noqa: ARG005
    "concat": lambda values, axis: ops.concatenate(values, axis),
    "expand_dims": lambda input, axis: ops.expand_dims(input, axis),  # noqa: A006
    "image.resize": _resize,
    "image.rgb_to_grayscale": lambda images: ops.image.rgb_to_grayscale(images),
    "image.flip_left_right": lambda image: ops.flip(image, -2),
    "reshape": _reshape,
    "reverse": lambda tensor, axis: ops.flip(tensor, axis),
    "split": lambda value, num_or_size_splits, axis=0: ops.split(value, num_or_size_splits, axis),
    "stack": lambda values, axis=0: ops.stack(values, axis),
    "transpose": lambda a, perm=None, conjugate=False: ops.transpose(a, perm),  # noqa: ARG005
    "unstack": lambda value, num=None, axis=0: ops.unstack(value, num, axis),
    "__operators__.add": lambda x, y: ops.add(x, y),
    "__operators__.getitem": _getitem,
}
