"""Files of Lucid: a frozen GraphDef with a note of what it takes, in it or in a manifest beside it.

The note (a constant named `lucid_metadata_json`) says the input's name, shape and value range, as
`lucid.modelzoo.vision_base.Model.save` writes it. What we write has layers and classes in it too.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.formats.allowed_operations import check_graph_operations
from diamond_cutter.precompute.backbones.formats.keras_file_config import graph_of
from diamond_cutter.precompute.backbones.graph.frozen_graph import FrozenGraph, read_definition
from diamond_cutter.precompute.backbones.graph.preprocessing import Preprocessing
from diamond_cutter.precompute.backbones.keras_runtime import tf

NOTE = "lucid_metadata_json"
FOUND = {"stride", "receptive_field", "is_cut"}


@dataclass(frozen=True)
class LucidNote:
    """What is to be known of a GraphDef to put photos into it.

    `sides`: H and W of a photo.
    `found`: what else is known of layers: their stride, receptive field, and whether they are cuts.
    `low`, `high`: what 0 and 1 of RGB become, one number or one for each of the network's channels.
    `names`: the node of each layer that is known by another name. `output`: the node of the logits,
    or of chances, empty where it is not known.
    """

    source: str
    sides: tuple[int, int]
    low: tuple[float, ...]
    high: tuple[float, ...]
    is_bgr: bool = False
    output: str = ""
    layers: tuple[str, ...] = ()
    names: dict[str, str] | None = None
    found: dict[str, dict[str, Any]] | None = None
    classes: tuple[str, ...] = ()

    def preprocessing(self) -> Preprocessing:
        """From RGB 0..1 to the value range."""
        scale = tuple(high - low for low, high in zip(self.low, self.high, strict=True))
        return Preprocessing(scale, self.low, (2, 1, 0) if self.is_bgr else (0, 1, 2))


def read_frozen(path: Path) -> Any:
    """The GraphDef in a file; a `UserError` for one that holds none, or more than a network."""
    definition = tf.compat.v1.GraphDef()
    try:
        definition.ParseFromString(path.read_bytes())
    except Exception as error:  # protobuf's own, and what the file system has against it
        raise UserError(
            f"{path}: expected a frozen GraphDef, got {type(error).__name__}: {error}; copy or "
            "download the file anew"
        ) from error
    if not definition.node:
        raise UserError(
            f"{path}: expected a frozen GraphDef, got one without nodes; copy or download the file "
            "anew"
        )
    check_graph_operations(path, definition)
    return definition


def find_note(path: Path, definition: Any) -> LucidNote | None:
    """The note inside a GraphDef; None if there is none.

    Raises `UserError` for one that does not say what is needed.
    """
    for node in definition.node:
        if node.name == NOTE:
            return _read_note(path, node.attr["value"].tensor.string_val[0])
    return None


def read_manifest(path: Path) -> tuple[Path, LucidNote]:
    """The file of a manifest's GraphDef, and its note; a `UserError` for one that lacks them."""
    graph = graph_of(path)
    text = path.read_text(encoding="utf-8")
    note, content = _read_note(path, text), json.loads(text)
    if content.get("type", "frozen") != "frozen":
        raise UserError(
            f"{path}: expected a manifest of type 'frozen', got {content['type']!r}; freeze the "
            "network"
        )
    return graph, note


def open_frozen(path: Path, definition: Any, note: LucidNote) -> FrozenGraph:
    """The graph of a GraphDef; a `UserError` where its input is not there or it can't be run."""
    for node in definition.node:  # a gradient of its own, which only the saving process knows
        node.attr.pop("_gradient_op_type", None)
    try:
        graph = read_definition(
            definition,
            note.source,
            note.preprocessing(),
            note.sides,
            {node: name for name, node in (note.names or {}).items()},
        )
    except (ValueError, KeyError, tf.errors.OpError) as error:
        text = " ".join(str(error).split())[:160]
        sides = " x ".join(map(str, dict.fromkeys(note.sides)))
        raise UserError(
            f"{path}: expected a frozen network that takes photos of {sides} px at "
            f"{note.source!r}, got {text}; freeze it anew"
        ) from error
    if graph.nodes[graph.source].shape[-1] == 1 and (note.is_bgr or len(note.low) > 1):
        raise UserError(
            f"{path}: expected values for one channel, since the network takes grey photos, got "
            'those of three; name preprocessing = "0..1", "0..255" or "-1..1"'
        )
    return graph


def _of_channels(value: Any) -> tuple[float, ...]:
    """One number, or one for each of three channels; a `ValueError` for anything else."""
    values = np.atleast_1d(np.asarray(value, float))
    if values.shape not in ((1,), (3,)) or not np.isfinite(values).all():
        raise ValueError(f"{value} in image_value_range")
    return tuple(values.tolist())


def _read_note(path: Path, text: str | bytes) -> LucidNote:
    try:
        content = json.loads(text)
        low, high = map(_of_channels, content["image_value_range"])
        layers = content.get("layers", [])
        names = {
            layer["name"]: layer["node"]
            for layer in layers
            if isinstance(layer, dict) and "node" in layer
        }
        return LucidNote(
            source=str(content["input_name"]),
            sides=(int(content["image_shape"][0]), int(content["image_shape"][1])),
            low=low,
            high=high,
            is_bgr=bool(content.get("is_BGR", False)),
            output=str(content.get("output_name", "")),
            layers=tuple(layer["name"] if isinstance(layer, dict) else layer for layer in layers),
            names=names,
            found={
                layer["name"]: {key: layer[key] for key in FOUND}
                for layer in layers
                if isinstance(layer, dict) and set(layer) >= FOUND
            },
            classes=tuple(content.get("class_names", ())),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UserError(
            f"{path}: expected input_name, image_shape and image_value_range as Lucid's "
            f"Model.save writes them, got {type(error).__name__}: {error}; save it anew"
        ) from error
