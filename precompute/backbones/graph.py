"""A backbone as a graph: which layer reads which, and where the whole signal passes through one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from diamond_cutter.precompute.runtime import keras


@dataclass(frozen=True)
class Node:
    """A layer of a Keras model and the names of the layers whose outputs it reads, in order."""

    layer: Any
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """The nodes of a model by name, in depth order: each after all that it reads.

    `readers` holds, for each name, the names of the layers that read its output, in depth order.
    """

    nodes: dict[str, Node]
    readers: dict[str, tuple[str, ...]]

    def ancestors(self, name: str) -> set[str]:
        """The names of all layers that the output of `name` depends on, and `name`."""
        found: set[str] = set()
        left = [name]
        while left:
            current = left.pop()
            if current not in found:
                found.add(current)
                left.extend(self.nodes[current].inputs)
        return found


def read_graph(model: Any) -> Graph:
    """The graph of a functional model in which every layer is called once, on tensors only."""
    makers = {id(layer.output): layer.name for layer in model.layers}
    nodes = {}
    for layer in model.layers:
        is_input = isinstance(layer, keras.layers.InputLayer)
        inputs = [] if is_input else keras.tree.flatten(layer.input)
        nodes[layer.name] = Node(layer, tuple(makers[id(tensor)] for tensor in inputs))
    readers: dict[str, tuple[str, ...]] = dict.fromkeys(nodes, ())
    for name, node in nodes.items():
        for source in dict.fromkeys(node.inputs):
            readers[source] += (name,)
    return Graph(nodes, readers)


def bottlenecks(graph: Graph) -> Iterator[str]:
    """The layers through whose output the whole signal passes, in depth order."""
    order = {name: position for position, name in enumerate(graph.nodes)}
    reach = 0  # the last position at which an output of an earlier layer is read
    for name, position in order.items():
        if position >= reach:
            yield name
        reach = max([reach, *(order[reader] for reader in graph.readers[name])])
