"""The list of all models in an atlas: what there is to choose from, rendered or not.

It stands in the attributes of an empty array at the atlas's root, so that it is replaced in one
write::

    <atlas>/.catalogue   (0,) uint8; attributes: models, a list of what `to_json` makes of `Listed`
"""

from dataclasses import dataclass
from typing import Any, Literal

import zarr

from diamond_cutter.command.structuring import structure, unstructure
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model
from diamond_cutter.precompute.stores.store_address import array

NAME = ".catalogue"
"""What no model can be called."""


@dataclass(frozen=True)
class Listed:
    """A model as `diamond models` lists it.

    `weights`: whether they were where the list was made. `layers`: in depth order; empty where
    only a file that is not there tells them.
    """

    model: Model
    weights: Literal["here", "absent"]
    layers: tuple[Layer, ...]


def to_json(listed: Listed) -> dict[str, Any]:
    """A model with its layers as rows: by hand, for their names would be most of the list."""
    rows = [row_of(layer) for layer in listed.layers]
    return {**unstructure(listed.model), "weights": listed.weights, "layers": rows}


def read_catalogue(atlas: zarr.Group) -> tuple[Listed, ...]:
    """The models that an atlas lists, in their order; none where it was made without a list."""
    if NAME not in atlas:
        return ()
    attributes: dict[str, Any] = array(atlas, NAME).attrs.asdict()
    return tuple(_from_json(dict(entry)) for entry in attributes["models"])


def _from_json(entry: dict[str, Any]) -> Listed:
    weights, rows = entry.pop("weights"), entry.pop("layers")
    layers = tuple(layer_of(index, row) for index, row in enumerate(rows))
    return Listed(structure(entry, Model), weights, layers)


def layer_of(index: int, row: list[Any]) -> Layer:
    """A layer from its row."""
    name, channels, stride, receptive_field, is_cut = row
    return Layer(name, index, channels, stride, receptive_field, is_cut)


def row_of(layer: Layer) -> list[Any]:
    """A layer's row: its name, channels, stride, receptive field, and whether it is a cut."""
    return [layer.name, layer.channels, layer.stride, layer.receptive_field, layer.is_cut]
