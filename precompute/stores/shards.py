"""Content-addressed shards: rows named by what they are made of, in namespaces, never changed.

Features and attribution are kept so: a shard holds the rows that one task made, and its attributes,
with their keys, are written last.
"""

import hashlib
import json
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.errors import ZarrUserWarning

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.store_address import array, subgroup

RowIndex = tuple[str, int]
"""A shard by name, and the number of a row of it."""


@dataclass(frozen=True)
class Namespace:
    """Where rows of a kind lie: a group in the store by name, and what the name stands for."""

    name: str
    attributes: dict[str, str | int]


def key_of(shards: Any) -> str:
    """The key, 64 hex digits, of what stands for something: texts, numbers, lists of them."""
    return hashlib.sha256(json.dumps(shards, sort_keys=True).encode()).hexdigest()


def shard_name(keys: Sequence[str]) -> str:
    """The name of the shard that holds these rows."""
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]


def find_rows(study: zarr.Group, namespace: str) -> dict[str, RowIndex]:
    """Where each key of a namespace is, of the shards that are complete."""
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
    """An array of rows that are there, (n, ...), at least one: each from its shard.

    Of each shard no more than its rows is held.
    """
    inside: dict[str, list[int]] = defaultdict(list)
    for number, (shard, _) in enumerate(places):
        inside[shard].append(number)
    found: NDArray[Any] | None = None
    for shard, numbers in inside.items():
        values = np.asarray(array(study, f"attribution/{namespace}/{shard}/{name}")[:])
        if found is None:
            found = np.empty((len(places), *values.shape[1:]), values.dtype)
        found[numbers] = values[[places[number][1] for number in numbers]]
    if found is None:
        raise ValueError(f"{namespace}: expected rows of {name} to read, got none")
    return found


def prune(study: zarr.Group, kept: Mapping[str, set[str]]) -> None:
    """Remove namespaces that are not `kept`, and of the others shards of which no key is."""
    whole = subgroup(study, "attribution")
    for namespace, group in list(whole.groups()):
        if namespace not in kept:
            del whole[namespace]
            continue
        for name, attributes in complete_shards(group):
            if kept[namespace].isdisjoint(attributes["keys"]):
                del group[name]


def complete_shards(namespace: zarr.Group) -> list[tuple[str, dict[str, Any]]]:
    """The complete shards of a namespace, sorted, with attributes; a `UserError` if damaged."""
    try:
        with warnings.catch_warnings():
            # A kill may leave a folder with nothing in it, of which Zarr would warn.
            warnings.simplefilter("ignore", ZarrUserWarning)
            shards = [(name, shard.attrs.asdict()) for name, shard in namespace.groups()]
    except (TypeError, ValueError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(
            f"{namespace.store_path}: expected parts that a study made, got {reason}; remove that "
            "folder, and run the same command again: it makes them anew"
        ) from error
    return sorted(
        ((name, attributes) for name, attributes in shards if "keys" in attributes),
        key=lambda shard: shard[0],
    )
