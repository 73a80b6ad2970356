"""A frozen GraphDef of TensorFlow as a graph of nodes, and networks cut from it.

The GraphDef is imported by today's TensorFlow as it is, truncated at what is asked for, and called
as one layer of Keras: gradients pass through it, and photos of any size do where its layers allow.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from diamond_cutter.precompute.backbones.graph.network_graph import Graph, Node, Shape
from diamond_cutter.precompute.backbones.graph.preprocessing import Preprocessing
from diamond_cutter.precompute.backbones.keras_runtime import keras

Sides = tuple[int, int] | int | None
"""H and W of a network's input, the side of both, or any."""


@dataclass(frozen=True, eq=False)
class Operation:
    """A node of a GraphDef in place of a layer of Keras.

    `kind`: its operation, such as "Conv2D". `trainable_weights`: the constants that it reads, of
    more than one number. `spec`: of its output, for one photo of the input size.
    """

    name: str
    kind: str
    trainable_weights: tuple[Any, ...]
    spec: Any

    @property
    def weights(self) -> tuple[Any, ...]:
        """As `trainable_weights`."""
        return self.trainable_weights

    @property
    def products(self) -> int:
        """Multiplications for one photo, where it is a convolution or a matrix product."""
        places = math.prod(self.spec.shape[:-1])
        kernels = [each for each in self.trainable_weights if len(each.shape) in (2, 4)]
        counted = self.kind in ("Conv2D", "DepthwiseConv2dNative", "MatMul") and kernels
        return places * math.prod(kernels[0].shape) if counted else 0

    def compute_output_spec(self, *_given: Any, **_named: Any) -> Any:
        """The shape that it has at the input size."""
        return self.spec


@dataclass(frozen=True)
class FrozenGraph(Graph):
    """The nodes of a GraphDef by name, constants left out, and how photos are put in.

    `preprocessing`: of RGB 0..1; `source`: the name of its input.
    """

    definition: Any = None
    preprocessing: Preprocessing = field(default_factory=lambda: Preprocessing((1.0,), (0.0,)))
    source: str = ""

    def digest(self) -> str:
        """The SHA-256 of the definition, hex."""
        return hashlib.sha256(self.definition.SerializeToString(deterministic=True)).hexdigest()

    def rebuild(
        self, targets: Sequence[str], given: Mapping[str, Any], size: Sides
    ) -> tuple[Any, dict[str, Any]]:
        """The input and the tensors, by name, of a new network up to `targets`."""
        if given:
            values, source = dict(given), None
        else:
            sides = size if isinstance(size, tuple) else (size, size)
            source = keras.Input((*sides, 3), name="pixels")
            is_grey = self.nodes[self.source].shape[-1] == 1
            tensor = keras.ops.image.rgb_to_grayscale(source) if is_grey else source
            values = {self.source: self.preprocessing.apply(tensor)}
        for name in (name for name in self.nodes if name in targets and name not in values):
            # From those before it, so that gradients pass from one to another.
            layer = FrozenLayer(self, list(values), name)
            values[name] = layer([values[start] for start in layer.starts])
        return source, {name: values[name] for name in targets}

    def shape_of(self, name: str, sides: tuple[int, int]) -> Shape | None:
        """The shape of a node's output for one photo of H and W; None where it takes none such."""
        from diamond_cutter.precompute.backbones.keras_runtime import tf

        start, end = self.nodes[self.source].layer, self.nodes[name].layer.name
        part, _ = _beyond(self.definition, {start.name: start.spec.dtype}, end)

        def run(pixels: Any) -> Any:
            given = {f"{start.name}:0": pixels}
            return tf.graph_util.import_graph_def(part, given, [f"{end}:0"], name="")[0]

        pixels = tf.TensorSpec((1, *sides, start.spec.shape[-1]), start.spec.dtype)
        try:
            found = tf.compat.v1.wrap_function(run, [pixels]).outputs[0].shape
        except ValueError:
            return None
        return None if found.rank is None else tuple(found.as_list())


class FrozenLayer(keras.layers.Layer):  # type: ignore[misc]
    """A part of a GraphDef: from what some nodes give to what another gives, as float32."""

    def __init__(self, graph: FrozenGraph, given: Sequence[str], target: str) -> None:
        """Import no more of the definition than the node `target` needs beyond those `given`."""
        super().__init__(trainable=False)
        from diamond_cutter.precompute.backbones.keras_runtime import tf

        self.target = target
        self._digest = graph.digest()
        names = {graph.nodes[name].layer.name: name for name in given}
        dtypes = {name: graph.nodes[names[name]].layer.spec.dtype for name in names}
        end = graph.nodes[target].layer.name
        part, used = _beyond(graph.definition, dtypes, end)
        self.starts = tuple(names[each] for each in used)
        specs = [graph.nodes[name].layer.spec for name in self.starts]

        def run(*values: Any) -> Any:
            replaced = {
                f"{name}:0": tf.cast(value, dtypes[name])
                for name, value in zip(used, values, strict=True)
            }
            (found,) = tf.graph_util.import_graph_def(
                part, input_map=replaced, return_elements=[f"{end}:0"], name=""
            )
            return tf.cast(found, tf.float32)

        free = [(*[None] * (len(spec.shape) - 1), *spec.shape[-1:]) for spec in specs]
        signature = [tf.TensorSpec(shape, tf.float32) for shape in free]
        self._run = tf.compat.v1.wrap_function(run, signature)

    def call(self, inputs: Any) -> Any:
        """The target's tensor, of a list of those of `starts`."""
        from diamond_cutter.precompute.backbones.keras_runtime import tf

        return self._run(*map(tf.convert_to_tensor, inputs))

    def get_config(self) -> dict[str, Any]:
        """What tells this layer from another; it can't be made from it."""
        return {"starts": self.starts, "target": self.target, "definition": self._digest}


def read_definition(
    definition: Any,
    source: str,
    preprocessing: Preprocessing,
    sides: tuple[int, int],
    named: Mapping[str, str] = MappingProxyType({}),
) -> FrozenGraph:
    """The graph of a GraphDef; `source` is the name of its input, (N, H, W, 3) or (N, H, W, 1).

    `sides`: H and W.
    `named`: the nodes that are to be known by another name, each with that name; "/" becomes ".".
    Raises `ValueError` where TensorFlow can't import it, or there is no such input.
    """
    by_name = {node.name: node for node in definition.node}
    if source not in by_name:
        raise ValueError(f"no node {source!r}, which is to be the input")
    specs = _specs(definition, source, (*sides, _channels(by_name[source])))
    known: dict[str, str] = {}  # the name here of each node that depends on the input
    nodes: dict[str, Node] = {}
    for name in _order(by_name):
        node = by_name[name]
        sources = [_node_of(each) for each in node.input if not each.startswith("^")]
        inputs = tuple(known[each] for each in sources if each in known)
        if name == source:
            inputs = ()
        elif node.op == "Identity" and inputs and name in named.values():
            known[name] = inputs[0]  # only there to give its input the name
            continue
        elif not inputs or name not in specs:
            continue
        constants = [_constant(by_name, each) for each in sources if each not in known]
        weights = tuple(each for each in constants if each is not None and each.size > 1)
        shape, dtype = specs[name]
        spec = keras.KerasTensor(tuple(side or 1 for side in shape), dtype)
        known[name] = named.get(name, name).replace("/", ".")
        operation = Operation(name, node.op, weights, spec)
        nodes[known[name]] = Node(operation, inputs, (None, *shape[1:]))
    readers: dict[str, tuple[str, ...]] = dict.fromkeys(nodes, ())
    for name, entry in nodes.items():
        for each in dict.fromkeys(entry.inputs):
            readers[each] += (name,)
    return FrozenGraph(nodes, readers, definition, preprocessing, known[source])


def frozen_end(model: Any) -> str:
    """The name of the node that `model`, a network made of a frozen graph, gives."""
    (part,) = [layer for layer in model.layers if isinstance(layer, FrozenLayer)]
    return part.target


def in_order(definition: Any) -> Any:
    """A definition with its nodes in an order that depends on their names alone."""
    by_name = {node.name: node for node in sorted(definition.node, key=lambda node: node.name)}
    ordered = type(definition)()
    ordered.versions.CopyFrom(definition.versions)
    ordered.library.CopyFrom(definition.library)
    ordered.node.extend(by_name[name] for name in _order(by_name))
    return ordered


def _channels(node: Any) -> int:
    """Those of an input: 1 where it says so, else 3."""
    sides = node.attr["shape"].shape.dim
    return 1 if len(sides) == 4 and sides[-1].size == 1 else 3


def _specs(
    definition: Any, source: str, photo: tuple[int, int, int]
) -> dict[str, tuple[tuple[int | None, ...], str]]:
    """The shape and dtype of each node's first output for one photo, by name, where known."""
    from diamond_cutter.precompute.backbones.keras_runtime import tf

    def run(pixels: Any) -> Any:
        tf.graph_util.import_graph_def(definition, input_map={f"{source}:0": pixels}, name="whole")
        return pixels

    (given,) = [node for node in definition.node if node.name == source]
    dtype = tf.as_dtype(given.attr["dtype"].type) if given.op == "Placeholder" else tf.float32
    pixels = tf.TensorSpec((1, *photo), dtype)
    graph = tf.compat.v1.wrap_function(run, [pixels]).graph
    specs: dict[str, tuple[tuple[int | None, ...], str]] = {source: ((1, *photo), dtype.name)}
    for operation in graph.get_operations():
        outputs = operation.outputs
        if operation.name.startswith("whole/") and outputs and outputs[0].shape.rank is not None:
            name = operation.name.removeprefix("whole/")
            is_number = outputs[0].dtype.is_floating or outputs[0].dtype.is_integer
            dtype = outputs[0].dtype.name if is_number else "float32"
            specs.setdefault(name, (tuple(outputs[0].shape.as_list()), dtype))
    return specs


def _node_of(tensor: str) -> str:
    """The node that gives a tensor: "a" of "a:1"."""
    return tensor.partition(":")[0]


def _constant(by_name: Mapping[str, Any], name: str) -> Any:
    """The value of a constant, also of one that is passed on; None for anything else."""
    from diamond_cutter.precompute.backbones.keras_runtime import tf

    node = by_name[name]
    while node.op in ("Identity", "Reshape", "Squeeze"):  # which Keras writes around a bias
        node = by_name[_node_of(node.input[0])]
    if node.op != "Const" or not tf.as_dtype(node.attr["dtype"].type).is_floating:
        return None
    return tf.make_ndarray(node.attr["value"].tensor)


def _order(by_name: Mapping[str, Any]) -> list[str]:
    """The names of all nodes, each after all that it reads."""
    ordered: dict[str, None] = {}
    for first in by_name:
        left = [first]
        while left:
            name = left[-1]
            sources = [_node_of(each.lstrip("^")) for each in by_name[name].input]
            ahead = [each for each in sources if each not in ordered]
            if name in ordered or not ahead:
                ordered[left.pop()] = None
            else:
                left.extend(ahead)
    return list(ordered)


def _beyond(definition: Any, given: Mapping[str, str], target: str) -> tuple[Any, list[str]]:
    """The nodes of a definition that `target` needs beyond those `given`, and the given it reads.

    They are on no device in particular. The given, each with its dtype, are placeholders.
    """
    from diamond_cutter.precompute.backbones.keras_runtime import tf

    by_name = {node.name: node for node in definition.node}
    needed: dict[str, None] = {}
    left = [target]
    while left:
        name = left.pop()
        if name not in needed:
            needed[name] = None
            if name not in given:
                left.extend(_node_of(each.lstrip("^")) for each in by_name[name].input)
    part = type(definition)()
    part.versions.CopyFrom(definition.versions)
    part.library.CopyFrom(definition.library)
    part.node.extend(node for node in definition.node if node.name in needed)
    for node in part.node:
        node.device = ""
        if node.name in given:
            node.op = "Placeholder"
            node.ClearField("input")
            node.ClearField("attr")
            node.attr["dtype"].type = tf.as_dtype(given[node.name]).as_datatype_enum
    return part, [name for name in needed if name in given]
