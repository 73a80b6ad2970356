"""A backbone from a frozen GraphDef."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.formats.lucid_file import LucidNote, open_frozen
from diamond_cutter.precompute.backbones.graph.backbone import Backbone, completed
from diamond_cutter.precompute.backbones.graph.frozen_graph import FrozenGraph
from diamond_cutter.precompute.backbones.graph.frozen_layers import (
    find_frozen_layers,
    without_prefix,
)
from diamond_cutter.precompute.backbones.graph.pretrained_head import as_classes
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model

CHANCES = ("LogSoftmax", "Sigmoid", "Softmax")
"""Operations that make chances of logits."""


def frozen_backbone(
    path: Path,
    definition: Any,
    note: LucidNote,
    info: Model,
    class_names: Callable[[int], tuple[str, ...]],
    label_count: int = 0,
) -> Backbone:
    """The backbone of a GraphDef read from `path`, with the figures that its graph tells.

    `class_names`: the names of so many classes, where the note does not have them; `label_count`:
    as `as_classes` has it.

    Raises `UserError` for a graph that can't be run, or in which no layer is found.
    """
    graph = open_frozen(path, definition, note)
    layers = find_frozen_layers(graph, [name.replace("/", ".") for name in note.layers])
    if not note.layers:
        graph, layers = without_prefix(graph, layers)
    layers = [replace(layer, **(note.found or {}).get(layer.name, {})) for layer in layers]
    if not layers:
        raise UserError(
            f"{path}: expected layers (N, H, W, C) such as {', '.join(note.layers[:3]) or 'Relu'}, "
            "found none of them in the graph; name the file of that network"
        )
    logits, chances = _logits(graph, note.output)
    logits = logits or layers[-1].name
    source, values = graph.rebuild([logits], {}, note.sides)
    value, is_exclusive = as_classes(values[logits], chances.lower(), label_count)
    model = keras.Model(source, value, name=info.name.replace("/", "."))
    info = completed(replace(info, input_size=max(note.sides)), graph, layers)
    outputs = model.output_shape
    names = note.classes
    if len(outputs) == 2 and len(names) != outputs[-1]:
        names = class_names(outputs[-1])
    backbone = Backbone(
        info.name, model, max(note.sides), info, layers, names, is_exclusive=is_exclusive
    )
    backbone.__dict__["graph"] = graph  # of the cached property
    return backbone


def _logits(graph: FrozenGraph, output: str) -> tuple[str, str]:
    """What the classes are read from, "" if not known; which operation made chances of it, if any.

    `output`: the node of what the network gives.
    """
    named = {node.layer.name: name for name, node in graph.nodes.items()}
    name, chances = named.get(output, ""), ""
    if not name:
        found = [name for name, node in graph.nodes.items() if node.kind == "Softmax"]
        name = found[-1] if found else ""
    while name:
        kind, before = graph.nodes[name].kind, graph.nodes[name].inputs[:1]
        is_of_logarithm = kind == "Exp" and graph.nodes[before[0]].kind == "LogSoftmax"
        if kind not in (*CHANCES, "Identity", "Cast") and not is_of_logarithm:
            break
        chances = chances or (kind if kind in CHANCES else "")
        name = before[0]
    return name, chances
