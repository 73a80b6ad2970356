"""A `.h5` file of Keras 2: its network is built anew, and given the weights in the file.

Keras 2 writes the weights of each entry of a network one after the other: first all that were
trained, then all others, in the order of the layers inside.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from diamond_cutter.precompute.backbones.formats.keras2.keras2_layers import Keras2Error
from diamond_cutter.precompute.backbones.formats.keras2.keras2_network import build_keras2
from diamond_cutter.precompute.backbones.formats.keras_file_config import read_config


def is_keras2(path: Path) -> bool:
    """Whether a file is one of Keras 2, as `model.save` wrote `.h5`."""
    if path.suffix == ".keras":
        return False
    with h5py.File(path) as file:
        return _text(file.attrs.get("keras_version", "2")) < "3"


def load_keras2(path: Path) -> Any:
    """The functional `keras.Model` in a `.h5` file, its weights loaded.

    Raises `Keras2Error` for what today's Keras has nothing for, and as `build_keras2` does.
    """
    network = build_keras2(read_config(path))
    with h5py.File(path) as file:
        _load_weights(file, network.weighted)
    return network.model


def _load_weights(file: Any, weighted: Sequence[Sequence[Any]]) -> None:
    group = file["model_weights"]
    saved = [
        (name, stored)
        for name in _texts(group, "layer_names")
        if (stored := list(_stored(group[name])))
    ]
    expected = [entry for entry in map(_variables, weighted) if entry]
    if len(saved) != len(expected):
        raise Keras2Error(f"weights of {len(saved)} layers for {len(expected)}")
    for (entry, stored), variables in zip(saved, expected, strict=True):
        if [_kind(name) for name, _ in stored] != [_kind(each.path) for each in variables]:
            raise Keras2Error(f"other weights in {entry!r} than its layers have")
        for (name, values), variable in zip(stored, variables, strict=True):
            if values.shape != tuple(variable.shape):
                raise Keras2Error(
                    f"weights {values.shape} in {name!r} where {tuple(variable.shape)} belong"
                )
            variable.assign(values[()])
    for layer in (layer for entry in weighted for layer in entry):
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def _variables(layers: Sequence[Any]) -> list[Any]:
    """The variables of an entry in the order of Keras 2."""
    trained = [each for layer in layers for each in layer.trainable_weights]
    return trained + [each for layer in layers for each in layer.non_trainable_weights]


def _stored(group: Any) -> Iterator[tuple[str, Any]]:
    """The names and datasets of an entry, the states of random numbers left out."""
    for name in _texts(group, "weight_names"):
        dataset = group[name]
        # What lies in another file is none of the network's.
        if dataset.is_virtual or dataset.external or dataset.file.filename != group.file.filename:
            raise Keras2Error(f"weights {name!r} that lie in another file")
        if not (np.issubdtype(dataset.dtype, np.integer) and _kind(name) != "count"):
            yield name, dataset


def _texts(group: Any, name: str) -> list[str]:
    """A list that stands in an attribute, or in several where it is long."""
    parts = (
        [name]
        if name in group.attrs
        else sorted(
            (each for each in group.attrs if re.fullmatch(rf"{name}\d+", each)),
            key=lambda each: int(each.removeprefix(name)),
        )
    )
    texts = (text for part in parts for text in group.attrs[part])
    return [_text(text) for text in texts]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _kind(name: str) -> str:
    """What a variable is for: "kernel" of "block1/conv/kernel_1:0"."""
    return re.sub(r"^depthwise_|(_\d+)?(:\d+)?$", "", name.rpartition("/")[2].lower())
