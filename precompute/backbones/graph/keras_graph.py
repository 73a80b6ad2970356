"""A Keras model read as a graph.

Networks inside networks are opened, a layer that is called twice is two nodes, and what does
nothing at inference (dropout, augmentation) is passed over. Layers that Keras named by itself, and
counts through the whole process, are numbered anew: the names do not depend on what was built
before.
"""

import re
from collections.abc import Sequence
from typing import Any

from diamond_cutter.precompute.backbones.graph.network_graph import (
    Graph,
    GraphError,
    Node,
    Source,
    automatic_name,
    is_of_application,
    output_shape_of,
    sources_of,
)
from diamond_cutter.precompute.backbones.keras_runtime import keras

ANY = -1
"""In place of the number of a call."""

_PASSED_OVER = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.ActivityRegularization,
    keras.layers.RandomBrightness,
    keras.layers.RandomContrast,
    keras.layers.RandomCrop,
    keras.layers.RandomFlip,
    keras.layers.RandomRotation,
    keras.layers.RandomTranslation,
    keras.layers.RandomZoom,
    keras.layers.Identity,
)


def read_graph(model: Any) -> Graph:
    """The graph of a functional or sequential model, or of one with such inside.

    Raises `GraphError` for a model of several inputs or outputs, or with a subclassed one inside.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise GraphError(f"{len(model.inputs)} inputs and {len(model.outputs)} outputs")
    reader = _Reader()
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

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}

    def open(self, model: Any, sources: Sequence[str]) -> list[str]:
        """Add the nodes of a model that reads `sources`; the names of those that it gives."""
        if isinstance(model, keras.Sequential):
            numbers = _first_numbers(model.layers)
            for layer in model.layers:
                sources = [self._call(layer, numbers, (Source(sources[0]),), {})]
            return list(sources)
        config = model.get_config()
        if "input_layers" not in config:
            raise GraphError(f"{model.name!r}, a subclassed model, which is code")
        operations = {operation.name: operation for operation in model.operations}
        numbers = _first_numbers(model.operations)
        made = dict(zip(_places(config["input_layers"]), sources, strict=True))
        # Of what is called once the number does not matter, which Keras counts in several ways.
        once = {entry["name"] for entry in config["layers"] if len(entry["inbound_nodes"]) == 1}
        waiting = [
            (entry["name"], index, call)
            for entry in config["layers"]
            for index, call in enumerate(
                entry["inbound_nodes"], start=int(_is_functional(operations[entry["name"]]))
            )
        ]
        while waiting:
            left = []
            for name, index, call in waiting:
                try:
                    arguments = tuple(_read(argument, made) for argument in call["args"])
                    options = {key: _read(value, made) for key, value in call["kwargs"].items()}
                except KeyError:  # reads what comes later in the list
                    left.append((name, index, call))
                    continue
                result = self._call(operations[name], numbers, arguments, options)
                made[name, ANY if name in once else index] = result
            if len(left) == len(waiting):
                raise GraphError(f"{left[0][0]!r}, which gives several tensors")
            waiting = left
        return [_made(made, *place) for place in _places(config["output_layers"])]

    def _call(
        self,
        layer: Any,
        numbers: dict[str, int],
        arguments: tuple[Any, ...],
        options: dict[str, Any],
    ) -> str:
        sources = sources_of((arguments, options))
        if isinstance(layer, keras.Model):
            (name,) = self.open(layer, sources)
            return name
        if isinstance(layer, _PASSED_OVER) or _does_nothing(layer):
            return sources[0]
        name = self.unique(_settled_name(layer, numbers))
        if is_of_application(layer, "CustomScaleLayer"):  # of InceptionResNetV2: x + scale * y
            (shortcut, residual), scaled = sources, self.unique(f"{name}_scaled")
            rescaling = keras.layers.Rescaling(float(layer.scale), name=scaled)
            self._add(scaled, rescaling, (Source(residual),), {})
            layer = keras.layers.Add(name=name)
            arguments, options = ([Source(shortcut), Source(scaled)],), {}
        self._add(name, layer, arguments, options)
        return name

    def _add(
        self, name: str, layer: Any, arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> None:
        shapes = {source: self.nodes[source].shape for source in sources_of((arguments, options))}
        shape = output_shape_of(layer, arguments, options, shapes)
        self.nodes[name] = Node(
            layer, tuple(sources_of((arguments, options))), shape, arguments, options
        )

    def unique(self, name: str) -> str:
        """A name that no node has and that can be part of an address."""
        name = re.sub(r"[^A-Za-z0-9_.+-]", ".", name)
        count, first = 1, name
        while name in self.nodes:
            name, count = f"{first}_{count}", count + 1
        return name


def _is_functional(layer: Any) -> bool:
    """Whether Keras counts the calls of a layer from 1: that of a model on its own input is 0."""
    return isinstance(layer, keras.Model) and not isinstance(layer, keras.Sequential)


def _does_nothing(layer: Any) -> bool:
    is_linear = isinstance(layer, keras.layers.Activation) and (
        keras.activations.serialize(layer.activation) == "linear"
    )
    return is_linear or is_of_application(layer, "StochasticDepth")


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


def _places(config: Any) -> list[tuple[str, int]]:
    """The (name, number of call) of tensors, however their names are nested."""
    if isinstance(config, dict):
        return [place for value in config.values() for place in _places(value)]
    if len(config) == 3 and isinstance(config[0], str):
        return [(config[0], config[1])]
    return [place for value in config for place in _places(value)]


def _made(made: dict[tuple[str, int], str], name: str, index: int) -> str:
    return made[name, ANY] if (name, ANY) in made else made[name, index]


def _read(argument: Any, made: dict[tuple[str, int], str]) -> Any:
    """An argument of a call as Keras writes it: a `Source` for a tensor of the model."""
    if isinstance(argument, dict) and argument.get("class_name") == "__keras_tensor__":
        name, index, _ = argument["config"]["keras_history"]
        return Source(_made(made, name, index))
    if isinstance(argument, (list, tuple)):
        return [_read(each, made) for each in argument]
    if isinstance(argument, dict) and "class_name" in argument:
        return keras.saving.deserialize_keras_object(argument)
    return argument
