"""What a network costs: parameters, and operations for one image."""

import math
from typing import Any

from diamond_cutter.precompute.backbones.graph import Graph
from diamond_cutter.precompute.runtime import keras


def count_parameters(model: Any) -> int:
    """The trainable parameters, which publications count: BatchNorm's moving statistics are not."""
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def count_gflops(graph: Graph, input_size: int) -> float:
    """10^9 operations for one square image: those of convolutions and dense layers.

    A multiplication and an addition count as two. What BatchNorm, nonlinearities, sums and pooling
    add is left out, as in publications.
    """
    shapes: dict[str, Any] = {}
    products = 0
    for name, node in graph.nodes.items():
        if not node.inputs:
            shapes[name] = (1, input_size, input_size, node.layer.output.shape[-1])
            continue
        inputs = [shapes[source] for source in node.inputs]
        shapes[name] = node.layer.compute_output_shape(inputs[0] if len(inputs) == 1 else inputs)
        products += _products(node.layer, shapes[name])
    return 2 * products / 1e9


def _products(layer: Any, shape: tuple[int, ...]) -> int:
    match layer:
        case keras.layers.SeparableConv2D():
            kernels: tuple[Any, ...] = (layer.depthwise_kernel, layer.pointwise_kernel)
        case keras.layers.Conv2D() | keras.layers.DepthwiseConv2D() | keras.layers.Dense():
            kernels = (layer.kernel,)
        case _:
            return 0
    places = math.prod(shape[:-1])
    return sum(places * math.prod(kernel.shape) for kernel in kernels)
