"""A network of one's own from a Keras file, with preprocessing in front and logits at the end.

Nothing of the file is run: what holds code (Lambda layers, classes of one's own) is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.formats.hdf5_check import check_hdf5
from diamond_cutter.precompute.backbones.formats.keras2.keras2_file import is_keras2, load_keras2
from diamond_cutter.precompute.backbones.formats.keras2.keras2_layers import Keras2Error
from diamond_cutter.precompute.backbones.formats.keras_file_config import (
    USUAL_SIZE,
    check_classes,
    is_teachable_machines,
    own_code,
    read_config,
)
from diamond_cutter.precompute.backbones.formats.network_input_range import find_range
from diamond_cutter.precompute.backbones.graph.convolution_blocks import LINEAR
from diamond_cutter.precompute.backbones.graph.cut_verification import (
    check_copy,
    check_graph,
    noise,
)
from diamond_cutter.precompute.backbones.graph.keras_graph import read_graph
from diamond_cutter.precompute.backbones.graph.network_copy import rebuild
from diamond_cutter.precompute.backbones.graph.network_graph import Graph, GraphError, Node
from diamond_cutter.precompute.backbones.graph.preprocessing import (
    KNOWN,
    Preprocessing,
    UnknownRangeError,
)
from diamond_cutter.precompute.backbones.keras_runtime import keras

LARGEST = 16_384
"""Pixels of a side: more is no network's input, but a damaged file's."""

CHANCES = {"softmax": "softmax", "log_softmax": "softmax", "sigmoid": "sigmoid"}
"""Nonlinearities that make chances of logits, or their logarithms; and which."""

OPERATIONS = {
    "Exp": "exponential",
    "LogSoftmax": "log_softmax",
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
}
"""The nonlinearities that operations are, by their kind."""


@dataclass(frozen=True)
class UserModel:
    """`model`: float32 RGB 0..1 (N, H, W, 3) to logits (N, classes); the side that it is for.

    `chances`: which the network makes of them, "softmax", "sigmoid" or "".
    """

    model: Any
    input_size: int
    chances: str


def read_keras(path: Path, preprocessing: str, name: str) -> UserModel:
    """The network in a `.keras` or `.h5` file.

    `preprocessing`: a name in `KNOWN`, or empty where it is inside.
    Raises `UserError` for a file that is damaged, holds code, or is no network from one photo to
    one vector, and where the preprocessing is neither inside nor named.
    """
    config = read_config(path)
    check_classes(path, config)
    check_hdf5(path)
    if not preprocessing and is_teachable_machines(config):
        preprocessing = "-1..1"
    try:
        return _opened(path, *_loaded(path), preprocessing, name)
    except GraphError as error:
        raise UserError(
            f"{path}: expected a network of one photo and one answer, built of Keras's own layers, "
            f"got {error}; save a functional or sequential model, of several outputs one: "
            "`keras.Model(model.inputs, model.outputs[0])`"
        ) from error


def _loaded(path: Path) -> tuple[Any, Graph]:
    """The model in a file, and its graph. Raises `UserError`, and `GraphError` as `read_graph`."""
    try:
        loaded = (
            load_keras2(path)
            if is_keras2(path)
            else keras.models.load_model(path, compile=False, safe_mode=True)
        )
        return loaded, read_graph(loaded, renumbered=False)
    except GraphError:
        raise
    except Keras2Error as error:
        raise UserError(
            f"{path}: expected a network of Keras 2 that today's layers can make, got {error}; "
            'in TensorFlow 2.15 write it as a SavedModel, `model.save(FOLDER, save_format="tf")`, '
            "and name that folder"
        ) from error
    except Exception as error:  # h5py and Keras raise what they meet
        text = " ".join(str(error).rpartition("Exception encountered: ")[2].split())[:160]
        if unknown := re.match(r"Unknown [\w ]+: '?([\w.>]+)", text):
            raise own_code(path, unknown[1]) from error
        raise UserError(
            f"{path}: expected a whole network that Keras reads, got {type(error).__name__}: "
            f"{text}; save it anew with `model.save`"
        ) from error


def _opened(path: Path, loaded: Any, graph: Graph, preprocessing: str, name: str) -> UserModel:
    first, end = next(iter(graph.nodes)), _end(graph)
    last = graph.nodes[end]
    shape = graph.nodes[first].shape
    largest = max((side or 0 for side in shape[1:3]), default=0)
    if len(shape) != 4 or shape[-1] not in (1, 3) or largest > LARGEST:
        raise UserError(
            f"{path}: expected an input of (N, H, W, 3) or (N, H, W, 1), got {shape}; save a "
            f"network that takes photos, channels last, of at most {LARGEST} pixels a side"
        )
    if preprocessing and preprocessing not in KNOWN:
        raise UserError(
            f"[models.{name}] preprocessing: expected one of {', '.join(map(repr, KNOWN))}, got "
            f"{preprocessing!r}; name one"
        )
    taken = preprocessing or find_range(graph)
    if taken is None:
        raise UnknownRangeError(
            f"{path}: expected its preprocessing inside, as a Rescaling or Normalization that "
            f"tells which values it takes, found none; say in [models.{name}]: preprocessing = one "
            f"of {', '.join(map(repr, KNOWN))}; `diamond models --source own --check PHOTO` shows "
            "the classes by each"
        )
    size = max((side for side in shape[1:3] if side), default=USUAL_SIZE)
    free = next(free for free in _names("pixels") if free not in graph.nodes)
    pixels = keras.Input((shape[1], shape[2], 3), name=free)
    value = keras.ops.image.rgb_to_grayscale(pixels) if shape[-1] == 1 else pixels
    free = next(free for free in _names("preprocessing") if free not in graph.nodes)
    value = _applied(path, KNOWN[taken], value, shape[-1], free)
    chances, target = CHANCES.get(_nonlinearity(last), ""), end
    linear = {end} if chances and isinstance(last.layer, LINEAR) else set()
    if chances and not linear:
        (target,) = last.inputs
    _, values = rebuild(graph, [target], linear, {first: value}, folded=False)
    picture = noise((shape[1] or size, shape[2] or size), 3)
    given = {first: np.asarray(keras.Model(pixels, value)(picture))}
    check_graph(name, graph, given, loaded)
    check_copy(name, graph, given, value, values, [target], linear)
    return UserModel(keras.Model(pixels, values[target], name=name), size, chances)


def _names(name: str) -> Iterator[str]:
    """A name, and that name with numbers."""
    yield name
    yield from (f"{name}_{number}" for number in count(1))


def _applied(path: Path, preprocessing: Preprocessing, value: Any, channels: int, name: str) -> Any:
    several = len({*preprocessing.scale}) > 1 or len({*preprocessing.offset}) > 1
    if channels == 1 and (several or preprocessing.order != (0, 1, 2)):
        raise UserError(
            f"{path}: expected a preprocessing of one channel, since the network takes grey "
            'photos, got one of three; name "0..1", "0..255" or "-1..1"'
        )
    return preprocessing.apply(value, name)


def _end(graph: Graph) -> str:
    """The last node, but for the exponential of a log_softmax: its chances are the same."""
    end = next(reversed(graph.nodes))
    last = graph.nodes[end]
    is_exponential = _nonlinearity(last) == "exponential" and not isinstance(last.layer, LINEAR)
    if is_exponential and _nonlinearity(graph.nodes[last.inputs[0]]) == "log_softmax":
        return last.inputs[0]
    return end


def _nonlinearity(node: Node) -> str:
    """What a layer applies at its end, or an operation is, as Keras calls it; empty if nothing."""
    if isinstance(node.layer, (keras.layers.Activation, *LINEAR)):
        return str(keras.activations.serialize(node.layer.activation))
    return OPERATIONS.get(node.kind, "")
