"""What lies in a group of a store: arrays and groups, each of the kind that is expected."""

from typing import Any

import zarr


def array(group: zarr.Group, name: str) -> zarr.Array[Any]:
    """The array of that name."""
    found = group[name]
    if not isinstance(found, zarr.Array):
        raise TypeError(f"{group.path}/{name}: expected a Zarr array, got {found!r}")
    return found


def subgroup(parent: zarr.Group, path: str) -> zarr.Group:
    """The group at a path below another."""
    found = parent[path]
    if not isinstance(found, zarr.Group):
        raise TypeError(f"{parent.path}/{path}: expected a Zarr group, got {found!r}")
    return found
