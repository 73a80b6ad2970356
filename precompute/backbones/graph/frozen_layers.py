"""The layers of a frozen GraphDef: those listed, or else those that its operations tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from diamond_cutter.precompute.backbones.graph.frozen_graph import FrozenGraph, frozen_end
from diamond_cutter.precompute.backbones.graph.network_graph import bottlenecks
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

ENDS = frozenset(
    ("Add", "AddV2", "AvgPool", "Concat", "ConcatV2", "Elu", "LeakyRelu", "MaxPool", "Relu")
) | frozenset(("Relu6", "Selu"))
"""Operations that end a unit where no nonlinearity alone reads them; a sum, if of two tensors."""

NONLINEAR = frozenset(("Elu", "LeakyRelu", "Relu", "Relu6", "Selu"))

PASSING = frozenset(("Identity", "Reshape", "Squeeze"))
"""What may stand after a classifier and changes nothing."""


@dataclass(frozen=True, eq=False)
class Linear:
    """The linear layer that makes logits of what the node `source` gives.

    kernel: (D, K) or (1, 1, D, K); bias: (K,), or None.
    """

    source: str
    kernel: Any
    bias: Any


def frozen_linear(graph: FrozenGraph, model: Any) -> Linear | None:
    """The matrix product, or the 1 x 1 convolution of one cell, that `model` ends in; or None."""
    name, bias = frozen_end(graph, model), None
    while (node := graph.nodes[name]).inputs:
        weights = node.layer.trainable_weights
        if node.kind in ("Add", "AddV2", "BiasAdd") and len(node.inputs) == len(weights) == 1:
            bias = weights[0]
        elif node.kind in ("Conv2D", "MatMul"):
            is_cell = node.kind == "MatMul" or graph.nodes[node.inputs[0]].shape[1:3] == (1, 1)
            fits = is_cell and len(weights) == 1 and weights[0].shape[-1] == node.shape[-1]
            return Linear(node.inputs[0], weights[0], bias) if fits else None
        elif node.kind not in PASSING:
            return None
        name = node.inputs[0]
    return None


def find_frozen_layers(graph: FrozenGraph, listed: Sequence[str] = ()) -> list[Layer]:
    """The layers in depth order; a cut is one through which the whole signal passes.

    `listed`: their names, where those are known. Receptive fields are not known.
    """
    whole = set(bottlenecks(graph))
    wanted = set(listed) or {name for name in graph.nodes if _ends_unit(graph, name)}
    side = graph.nodes[graph.source].shape[1] or 0
    layers: list[Layer] = []
    for name, node in graph.nodes.items():
        _, height, _, channels = node.shape if len(node.shape) == 4 else (None,) * 4
        if name in wanted and height and height > 1 and channels:
            stride = _stride(side, height)
            is_cut = name in whole
            layers.append(Layer(name, len(layers), channels, stride, None, is_cut))
    return layers


def _ends_unit(graph: FrozenGraph, name: str) -> bool:
    node, readers = graph.nodes[name], graph.readers[name]
    if node.kind not in ENDS or (node.kind.startswith("Add") and len(node.inputs) < 2):
        return False
    return not (len(readers) == 1 and graph.nodes[readers[0]].kind in NONLINEAR)


def _stride(side: int, height: int) -> int:
    """The power of two that comes nearest to the step between units."""
    return min((1 << power for power in range(8)), key=lambda step: abs(side / step - height))
