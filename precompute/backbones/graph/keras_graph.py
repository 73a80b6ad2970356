"""A Keras model read as a graph.

Networks inside networks are opened, a layer that is called twice is two nodes, one that gives
several tensors is a node for each, and what does nothing at inference (dropout, augmentation) is
passed over. Of a network that this process built, the layers that Keras named by itself, and counts
through the whole process, are numbered anew: the names do not depend on what was built before.
Those of a file hold.
"""

import inspect
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from diamond_cutter.precompute.backbones.graph.network_graph import (
    Graph,
    GraphError,
    Node,
    Shape,
    Source,
    automatic_name,
    is_of_application,
    sources_of,
)
from diamond_cutter.precompute.backbones.keras_runtime import keras

FREE = 32
"""In place of a side that is free, to try a layer."""


def read_graph(model: Any, *, renumbered: bool = True) -> Graph:
    """The graph of a functional or sequential model, or of one with such inside.

    `renumbered`: whether what Keras named by itself is numbered from nought.
    Raises `GraphError` for a model of several inputs or outputs, or with a subclassed one inside.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise GraphError(f"{len(model.inputs)} inputs and {len(model.outputs)} outputs")
    reader = _Reader(renumbered=renumbered)
    (pixels,) = model.inputs
    name = reader.unique(re.sub(r"_\d+$", "", pixels.name))
    layer = keras.layers.InputLayer(batch_shape=pixels.shape, dtype=pixels.dtype, name=name)
    reader.nodes[name] = Node(layer, (), tuple(pixels.shape))
    (end,) = reader.open(model, [name])
    graph = Graph(reader.nodes, {})
    used = graph.ancestors(end)
    nodes = {name: node for name, node in graph.nodes.items() if name in used}
    readers: dict[str, tuple[str, ...]] = dict.fromkeys(nodes, ())
    for name, node in nodes.items():
        for source in dict.fromkeys(node.inputs):
            readers[source] += (name,)
    return Graph(nodes, readers)


class _Reader:
    """Gathers the nodes, model by model."""

    def __init__(self, *, renumbered: bool) -> None:
        self._renumbered = renumbered
        self.nodes: dict[str, Node] = {}

    def open(self, model: Any, sources: Sequence[str]) -> list[str]:
        """Add the nodes of a model that reads `sources`; the names of those that it gives."""
        if isinstance(model, keras.Sequential):
            numbers = _first_numbers(model.layers)
            for layer in model.layers:
                sources = self._call(layer, numbers, (Source(sources[0]),), {})
            return list(sources)
        if not isinstance(model, keras.Model) or not hasattr(model, "_nodes_by_depth"):
            raise GraphError(f"{model.name!r}, a subclassed model, which is code")
        numbers = _first_numbers(model.operations)
        own = {id(node) for nodes in model._nodes_by_depth.values() for node in nodes}
        made = dict(zip(map(id, model.inputs), sources, strict=True))
        waiting = [
            (operation, node)
            for operation in model.operations
            for node in operation._inbound_nodes
            if id(node) in own and not node.is_input
        ]
        while waiting:
            left = []
            for operation, node in waiting:
                if any(id(tensor) not in made for tensor in node.input_tensors):
                    left.append((operation, node))  # reads what comes later in the list
                    continue
                given = (node.arguments.args, node.arguments.kwargs)
                arguments, options = _with_sources(given, made)
                results = self._call(operation, numbers, arguments, options, len(node.outputs))
                made.update(zip(map(id, node.outputs), results, strict=True))
            if len(left) == len(waiting):
                raise GraphError(f"{left[0][0].name!r}, which reads what nothing gives")
            waiting = left
        return [made[id(tensor)] for tensor in model.outputs]

    def _call(
        self,
        layer: Any,
        numbers: dict[str, int],
        arguments: tuple[Any, ...],
        options: dict[str, Any],
        count: int = 1,
    ) -> list[str]:
        """Add a call of a layer that gives `count` tensors; the names of their nodes."""
        sources = sources_of((arguments, options))
        if isinstance(layer, keras.Model):
            return self.open(layer, sources)
        if _trains_by_default(layer):
            options = {**options, "training": False}  # as `predict` calls it
        shapes = [self.nodes[source].shape for source in sources]
        if _does_nothing(layer, shapes):
            return sources[:1]
        name = _settled_name(layer, numbers) if self._renumbered else layer.name
        if is_of_application(layer, "CustomScaleLayer"):  # of InceptionResNetV2: x + scale * y
            (shortcut, residual), scaled = sources, self.unique(f"{name}_scaled")
            rescaling = keras.layers.Rescaling(float(layer.scale), name=scaled)
            self._add(scaled, rescaling, (Source(residual),), {})
            layer = keras.layers.Add(name=name)
            arguments, options = ([Source(shortcut), Source(scaled)],), {}
        if count == 1:
            return [self._add(name, layer, arguments, options)]
        called = self.unique(name)
        return [
            self._add(f"{called}_{part}", layer, arguments, options, part, called)
            for part in range(count)
        ]

    def _add(
        self,
        name: str,
        layer: Any,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
        part: int = 0,
        called: str = "",
    ) -> str:
        name = self.unique(name)
        sources = tuple(sources_of((arguments, options)))
        node = Node(layer, sources, (), arguments, options, part, called)
        shape = node.output_shape({source: self.nodes[source].shape for source in sources})
        self.nodes[name] = replace(node, shape=shape)
        return name

    def unique(self, name: str) -> str:
        """A name that no node has and that can be part of an address."""
        name = re.sub(r"[^A-Za-z0-9_.+-]", ".", name)
        count, first = 1, name
        while name in self.nodes:
            name, count = f"{first}_{count}", count + 1
        return name


def _trains_by_default(layer: Any) -> bool:
    """Whether a layer of augmentation changes photos unless it is told that nothing is trained."""
    if not isinstance(layer, keras.layers.Layer):
        return False
    training = inspect.signature(layer.call).parameters.get("training")
    return training is not None and training.default is True


def _does_nothing(layer: Any, shapes: Sequence[Shape]) -> bool:
    """Whether a layer gives what it is given where nothing is trained: tried, on noise."""
    if isinstance(layer, (keras.layers.Identity, keras.layers.ActivityRegularization)):
        return True
    if isinstance(layer, keras.layers.Activation):
        return bool(keras.activations.serialize(layer.activation) == "linear")
    if not isinstance(layer, keras.layers.Layer) or layer.weights or len(shapes) != 1:
        return False
    if "training" not in inspect.signature(layer.call).parameters:
        return False
    sides = [side or FREE for side in shapes[0][1:]]
    low, high = getattr(layer, "value_range", (0, 255))
    noise = np.random.default_rng(0).uniform(low, high, (1, *sides)).astype(np.float32)
    result = layer(keras.ops.convert_to_tensor(noise), training=False)
    return result.shape == noise.shape and bool(keras.ops.all(result == noise))


def _first_numbers(layers: Sequence[Any]) -> dict[str, int]:
    """The lowest number that Keras gave to a layer of each class, by the class's name."""
    first: dict[str, int] = {}
    for layer in layers:
        base, number = _automatic(layer)
        if base:
            first[base] = min(first.get(base, number), number)
    return first


def _automatic(layer: Any) -> tuple[str, int]:
    """The class's name and the number of a layer that Keras named; ("", 0) for another."""
    base = automatic_name(layer)
    found = re.fullmatch(rf"{re.escape(base)}(?:_(\d+))?", layer.name)
    return (base, int(found[1] or 0)) if found else ("", 0)


def _settled_name(layer: Any, first: dict[str, int]) -> str:
    base, number = _automatic(layer)
    if not base:
        return str(layer.name)
    number -= first[base]
    return f"{base}_{number}" if number else base


def _with_sources(given: Any, made: dict[int, str]) -> Any:
    """The arguments of a call with a `Source` for each tensor of the model."""
    return keras.tree.map_structure(
        lambda each: Source(made[id(each)]) if isinstance(each, keras.KerasTensor) else each, given
    )
