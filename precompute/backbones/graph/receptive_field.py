"""Stride and receptive field of every layer, from the graph alone.

The recurrence of Araujo, Norris and Sim 2019 (https://distill.pub/2019/computing-receptive-fields):
a layer that sees k neighbouring units in steps of s widens the field by (k - 1) times the stride
before it, and multiplies the stride by s. Rows and columns are counted apart, since Inception's
convolutions are oblong.
"""

from dataclasses import dataclass
from typing import Any

from diamond_cutter.precompute.backbones.graph.convolution_blocks import NORMS, is_activation
from diamond_cutter.precompute.backbones.graph.network_graph import Graph, Node, is_layer_scale
from diamond_cutter.precompute.backbones.keras_runtime import keras


@dataclass(frozen=True)
class Field:
    """What one unit sees, in input pixels, and the step between units.

    `rows` and `columns` are None where it is the whole image, or not known; `stride` is None where
    there are no places, or steps differ between rows and columns.
    """

    rows: int | None
    columns: int | None
    stride: int | None

    @property
    def size(self) -> int | None:
        """The side of the smallest square that holds it."""
        return None if self.rows is None or self.columns is None else max(self.rows, self.columns)


NOWHERE = Field(None, None, None)

WINDOWS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
)
POINTWISE = (
    *NORMS,
    keras.layers.InputLayer,
    keras.layers.Rescaling,
    keras.layers.Normalization,
    keras.layers.ZeroPadding2D,
    keras.layers.Cropping2D,
    keras.layers.Dense,
    keras.layers.Add,
    keras.layers.Subtract,
    keras.layers.Multiply,
    keras.layers.Average,
    keras.layers.Maximum,
    keras.layers.Minimum,
    keras.layers.Concatenate,
)
"""Layers whose output at a place depends on their inputs at that place alone."""

POINTWISE_OPERATIONS = frozenset(
    (
        "Add",
        "Concatenate",
        "Divide",
        "Flip",
        "GetItem",
        "Maximum",
        "Minimum",
        "Multiply",
        "Subtract",
    )
) | frozenset(("Cast", "RGBToGrayscale", "Stack", "TrueDivide"))


def receptive_fields(graph: Graph) -> dict[str, Field]:
    """The field of every node by name."""
    fields: dict[str, Field] = {}
    for name, node in graph.nodes.items():
        inputs = [fields[source] for source in node.inputs] or [Field(1, 1, 1)]
        is_channel = node.kind == "GetItem" and node.shape == graph.nodes[node.inputs[0]].shape[:3]
        fields[name] = _field(node, inputs) if len(node.shape) == 4 or is_channel else NOWHERE
    return fields


def _field(node: Node, inputs: list[Field]) -> Field:
    strides = {each.stride for each in inputs if each.stride is not None}
    if len(strides) != 1:  # none: of the whole image, as the gate of a squeeze-and-excitation
        return NOWHERE
    known = all(each.size is not None for each in inputs)
    rows = max(each.rows or 0 for each in inputs) if known else None
    columns = max(each.columns or 0 for each in inputs) if known else None
    before = Field(rows, columns, strides.pop())
    if isinstance(node.layer, WINDOWS):
        return _widened(before, node.layer)
    return before if _is_pointwise(node) else NOWHERE


def _is_pointwise(node: Node) -> bool:
    if isinstance(node.layer, keras.layers.Layer):
        return (
            isinstance(node.layer, POINTWISE) or is_activation(node) or is_layer_scale(node.layer)
        )
    return is_activation(node) or node.kind in POINTWISE_OPERATIONS


def _widened(before: Field, layer: Any) -> Field:
    sides = layer.pool_size if hasattr(layer, "pool_size") else layer.kernel_size
    dilations = getattr(layer, "dilation_rate", (1, 1))
    stride = before.stride or 1
    added = [(side - 1) * rate * stride for side, rate in zip(sides, dilations, strict=True)]
    steps = set(layer.strides)
    return Field(
        None if before.rows is None else before.rows + added[0],
        None if before.columns is None else before.columns + added[1],
        stride * steps.pop() if len(steps) == 1 else None,
    )
