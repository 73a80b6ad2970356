"""Stride and receptive field of every layer, from the graph alone.

The recurrence of Araujo, Norris and Sim 2019 (https://distill.pub/2019/computing-receptive-fields):
a layer that sees k neighbouring units in steps of s widens the field by (k - 1) times the stride
before it, and multiplies the stride by s.
"""

from dataclasses import dataclass
from typing import Any

from diamond_cutter.precompute.backbones.graph import Graph
from diamond_cutter.precompute.runtime import keras


@dataclass(frozen=True)
class Field:
    """The side of the square that one unit sees, and the step between units, in input pixels."""

    size: int
    stride: int


WINDOWS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
)
POINTWISE = (
    keras.layers.InputLayer,
    keras.layers.Rescaling,
    keras.layers.Normalization,
    keras.layers.ZeroPadding2D,
    keras.layers.Cropping2D,
    keras.layers.BatchNormalization,
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.Add,
    keras.layers.Subtract,
    keras.layers.Multiply,
    keras.layers.Average,
    keras.layers.Maximum,
    keras.layers.Concatenate,
)
"""Layers whose output at a place depends on their inputs at that place alone."""


def receptive_fields(graph: Graph) -> dict[str, Field | None]:
    """The field of every layer by name; None where it is the whole image, or not known."""
    fields: dict[str, Field | None] = {}
    for name, node in graph.nodes.items():
        inputs = [fields[source] for source in node.inputs] or [Field(1, 1)]
        fields[name] = _field(node.layer, inputs)
    return fields


def _field(layer: Any, inputs: list[Field | None]) -> Field | None:
    known = [field for field in inputs if field is not None]
    if len(known) < len(inputs) or len({field.stride for field in known}) > 1:
        return None
    before = max(known, key=lambda field: field.size)
    if isinstance(layer, WINDOWS):
        size, stride = _window(layer)
        if size is None or stride is None:
            return None
        return Field(before.size + (size - 1) * before.stride, before.stride * stride)
    return before if isinstance(layer, POINTWISE) else None


def _window(layer: Any) -> tuple[int | None, int | None]:
    """Side and step of what a layer sees of its input, in its input's units; None if no square."""
    sides = layer.pool_size if hasattr(layer, "pool_size") else layer.kernel_size
    dilations = getattr(layer, "dilation_rate", (1, 1))
    spans = {(side - 1) * rate + 1 for side, rate in zip(sides, dilations, strict=True)}
    strides = set(layer.strides)
    return (
        spans.pop() if len(spans) == 1 else None,
        strides.pop() if len(strides) == 1 else None,
    )
