"""The layers of a frozen GraphDef: those listed, or else those that its operations tell.

A layer is the last tensor of a unit: of a convolution or a sum, and of what is then done to each
value of it alone, a norm and a nonlinearity. Of several operations, as swish and GELU are, the last
one counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

from diamond_cutter.precompute.backbones.graph.frozen_graph import FrozenGraph
from diamond_cutter.precompute.backbones.graph.network_graph import bottlenecks
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

ENDS = frozenset(
    ("Add", "AddV2", "AvgPool", "Concat", "ConcatV2", "Elu", "LeakyRelu", "MaxPool", "Relu")
) | frozenset(("Relu6", "Selu"))
"""Operations that end a unit where no nonlinearity alone reads them; a sum, if of two tensors."""

CONVOLUTIONS = frozenset(["Conv2D", "Conv2DBackpropInput", "DepthwiseConv2dNative"])
SUMS = frozenset(["Add", "AddV2"])
POINTWISE = (
    frozenset(
        [
            "Abs",
            "AddV2",
            "Add",
            "BiasAdd",
            "BatchNormWithGlobalNormalization",
            "Cast",
            "ClipByValue",
        ]
    )
    | frozenset(
        ["Elu", "Erf", "Erfc", "Exp", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"]
    )
    | frozenset(
        ["Identity", "IdentityN", "LeakyRelu", "Log1p", "Maximum", "Minimum", "Mul", "Neg", "Pow"]
    )
    | frozenset(
        ["RealDiv", "Relu", "Relu6", "Rsqrt", "Selu", "Sigmoid", "Softplus", "Softsign", "Square"]
    )
    | frozenset(["Sub", "Tanh"])
)
"""Operations that make each value of one, and so may belong to the unit that they read."""

NONLINEAR = frozenset(("Elu", "LeakyRelu", "Relu", "Relu6", "Selu"))


def find_frozen_layers(graph: FrozenGraph, listed: Sequence[str] = ()) -> list[Layer]:
    """The layers in depth order; a cut is one through which the whole signal passes.

    `listed`: their names, where those are known. Receptive fields are not known.
    """
    whole = set(bottlenecks(graph))
    wanted = set(listed) or _unit_ends(graph)
    sides = graph.nodes[graph.source].shape[1:3]
    layers: list[Layer] = []
    for name, node in graph.nodes.items():
        _, height, width, channels = node.shape if len(node.shape) == 4 else (None,) * 4
        if name in wanted and height and width and channels and max(height, width) > 1:
            steps = zip(sides, (height, width), strict=True)
            strides = {_stride(side or 0, places) for side, places in steps}
            stride = strides.pop() if len(strides) == 1 else None
            layers.append(Layer(name, len(layers), channels, stride, None, name in whole))
    return layers


def without_prefix(graph: FrozenGraph, layers: list[Layer]) -> tuple[FrozenGraph, list[Layer]]:
    """A graph and its layers without what the names of all layers begin with, up to a full stop."""
    parts = zip(*(layer.name.split(".")[:-1] for layer in layers), strict=False)
    common = takewhile(lambda each: len({*each}) == 1, parts)
    prefix = "".join(f"{part}." for part, *_ in common)
    short = {name: name.removeprefix(prefix) for name in graph.nodes}
    if len({*short.values()}) < len(short):
        return graph, layers
    nodes = {
        short[name]: replace(node, inputs=tuple(short[each] for each in node.inputs))
        for name, node in graph.nodes.items()
    }
    readers = {
        short[name]: tuple(short[each] for each in found) for name, found in graph.readers.items()
    }
    renamed = replace(graph, nodes=nodes, readers=readers, source=short[graph.source])
    return renamed, [replace(layer, name=short[layer.name]) for layer in layers]


def _unit_ends(graph: FrozenGraph) -> set[str]:
    """The last nodes of all units."""
    order = {name: position for position, name in enumerate(graph.nodes)}
    ends, inside = set(), set()
    for name, node in graph.nodes.items():
        is_sum = node.kind in SUMS and len(node.inputs) > 1
        if (node.kind in CONVOLUTIONS or is_sum) and name not in inside:
            unit = list(_unit(graph, name, order))
            ends.add(unit[-1])
            inside.update(unit[:-1])
    others = {name for name in graph.nodes if _ends_unit(graph, name)}
    return ends | (others - inside)


def _unit(graph: FrozenGraph, start: str, order: dict[str, int]) -> Iterator[str]:
    """The nodes of the unit that begins with `start`, in depth order.

    It goes as far as all that is made of `start` alone, value by value, comes together in one node.
    """
    made = {start}
    for name, node in graph.nodes.items():
        if node.inputs and node.kind in POINTWISE and made.issuperset(node.inputs):
            made.add(name)
    found = sorted(made, key=order.__getitem__)
    reach, end = 0, start
    for name in found:
        if order[name] >= reach:
            end = name
        readers = [order[each] if each in made else len(order) for each in graph.readers[name]]
        reach = max([reach, *readers])
    yield from (name for name in found if order[name] <= order[end])


def _ends_unit(graph: FrozenGraph, name: str) -> bool:
    node, readers = graph.nodes[name], graph.readers[name]
    if node.kind not in ENDS or (node.kind.startswith("Add") and len(node.inputs) < 2):
        return False
    return not (len(readers) == 1 and graph.nodes[readers[0]].kind in NONLINEAR)


def _stride(side: int, height: int) -> int:
    """The power of two that comes nearest to the step between units."""
    return min((1 << power for power in range(8)), key=lambda step: abs(side / step - height))
