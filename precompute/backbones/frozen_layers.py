"""The layers of a frozen GraphDef: those listed, or else those that its operations tell."""

from collections.abc import Sequence

from diamond_cutter.precompute.backbones.frozen import FrozenGraph
from diamond_cutter.precompute.backbones.graph import bottlenecks
from diamond_cutter.precompute.contract.atlas import Layer

ENDS = frozenset(
    ("Add", "AddV2", "AvgPool", "Concat", "ConcatV2", "Elu", "LeakyRelu", "MaxPool", "Relu")
) | frozenset(("Relu6", "Selu"))
"""Operations that end a unit where no nonlinearity alone reads them; a sum, if of two tensors."""

NONLINEAR = frozenset(("Elu", "LeakyRelu", "Relu", "Relu6", "Selu"))


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
