"""NASNet's padding at any size.

Keras pads the inputs of its strided layers by what the size that the network is built for needs, an
even one less than an odd one. Where the size is free the padding must follow it, or the branches of
a cell come out of different sizes.
"""

from typing import Any

from diamond_cutter.precompute.backbones.graph.network_graph import Graph
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
