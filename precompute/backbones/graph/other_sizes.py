"""Networks at other sizes than their own: which take none, and NASNet's padding at any.

Keras pads the inputs of NASNet's strided layers by what the size that the network is built for
needs, an even one less than an odd one. Where the size is free the padding must follow it, or the
branches of a cell come out of different sizes.
"""

from collections.abc import Sequence
from typing import Any

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.frozen_graph import FrozenGraph
from diamond_cutter.precompute.backbones.graph.network_graph import Graph, Shape
from diamond_cutter.precompute.backbones.keras_runtime import keras

POOLS = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)


class AlignedPadding2D(keras.layers.Layer):  # type: ignore[misc]
    """Zeros around (N, H, W, C), so that a window of `window` in steps of 2 fits as in SAME."""

    def __init__(self, window: int, **options: Any) -> None:
        """`window`: odd."""
        super().__init__(**options)
        self.window = window

    def call(self, inputs: Any) -> Any:
        """The padded tensor; a row and a column less before it where its side is even."""
        side = self.window // 2
        padded = keras.ops.pad(inputs, ((0, 0), (side, side), (side, side), (0, 0)))
        height, width = keras.ops.shape(inputs)[1:3]
        return padded[:, 1 - height % 2 :, 1 - width % 2 :]

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """A side of n becomes n + window - 1, less one where n is even."""
        added = 2 * (self.window // 2)
        sides = [None if n is None else n + added - (1 - n % 2) for n in shape[1:3]]
        return (shape[0], *sides, shape[3])


def aligned(graph: Graph) -> dict[str, int]:
    """The paddings of a network that must follow the size, by name, each with its window.

    None of a network in which nothing but convolutions reads such a padding: there it may stay.
    """
    found: dict[str, int] = {}
    pooled = False
    for name, node in graph.nodes.items():
        if isinstance(node.layer, keras.layers.ZeroPadding2D):
            readers = [graph.nodes[reader].layer for reader in graph.readers[name]]
            (top, bottom), (left, right) = node.layer.padding
            side = graph.nodes[node.inputs[0]].shape[1]
            fits = side is not None and (top, left) == (bottom - 1 + side % 2,) * 2
            if fits and bottom == right and all(_steps_by_two(reader) for reader in readers):
                found[name] = 2 * bottom + 1
                pooled |= any(isinstance(reader, POOLS) for reader in readers)
    even = any((graph.nodes[graph.nodes[name].inputs[0]].shape[1] or 1) % 2 == 0 for name in found)
    return found if pooled and even else {}


def _steps_by_two(layer: Any) -> bool:
    return getattr(layer, "strides", None) == (2, 2) and layer.padding == "valid"


def takes_one_size(backbone: Backbone, names: Sequence[str]) -> bool:
    """Whether a reshaping, say, up to one of some nodes needs photos of the backbone's size."""
    graph, known = backbone.graph, backbone.of_one_size
    twice = (2 * backbone.sides[0], 2 * backbone.sides[1])
    if isinstance(graph, FrozenGraph):
        for name in (name for name in names if name not in known):
            known[name] = not _fits(graph.shape_of(name, twice), graph.nodes[name].shape)
    elif not known:
        is_free = None in next(iter(graph.nodes.values())).shape[1:3] or aligned(graph)
        shapes = {} if is_free else graph.shapes_at(twice)
        for name, node in graph.nodes.items():
            known[name] = not is_free and not _fits(shapes.get(name), node.shape)
    return any(known[name] for name in names)


def _fits(shape: Shape | None, own: Shape) -> bool:
    """Whether a shape at another size, None for none, is what it has to be: but for the sides."""
    if shape is None or len(shape) != len(own) or shape[0] != 1:
        return False
    return shape[-1] == own[-1]
