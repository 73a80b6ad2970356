"""A backbone as a graph: which layer reads which, and where the whole signal passes through one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from diamond_cutter.precompute.backbones.keras_runtime import keras

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Source:
    """Stands for the output of a node among the arguments of another's call."""

    name: str


@dataclass(frozen=True)
class Node:
    """A call of a layer, or of an operation of Keras.

    `inputs`: the names of the nodes whose outputs it reads, in order. `shape`: of its output, N
    first, at the size that the model was built for. `arguments`: those of the call, each tensor
    replaced by a `Source`. `part`: which of the tensors that the call gives; `called`: the name of
    one that gives several.
    """

    layer: Any
    inputs: tuple[str, ...]
    shape: Shape
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    part: int = 0
    called: str = ""

    @property
    def kind(self) -> str:
        """The name of the layer's class, or of the operation's."""
        return getattr(self.layer, "kind", None) or type(self.layer).__name__

    @property
    def nonlinearity(self) -> Any:
        """The function that the layer applies at its end, if any; a recurrent one's is inside."""
        is_recurrent = hasattr(self.layer, "recurrent_activation")
        return None if is_recurrent else getattr(self.layer, "activation", None)

    def call(self, layer: Any, values: dict[str, Any]) -> Any:
        """What `layer`, this node's own or a copy, makes of `values`, tensors by name of node."""
        return self.call_whole(layer, values)[self.part]

    def call_whole(self, layer: Any, values: dict[str, Any]) -> list[Any]:
        """As `call`, all tensors that it gives."""
        arguments, options = _replaced((self.arguments, self.options), values)
        return list(keras.tree.flatten(layer(*arguments, **options)))

    def output_shape(self, shapes: dict[str, Shape]) -> Shape:
        """The shape of the output where those of the inputs are `shapes`, by name of node."""
        tensors = {name: keras.KerasTensor(shape) for name, shape in shapes.items()}
        arguments, options = _replaced((self.arguments, self.options), tensors)
        spec = keras.tree.flatten(self.layer.compute_output_spec(*arguments, **options))
        return tuple(spec[self.part].shape)


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

    def shapes_at(self, sides: tuple[int, int]) -> dict[str, Shape]:
        """The shape of every node's output for one photo of H and W, by name.

        Those that take no photo of this size, and what reads them, have none.
        """
        shapes: dict[str, Shape] = {}
        for name, node in self.nodes.items():
            if not node.inputs:
                shapes[name] = (1, *sides, *node.shape[3:])
            elif all(source in shapes for source in node.inputs):
                given = {source: shapes[source] for source in node.inputs}
                with suppress(ValueError):
                    shapes[name] = node.output_shape(given)
                if None in shapes.get(name, ()):  # of one that does not tell it
                    zeros = {source: keras.ops.zeros(shape) for source, shape in given.items()}
                    shapes[name] = tuple(node.call(node.layer, zeros).shape)
        return shapes

    def sides(self, size: int) -> tuple[int, int]:
        """H and W of the input; `size` where it is free."""
        height, width = next(iter(self.nodes.values())).shape[1:3]
        return height or size, width or size

    def compute(self, given: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
        """What the network's own layers make of `given`, tensors by name of node, at `names`.

        Raises `GraphError` for a layer that fails.
        """
        needed: set[str] = set()
        left = list(names)
        while left:
            current = left.pop()
            if current not in needed and current not in given:
                needed.add(current)
                left.extend(self.nodes[current].inputs)
        order = [name for name in self.nodes if name in needed]
        last = {source: name for name in order for source in self.nodes[name].inputs}
        values = dict(given)
        for name in order:
            node = self.nodes[name]
            try:
                values[name] = node.call(node.layer, values)
            except Exception as error:  # Keras and its frameworks raise what they meet
                text = " ".join(str(error).split())[:160]
                raise GraphError(f"{name!r} ({node.kind}), which fails: {text}") from error
            for source in node.inputs:  # large networks have gigabytes of activations
                if last[source] == name and source not in names:
                    values.pop(source, None)
        return [values[name] for name in names]


class GraphError(ValueError):
    """A model that is no graph of one input and one output, or can't be run: what was met."""


def bottlenecks(graph: Graph) -> Iterator[str]:
    """The layers through whose output the whole signal passes, in depth order."""
    order = {name: position for position, name in enumerate(graph.nodes)}
    reach = 0  # the last position at which an output of an earlier layer is read
    for name, position in order.items():
        if position >= reach:
            yield name
        reach = max([reach, *(order[reader] for reader in graph.readers[name])])


def automatic_name(layer: Any) -> str:
    """The name that Keras gives the first layer of a class: "conv2d" to a `Conv2D`."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", type(layer).__name__)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def is_of_application(layer: Any, name: str) -> bool:
    """Whether a layer is of a class that a network of keras.applications brings with it."""
    return type(layer).__name__ == name and ".applications." in type(layer).__module__


def is_layer_scale(layer: Any) -> bool:
    """Whether it is ConvNeXt's factor for each channel."""
    return is_of_application(layer, "LayerScale")


def sources_of(value: Any) -> list[str]:
    """The names of the nodes among the arguments of a call, however they are nested."""
    match value:
        case Source(name):
            return [name]
        case list() | tuple():
            return [name for each in value for name in sources_of(each)]
        case dict():
            return [name for each in value.values() for name in sources_of(each)]
    return []


def _replaced(value: Any, values: dict[str, Any]) -> Any:
    match value:
        case Source(name):
            return values[name]
        case list():
            return [_replaced(each, values) for each in value]
        case tuple():
            return tuple(_replaced(each, values) for each in value)
        case dict():
            return {key: _replaced(each, values) for key, each in value.items()}
    return value
