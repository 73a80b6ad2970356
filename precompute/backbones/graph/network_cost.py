"""What a network costs, the whole of it or up to a layer: parameters, operations, bytes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from diamond_cutter.precompute.backbones.graph.convolution_blocks import folded_norm
from diamond_cutter.precompute.backbones.graph.frozen_graph import Operation
from diamond_cutter.precompute.backbones.graph.network_graph import Graph, Node
from diamond_cutter.precompute.backbones.keras_runtime import keras

FLOAT = 4
"""Bytes of a float32."""


@dataclass(frozen=True)
class Products:
    """A convolution or dense layer of a network, for one image.

    operations: a multiplication and an addition count as two.
    moved: numbers that it reads and writes, its weights apart.
    weights: numbers that it reads whatever the number of images.
    """

    operations: int
    moved: int
    weights: int


def count_parameters(graph: Graph, end: str | None = None) -> int:
    """The parameters that can be trained, frozen or not: BatchNorm's moving statistics are none.

    Of the network up to the layer `end`, that one too; without it, of the whole network.
    """
    layers = [node.layer for _, node in _up_to(graph, end)]
    return sum(_size(_learned(layer)) for layer in layers)


def count_bytes(graph: Graph, end: str | None = None) -> int:
    """The bytes of the weights up to `end`, as float32 and with BatchNorm folded."""
    numbers, folded = 0, set()
    for name, node in _up_to(graph, end):
        norm = folded_norm(graph, name)
        if norm is not None and name != end:
            folded.add(norm)
            channels = node.shape[-1] or 0
            numbers += 0 if node.layer.use_bias else channels  # the convolution has a bias then
        if name not in folded:
            numbers += _size(getattr(node.layer, "weights", ()))
    return FLOAT * numbers


def count_gflops(graph: Graph, input_size: int, end: str | None = None) -> float:
    """10^9 operations for one image, up to `end`: those of convolutions and dense layers.

    A multiplication and an addition count as two. What BatchNorm, nonlinearities, sums and pooling
    add is left out, as in publications.
    """
    return sum(each.operations for each in products(graph, input_size, end)) / 1e9


def products(graph: Graph, input_size: int, end: str | None = None) -> Iterator[Products]:
    """The convolutions and dense layers up to `end`, in depth order, at `input_size` if any."""
    shapes: dict[str, Any] = graph.shapes_at(graph.sides(input_size))
    for name, node in _up_to(graph, end):
        count = _products(node.layer, shapes[name])
        if count:
            sides = [shapes[name], *(shapes[source] for source in node.inputs)]
            moved = sum(map(math.prod, sides))
            yield Products(2 * count, moved, _size(node.layer.weights))


def _up_to(graph: Graph, end: str | None) -> Iterator[tuple[str, Node]]:
    """The nodes that `end` needs, by name, in depth order; all of them where it is None."""
    needed = graph.nodes if end is None else graph.ancestors(end)
    return ((name, node) for name, node in graph.nodes.items() if name in needed)


def _learned(layer: Any) -> list[Any]:
    """The weights of a layer that training changes, whether or not the layer is frozen."""
    if isinstance(layer, keras.layers.Normalization):
        return []
    weights = getattr(layer, "weights", ())
    if isinstance(layer, keras.layers.BatchNormalization):
        return [each for each in weights if not each.path.endswith(("_mean", "_variance"))]
    return list(weights)


def _size(weights: Any) -> int:
    return sum(math.prod(weight.shape) for weight in weights)


def _products(layer: Any, shape: tuple[int, ...]) -> int:
    match layer:
        case keras.layers.SeparableConv2D():
            kernels: tuple[Any, ...] = (layer.depthwise_kernel, layer.pointwise_kernel)
        case keras.layers.Conv2D() | keras.layers.DepthwiseConv2D() | keras.layers.Dense():
            kernels = (layer.kernel,)
        case Operation():
            return layer.products
        case _:
            return 0
    places = math.prod(shape[:-1])
    return sum(places * math.prod(kernel.shape) for kernel in kernels)
