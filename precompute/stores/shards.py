"""Where parts lie beside the slots of a study, and which hold what."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.features_store import complete_shards
from diamond_cutter.precompute.stores.store_address import array, subgroup

RowIndex = tuple[str, int]
"""A part by name, and a row of it."""


def key_of(parts: Any) -> str:
    """The key, 64 hex digits, of what stands for something: texts, numbers, lists of them."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def shard_name(keys: Sequence[str]) -> str:
    """The name of the part that holds these rows."""
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]


def find_rows(study: zarr.Group, namespace: str) -> dict[str, RowIndex]:
    """Where each key of a namespace is, of the parts that are complete."""
    path = f"attribution/{namespace}"
    if path not in study:
        return {}
    return {
        key: (name, row)
        for name, attributes in complete_shards(subgroup(study, path))
        for row, key in enumerate(attributes["keys"])
    }


def read_rows(
    study: zarr.Group, namespace: str, places: Sequence[RowIndex], name: str
) -> NDArray[Any]:
    """An array of rows that are there, (n, ...): each from its part."""
    parts = {
        part: np.asarray(array(study, f"attribution/{namespace}/{part}/{name}")[:])
        for part in dict.fromkeys(part for part, _ in places)
    }
    return np.stack([parts[part][row] for part, row in places])


def prune(study: zarr.Group, kept: Mapping[str, set[str]]) -> None:
    """Remove namespaces that are not `kept`, and of the others parts of which no key is."""
    whole = subgroup(study, "attribution")
    for namespace, group in list(whole.groups()):
        if namespace not in kept:
            del whole[namespace]
            continue
        for name, attributes in complete_shards(group):
            if kept[namespace].isdisjoint(attributes["keys"]):
                del group[name]
