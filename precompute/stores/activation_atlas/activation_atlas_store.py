"""Activation atlases written and read, as `activation_atlas_layout` says."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec

from diamond_cutter.command.structuring import structure, unstructure
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    ActivationMap,
    Grid,
)
from diamond_cutter.precompute.stores.store_address import array, subgroup

_ROOT = "activation_atlas"


def write_map(
    slot: zarr.Group,
    found: ActivationMap,
    arrays: Mapping[str, NDArray[Any]],
    grids: Mapping[int, Grid],
) -> None:
    """Store a layer's map; `arrays`: those beside its grids, by name."""
    group = slot.require_group(f"{_ROOT}/{found.model}/{found.layer}")
    for name, values in arrays.items():
        _write(group, name, values)
    for side, grid in grids.items():
        inside = group.require_group(f"grids/{side}")
        for field in fields(Grid):
            _write(inside, field.name, getattr(grid, field.name))


def finish_maps(slot: zarr.Group, maps: list[ActivationMap]) -> None:
    """Say which maps there are, when all of them are there."""
    slot.require_group(_ROOT).attrs.put({"maps": unstructure(maps)})


def read_maps(slot: zarr.Group) -> list[ActivationMap]:
    """The maps of a slot, in the order of their writing; none where it has none."""
    if _ROOT not in slot:
        return []
    return structure(subgroup(slot, _ROOT).attrs.asdict().get("maps", []), list[ActivationMap])


def read_grid(slot: zarr.Group, found: ActivationMap, side: int) -> Grid:
    """A grid of a map."""
    group = map_group(slot, found)
    arrays: dict[str, Any] = {
        field.name: array(group, f"grids/{side}/{field.name}")[:] for field in fields(Grid)
    }
    return Grid(**arrays)


def map_group(slot: zarr.Group, found: ActivationMap) -> zarr.Group:
    """The group of a map, with the arrays of its vectors."""
    return subgroup(slot, f"{_ROOT}/{found.model}/{found.layer}")


def read_crops(slot: zarr.Group, found: ActivationMap) -> dict[int, bytes]:
    """The pictures, WebP, of what vectors show, by index of the vector."""
    group = map_group(slot, found)
    data = np.asarray(array(group, "crop")[:]).tobytes()
    ends = [0, *np.asarray(array(group, "crop_end")[:]).tolist()]
    vectors = np.asarray(array(group, "crop_vector")[:]).tolist()
    return {
        vector: data[start:end]
        for vector, start, end in zip(vectors, ends[:-1], ends[1:], strict=True)
    }


def _write(group: zarr.Group, name: str, values: NDArray[Any]) -> None:
    group.create_array(
        name,
        data=np.ascontiguousarray(values),
        chunks=tuple(max(side, 1) for side in values.shape),
        compressors=ZstdCodec(level=3, checksum=True),
        overwrite=True,
    )
