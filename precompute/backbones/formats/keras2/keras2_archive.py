"""The weights in a `.keras` file of Keras 2, put into layers.

It has a group for each layer, within that of its network, named by its class and numbered in the
order of the entries.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import h5py

from diamond_cutter.precompute.backbones.formats.keras2.keras2_layers import Keras2Error
from diamond_cutter.precompute.backbones.formats.keras2.keras2_network import Part
from diamond_cutter.precompute.backbones.formats.keras2.keras2_weights import own_dataset
from diamond_cutter.precompute.backbones.keras_runtime import keras

CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
"""What the group of a network's layers is called, of late and at first."""

VARIABLES = "vars"


def load_archive_weights(group: Any, parts: Sequence[Part]) -> None:
    """Fill the layers of a network's parts from its group. Raises `Keras2Error`."""
    inside: Any = next((group[name] for name in CONTAINERS if name in group), {})
    filled = [part for part in parts if any(layer.weights for layer in part.layers)]
    for name, of_class in groupby(sorted(filled, key=_group_name), _group_name):
        expected, stored = list(of_class), _numbered(inside, name)
        if len(stored) != len(expected):
            raise Keras2Error(f"weights of {len(stored)} layers {name!r} for {len(expected)}")
        for part, found in zip(expected, stored, strict=True):
            if part.parts:
                load_archive_weights(found, part.parts)
            for layer in [] if part.parts else part.layers:
                _fill(layer, found)


def _group_name(part: Part) -> str:
    """As Keras 2 makes it of a class: "conv2d_transpose" of Conv2DTranspose."""
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", part.kind.removeprefix("Custom>"))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _numbered(group: Any, name: str) -> list[Any]:
    """The groups of that name that hold anything, by their number."""
    found = [re.fullmatch(rf"{name}(?:_(\d+))?", each) for each in group]
    places = sorted((int(each[1] or 0), each[0]) for each in found if each)
    return [group[each] for _, each in places if _has_weights(group[each])]


def _has_weights(group: Any) -> bool:
    is_any = group.visititems(lambda _, each: isinstance(each, h5py.Dataset) or None)
    return bool(is_any)


def _fill(layer: Any, group: Any) -> None:
    """Give a layer, and those that it holds by name, what is in its group."""
    own = group.get(VARIABLES, {})
    layer.load_own_variables({name: own_dataset(own, name)[()] for name in own})
    left = {
        id(each)
        for each in layer._flatten_layers(include_self=False, recursive=False)
        if each.weights
    }
    for name in (name for name in group if name != VARIABLES and _has_weights(group[name])):
        inner = getattr(layer, name, None)
        if not isinstance(inner, keras.layers.Layer):
            raise Keras2Error(f"weights of {name!r} in {layer.name!r}, which has none such")
        _fill(inner, group[name])
        left.discard(id(inner))
    if left:
        raise Keras2Error(f"no weights for what is inside {layer.name!r}")
