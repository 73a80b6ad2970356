"""EfficientNet-Lite: B0's layout without squeeze-and-excitation, ReLU6 for swish.

Layout: Tan and Le 2019 (https://arxiv.org/abs/1905.11946), table 1. Lite leaves stem and head as
wide as they are in B0, and the first and last stage as deep. Layers are named as in
`keras.applications.EfficientNetB0`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.formats.torch_file import read_weights
from diamond_cutter.precompute.backbones.keras_runtime import keras

CLASSES = 1000
STEM_WIDTH = 32
HEAD_WIDTH = 1280
EPSILON = 1e-3
EXPANSIONS = (1, 6, 6, 6, 6, 6, 6)
KERNELS = (3, 3, 5, 3, 5, 5, 3)
STRIDES = (1, 2, 2, 2, 1, 2, 1)
WIDTHS = (16, 24, 40, 80, 112, 192, 320)
DEPTHS = (1, 2, 2, 3, 3, 4, 1)

OUTSIDE = {
    "stem_conv": "_conv_stem",
    "stem_bn": "_bn0",
    "top_conv": "_conv_head",
    "top_bn": "_bn1",
    "predictions": "_fc",
}
IN_BLOCK = {
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "dwconv": "_depthwise_conv",
    "bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
}
"""Keras's names of layers: PyTorch's, in the whole network and in a block."""


@dataclass(frozen=True)
class Block:
    """An inverted residual block: expand, filter, project; a shortcut where the shape stays."""

    name: str
    width_in: int
    width_out: int
    expansion: int
    kernel: int
    stride: int


def blocks(width: float, depth: float) -> Iterator[Block]:
    """The blocks of a network scaled by `width` and `depth`, in depth order."""
    width_in = STEM_WIDTH
    for stage, repeats in enumerate(DEPTHS):
        scaled = stage not in (0, len(DEPTHS) - 1)
        width_out = _round_width(WIDTHS[stage] * width)
        for repeat in range(math.ceil(repeats * depth) if scaled else repeats):
            yield Block(
                name=f"block{stage + 1}{chr(ord('a') + repeat)}",
                width_in=width_in,
                width_out=width_out,
                expansion=EXPANSIONS[stage],
                kernel=KERNELS[stage],
                stride=STRIDES[stage] if repeat == 0 else 1,
            )
            width_in = width_out


def build(name: str, width: float, depth: float) -> Any:
    """A network with weights of zero: float32 RGB 0..1 (N, H, W, 3) to logits (N, 1000).

    They are to be filled: to draw them at random takes JAX, which compiles for each shape, 17 s.
    """
    pixels = keras.Input((None, None, 3), name="input")
    value = keras.layers.Rescaling(255 / 128, -127 / 128, name="preprocessing")(pixels)
    value = _normalize(_convolution("stem_conv", STEM_WIDTH, 3, strides=2)(value), "stem_bn")
    value = _activate(value, "stem_activation")
    for block in blocks(width, depth):
        value = _add_block(value, block)
    value = _normalize(_convolution("top_conv", HEAD_WIDTH, 1)(value), "top_bn")
    value = _activate(value, "top_activation")
    value = keras.layers.GlobalAveragePooling2D(name="avg_pool")(value)
    logits = keras.layers.Dense(CLASSES, kernel_initializer="zeros", name="predictions")(value)
    return keras.Model(pixels, logits, name=name)


def set_weights(model: Any, path: Path) -> None:
    """Fill a model that `build` made with the PyTorch weights in the file at `path`.

    Raises `UserError` for a file that is damaged or of another format, and if a tensor is missing,
    has another shape, or has no place in the model.
    """
    weights = read_weights(path)
    unused = {name for name in weights if not name.endswith(".num_batches_tracked")}
    block_names = dict.fromkeys(
        layer.name.partition("_")[0] for layer in model.layers if layer.name.startswith("block")
    )
    places = {block: f"_blocks.{index}." for index, block in enumerate(block_names)}
    for layer in model.layers:
        if not layer.weights:
            continue
        values = []
        for source, axes in _sources(layer, places):
            if source not in weights:
                raise UserError(_misfit(path, model, f"a tensor {source!r}", "none"))
            values.append(np.transpose(weights[source], axes))
            unused.discard(source)
        expected = [tuple(weight.shape) for weight in layer.weights]
        shapes = [value.shape for value in values]
        if shapes != expected:
            raise UserError(
                _misfit(path, model, f"shapes {expected} for {layer.name}", str(shapes))
            )
        layer.set_weights(values)
    if unused:
        raise UserError(_misfit(path, model, "no other tensors", repr(min(unused))))


def _add_block(value: Any, block: Block) -> Any:
    name, shortcut = block.name, value
    if block.expansion > 1:
        width = block.width_in * block.expansion
        value = _convolution(f"{name}_expand_conv", width, 1)(value)
        value = _activate(_normalize(value, f"{name}_expand_bn"), f"{name}_expand_activation")
    value = keras.layers.DepthwiseConv2D(
        block.kernel,
        strides=block.stride,
        padding="same",
        use_bias=False,
        depthwise_initializer="zeros",
        name=f"{name}_dwconv",
    )(value)
    value = _activate(_normalize(value, f"{name}_bn"), f"{name}_activation")
    value = _convolution(f"{name}_project_conv", block.width_out, 1)(value)
    value = _normalize(value, f"{name}_project_bn")
    if block.stride == 1 and block.width_in == block.width_out:
        value = keras.layers.Add(name=f"{name}_add")([value, shortcut])
    return value


def _convolution(name: str, filters: int, kernel: int, strides: int = 1) -> Any:
    return keras.layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="zeros",
        name=name,
    )


def _normalize(value: Any, name: str) -> Any:
    return keras.layers.BatchNormalization(epsilon=EPSILON, name=name)(value)


def _activate(value: Any, name: str) -> Any:
    return keras.layers.Activation("relu6", name=name)(value)


def _round_width(width: float) -> int:
    rounded = max(8, int(width + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * width else rounded + 8


def _sources(layer: Any, places: dict[str, str]) -> list[tuple[str, tuple[int, ...]]]:
    """For every weight of a layer: the name of its tensor, and the axes that turn it to Keras's."""
    part, _, rest = layer.name.partition("_")
    source = places[part] + IN_BLOCK[rest] if part in places else OUTSIDE[layer.name]
    match layer:
        case keras.layers.BatchNormalization():
            parts = ("weight", "bias", "running_mean", "running_var")
            return [(f"{source}.{part}", (0,)) for part in parts]
        case keras.layers.Dense():
            return [(f"{source}.weight", (1, 0)), (f"{source}.bias", (0,))]
        case keras.layers.DepthwiseConv2D():
            return [(f"{source}.weight", (2, 3, 0, 1))]
        case _:
            return [(f"{source}.weight", (2, 3, 1, 0))]


def _misfit(path: Path, model: Any, expected: str, got: str) -> str:
    return f"{path}: expected {expected} of {model.name}, got {got}; install the file anew"
