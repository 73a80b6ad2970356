"""The weights in a `.h5` file of Keras 2, put into layers.

It writes those of each entry of a network one after the other: first all that were trained, then
all others, in the order of the layers inside.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from diamond_cutter.precompute.backbones.formats.keras2.keras2_layers import Keras2Error
from diamond_cutter.precompute.backbones.formats.keras2.keras2_network import Part


def load_weights(file: Any, parts: Sequence[Part]) -> None:
    """Fill the layers of a network's parts from an open file. Raises `Keras2Error`."""
    group = file["model_weights"]
    saved = [
        (name, stored)
        for name in _texts(group, "layer_names")
        if (stored := list(_stored(group[name])))
    ]
    expected = [entry for entry in (_variables(part.layers) for part in parts) if entry]
    if len(saved) != len(expected):
        raise Keras2Error(f"weights of {len(saved)} layers for {len(expected)}")
    for (entry, stored), variables in zip(saved, expected, strict=True):
        is_same = map(_is_same, (name for name, _ in stored), variables)
        if len(stored) != len(variables) or not all(is_same):
            raise Keras2Error(f"other weights in {entry!r} than its layers have")
        for (name, values), variable in zip(stored, variables, strict=True):
            if values.shape != tuple(variable.shape):
                raise Keras2Error(
                    f"weights {values.shape} in {name!r} where {tuple(variable.shape)} belong"
                )
            variable.assign(values[()])
    for layer in (layer for part in parts for layer in part.layers):
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def _variables(layers: Sequence[Any]) -> list[Any]:
    """The variables of an entry in the order of Keras 2."""
    trained = [each for layer in layers for each in layer.trainable_weights]
    return trained + [each for layer in layers for each in layer.non_trainable_weights]


def _stored(group: Any) -> Iterator[tuple[str, Any]]:
    """The names and datasets of an entry, the states of random numbers left out."""
    for name in _texts(group, "weight_names"):
        dataset = own_dataset(group, name)
        if not (np.issubdtype(dataset.dtype, np.integer) and _kind(name) != "count"):
            yield name, dataset


def own_dataset(group: Any, name: str) -> Any:
    """A dataset of a group; a `Keras2Error` where it lies in another file, and so is none of it."""
    dataset = group[name]
    if dataset.is_virtual or dataset.external or dataset.file.filename != group.file.filename:
        raise Keras2Error(f"weights {name!r} that lie in another file")
    return dataset


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
    return [text_of(text) for text in texts]


def text_of(value: Any) -> str:
    """A text of an attribute, which may be in bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)


def _is_same(name: str, variable: Any) -> bool:
    """Whether what is stored by a name is for a variable; some of today's have none."""
    return _kind(variable.path) in (_kind(name), "variable")


def _kind(name: str) -> str:
    """What a variable is for: "kernel" of "block1/conv/kernel_1:0"."""
    return re.sub(r"^depthwise_|(_\d+)?(:\d+)?$", "", name.rpartition("/")[2].lower())
