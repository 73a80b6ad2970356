"""A backbone, or what a cut leaves of it, written to one file: for Keras, or for Lucid.

For Lucid it is a frozen GraphDef with the note that `lucid.modelzoo.vision_base.Model.load` reads.
Every layer is there under its name, so that Lucid's objectives find it: "block2b_add:0". Values are
RGB 0..1, since the preprocessing is in the graph.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.leftovers import discard
from diamond_cutter.precompute.backbones.formats.lucid_file import NOTE
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import checked
from diamond_cutter.precompute.backbones.graph.frozen_graph import FrozenGraph, frozen_end, in_order
from diamond_cutter.precompute.backbones.keras_runtime import freeze, keras, tf
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

INPUT = "input"
LOGITS = "logits"


def write_backbone(backbone: Backbone, cut: str | None, path: Path) -> None:
    """Write a backbone, or its part up to `cut`, to a `.keras`, `.modelzoo` or `.pb` file.

    Raises `UserError` for another suffix, for a cut that it has not, for a place that can't be
    written to, and for a network that is no Keras model where `.keras` is asked for.
    """
    if path.suffix not in WRITERS:
        raise UserError(
            f"{path}: expected a name that ends in {', '.join(WRITERS)}, got {path.suffix!r}; "
            "name the output so"
        )
    if cut is not None:
        backbone.layer(cut)
    if path.suffix == ".keras":
        refuse_frozen(backbone.graph, path)
    elif cut is None and len({*backbone.sides}) > 1:
        raise UserError(
            f"{path}: expected a network of square photos, which Lucid takes alone, got one of "
            f"{backbone.sides[0]} x {backbone.sides[1]} px; write a cut of it, or a .keras file"
        )
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        WRITERS[path.suffix](backbone, cut, beside)
        beside.replace(path)
    except OSError as error:
        raise UserError(
            f"{path}: expected a place to write to, got: {error}; name another output"
        ) from error
    finally:
        discard(beside)


def refuse_frozen(graph: object, path: Path) -> None:
    """A `UserError` for a graph that Keras can't write."""
    if isinstance(graph, FrozenGraph):
        raise UserError(
            f"{path}: expected a network built of Keras's layers, got a frozen graph of "
            "TensorFlow, which a Keras file can't hold; write another kind of file"
        )


def _write_keras(backbone: Backbone, cut: str | None, path: Path) -> None:
    end = _end(backbone) if cut is None else cut
    source, values = checked(backbone, [end], size=backbone.sides)
    keras.Model(source, values[end], name=backbone.name).save(path)


def _write_lucid(backbone: Backbone, cut: str | None, path: Path) -> None:
    graph = backbone.graph
    end = _end(backbone) if cut is None else backbone.layer(cut).name
    needed = graph.ancestors(end)
    layers = [layer for layer in backbone.layers if layer.name in needed]
    names = list(dict.fromkeys([*(layer.name for layer in layers), end]))
    # A classifier may need its size; what is cut takes any.
    source, values = checked(backbone, names, size=backbone.input_size if cut is None else None)
    network = keras.Model(source, [values[name] for name in names], name="network")
    side = None if cut else backbone.input_size

    def run(pixels: Any) -> list[Any]:
        found = keras.tree.flatten(network(pixels))
        named = dict(zip(names, found, strict=True))
        kept = [tf.identity(named[layer.name], name=layer.name) for layer in layers]
        return kept if cut else [*kept, tf.identity(named[end], name=LOGITS)]

    pixels = tf.TensorSpec((None, side, side, 3), tf.float32, name=INPUT)
    definition = freeze(
        tf.function(run, autograph=False).get_concrete_function(pixels)
    ).graph.as_graph_def()
    definition = in_order(definition)
    _add_note(definition, backbone, layers, "" if cut else LOGITS)
    path.write_bytes(definition.SerializeToString(deterministic=True))


def _add_note(definition: Any, backbone: Backbone, layers: list[Layer], output: str) -> None:
    makers = {node.name: node.input[0].partition(":")[0] for node in definition.node if node.input}
    side = backbone.input_size
    content = {
        "input_name": INPUT,
        "image_shape": [side, side, 3],
        "image_value_range": [0, 1],
        "output_name": output,
        "class_names": backbone.class_names if output else [],
        "layers": [
            asdict(layer) | {"depth": layer.channels, "tags": ["conv"], "node": makers[layer.name]}
            for layer in layers
        ],
    }
    node = definition.node.add()
    node.name, node.op = NOTE, "Const"
    node.attr["dtype"].type = tf.string.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(json.dumps(content)))


def _end(backbone: Backbone) -> str:
    """The node that gives what the whole backbone does."""
    if isinstance(backbone.graph, FrozenGraph):
        return frozen_end(backbone.model)
    return next(reversed(backbone.graph.nodes))


WRITERS: dict[str, Callable[[Backbone, str | None, Path], None]] = {
    ".keras": _write_keras,
    ".modelzoo": _write_lucid,
    ".pb": _write_lucid,  # the same, by the suffix that Lucid's Model.load knows by itself
}
