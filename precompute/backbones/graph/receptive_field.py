"""Stride and receptive field of every map, from the graph, or measured where it does not tell them.

The recurrence of Araujo, Norris and Sim 2019 (https://distill.pub/2019/computing-receptive-fields):
a layer that sees k neighbouring units in steps of s widens the field by (k - 1) times the stride
before it, and multiplies the stride by s. Rows and columns are counted apart, since Inception's
convolutions are oblong. What k and s are of layers that no rule tells (a resizing, a shuffle, a
transposed convolution), the gradient of some of their units by what they read shows.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.graph.convolution_blocks import is_activation
from diamond_cutter.precompute.backbones.graph.network_graph import (
    Graph,
    Node,
    Shape,
    is_layer_scale,
)
from diamond_cutter.precompute.backbones.keras_runtime import keras, pullback

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Field:
    """What one unit sees, in input pixels, and the steps between units.

    `rows` and `columns` are None where it is the whole image, or not known; `down` and `across`,
    the steps between rows and between columns, where they are not known.
    """

    rows: float | None
    columns: float | None
    down: float | None
    across: float | None

    @property
    def size(self) -> int | None:
        """The side of the smallest square that holds it."""
        if self.rows is None or self.columns is None:
            return None
        return math.ceil(max(self.rows, self.columns))

    @property
    def stride(self) -> int | None:
        """The larger of the steps, in whole pixels; None where it is less, or not known."""
        if self.down is None or self.across is None:
            return None
        return round(max(self.down, self.across)) or None


PIXEL = Field(1, 1, 1, 1)

WINDOWS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
)
POINTWISE = (
    keras.layers.BatchNormalization,
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
) | frozenset(("Cast", "Floor", "RGBToGrayscale", "Round", "Sign", "Stack", "TrueDivide", "Where"))

COMPARISONS = frozenset(
    ("Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalNot")
) | frozenset(("LogicalOr", "NotEqual"))
"""Operations that give yes or no at each place."""


SCALES = (0.5, 20.0, 500.0)
"""Spreads of the noise on which gradients are measured, so that a clipping lets some of it pass."""


def receptive_fields(graph: Graph, size: int = 224) -> dict[str, Field]:
    """The field of every map by name, (N, H, W, C); what is of the whole image's is none.

    `size`: the side of the input, in pixels, where it is free.
    """
    shapes = graph.shapes_at(graph.sides(size))
    fields: dict[str, Field] = {}
    for name, node in graph.nodes.items():
        found = _field(graph, name, fields, shapes) if node.inputs else PIXEL
        if found is not None:
            fields[name] = found
    return fields


def _field(
    graph: Graph, name: str, fields: Mapping[str, Field], shapes: Mapping[str, Shape]
) -> Field | None:
    node, shape = graph.nodes[name], shapes[name]
    given = [fields.get(source) for source in node.inputs]
    if len(shape) == 4 and any(given) and (isinstance(node.layer, WINDOWS) or _is_pointwise(node)):
        return _widened(_joined(given), node.layer)
    if len(shape) != 4 or shape[1:3] == (1, 1):
        return None
    maps = _maps_before(graph, name, fields)
    seen = _windows(graph, name, [(each, shapes[each]) for each in maps], shape)
    return _joined([_seen(fields[each], *seen[each]) for each in maps])


def _joined(given: Sequence[Field | None]) -> Field:
    """The field of what reads several at the same places; None: of the whole image, a gate's."""
    maps = [each for each in given if each is not None]

    def step(steps: list[float | None]) -> float | None:
        known = [each for each in steps if each is not None]
        alike = len(known) == len(steps) and max(known) <= 1.1 * min(known)
        return known[0] if alike else None

    def side(sides: list[float | None]) -> float | None:
        known = [each for each in sides if each is not None]
        return max(known) if len(known) == len(given) else None

    return Field(
        side([each.rows for each in maps]),
        side([each.columns for each in maps]),
        step([each.down for each in maps]),
        step([each.across for each in maps]),
    )


def _is_pointwise(node: Node) -> bool:
    layer = node.layer
    if isinstance(layer, keras.layers.LayerNormalization):
        return list(layer.axis) in ([-1], [len(node.shape) - 1])
    if isinstance(layer, keras.layers.Concatenate):
        return layer.axis in (-1, len(node.shape) - 1)
    if isinstance(layer, keras.layers.Layer):
        return isinstance(layer, POINTWISE) or is_activation(node) or is_layer_scale(layer)
    return is_activation(node) or node.kind in POINTWISE_OPERATIONS | COMPARISONS


def _widened(before: Field, layer: Any) -> Field:
    if not isinstance(layer, WINDOWS):
        return before
    sides = layer.pool_size if hasattr(layer, "pool_size") else layer.kernel_size
    dilations = getattr(layer, "dilation_rate", (1, 1))
    windows = [(side - 1) * rate + 1 for side, rate in zip(sides, dilations, strict=True)]
    rows, columns = zip(windows, layer.strides, strict=True)
    return _seen(before, rows, columns)


Window = tuple[int | None, float]
"""How many units of a row, or a column, one sees, None for all of them; the step in units."""


def _seen(before: Field, rows: Window, columns: Window) -> Field:
    """The field of what sees a window of units of another field."""
    sides = []
    for side, step, (count, _) in (
        (before.rows, before.down, rows),
        (before.columns, before.across, columns),
    ):
        known = side is not None and count is not None and (step is not None or count == 1)
        sides.append(side + (count - 1) * (step or 0) if known else None)  # type: ignore[operator]
    steps = [
        step and step * moved
        for step, (_, moved) in ((before.down, rows), (before.across, columns))
    ]
    return Field(sides[0], sides[1], steps[0], steps[1])


def _maps_before(graph: Graph, name: str, fields: Mapping[str, Field]) -> list[str]:
    """The nearest maps that a node is made of, through whatever is none (a sequence, a vector)."""
    found: dict[str, None] = {}
    left, passed = list(graph.nodes[name].inputs), set[str]()
    while left:
        source = left.pop()
        if source in fields:
            found[source] = None
        elif source not in passed:
            passed.add(source)
            left.extend(graph.nodes[source].inputs)
    return list(found)


def _windows(
    graph: Graph, name: str, maps: Sequence[tuple[str, Shape]], shape: Shape
) -> dict[str, tuple[Window, Window]]:
    """What units of a node see of each of some maps, measured: of rows and of columns."""
    generator = np.random.default_rng(0)
    spreads = np.reshape(SCALES, (-1, 1, 1, 1))
    sides = [[side or 1 for side in given[1:]] for _, given in maps]
    noise = [
        (generator.normal(0, 1, (len(SCALES), *each)) * spreads).astype(np.float32)
        for each in sides
    ]
    height, width = (side or 1 for side in shape[1:3])
    places = [(n * height // 4, n * width // 4) for n in (1, 2, 3)]

    def run(values: Sequence[Any]) -> Any:
        given = dict(zip((each for each, _ in maps), values, strict=True))
        return graph.compute(given, [name])[0]

    gradients = _gradients(run, noise, places)
    found = {}
    for (each, _), gradient in zip(maps, gradients, strict=True):
        touched = (gradient != 0).any((1, 4))  # (places, H, W)
        rows = _window(touched.any(2), [row for row, _ in places], height)
        found[each] = rows, _window(touched.any(1), [column for _, column in places], width)
    return found


def _window(touched: NDArray[np.bool_], places: Sequence[int], count: int) -> Window:
    """The window of units of a row, from what places in a row of `count` see, (places, H) bool."""
    ratio = touched.shape[1] / count
    ends = [np.flatnonzero(each)[[0, -1]] for each in touched if each.any()]
    if len(ends) < len(places):  # of what has no gradient nothing is known
        return None, ratio
    widest = max(int(last - first) + 1 for first, last in ends)
    moved = places[-1] - places[0]
    step = float(np.mean(ends[-1]) - np.mean(ends[0])) / moved if moved else ratio
    if widest == touched.shape[1] > 1 or 2 * step < ratio:
        return None, ratio
    for even in (round(step), 1 / max(round(1 / step), 1)):
        if abs(step - even) * moved <= 1:
            return widest, float(even)
    return widest, ratio


def _gradients(
    run: Callable[[Sequence[Any]], Any], given: Sequence[Array], places: Sequence[tuple[int, int]]
) -> list[Array]:
    """The gradients of a map that `run` makes of some arrays, by each: (places, N, H, W, C).

    Of each place alone, all of its channels together, no two with the same weight.
    """
    result, pull = pullback(run, [keras.ops.convert_to_tensor(each) for each in given])
    rows = []
    for row, column in places:
        weights = np.zeros(result.shape, np.float32)
        weights[:, row, column] = np.linspace(0.5, 1, result.shape[-1])
        rows.append(pull(keras.ops.cast(weights, result.dtype)))
    return [np.stack([np.asarray(each) for each in one]) for one in zip(*rows, strict=True)]
