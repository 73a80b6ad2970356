"""The store of features: a cache that studies share, a Zarr v3 group at any fsspec address.

::

    <features>                            attributes: format_version, kind = "features"
    <features>/<namespace>                attributes: model, weights (SHA-256), input_size, version
    <features>/<namespace>/<shard>        attributes: keys (list of n, hex), cuts (list of names)
    <features>/<namespace>/<shard>/<cut>  (n, 2, C) float32: for each row the average and the
                                          maximum of each channel over its cells

A namespace is a backbone with its weights, a row one view of one photo. A shard holds the rows
that one task made, is named by their keys and cuts, and never changes. Its attributes are
written last: a shard without them is not there, so that a kill loses what was in flight and no
more, and two runs that write at once, in a bucket, do not meet in a chunk.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.format_version import check_format, format_attributes
from diamond_cutter.precompute.stores.shards import Namespace, complete_shards
from diamond_cutter.precompute.stores.store_address import array, subgroup
from diamond_cutter.precompute.stores.store_opening import open_store

KEY = "S32"
"""A key as NumPy compares it: 32 bytes."""


def create_features(address: str) -> zarr.Group:
    """Open the store at `address` for writing; make it where there is nothing yet.

    Raises `UserError` for a store of another kind or format version, and leaves it as it is.
    """
    store = open_store(address, "a", format_attributes("features"))
    check_format(store.attrs.asdict(), "features", address)
    return store


def create_namespace(store: zarr.Group, namespace: Namespace) -> None:
    """Make the group of a namespace, where it is not there."""
    if namespace.name not in store:
        store.create_group(namespace.name, attributes=namespace.attributes)


def shard_name(cuts: Sequence[str], keys: Sequence[str]) -> str:
    """The name of the shard that holds these rows and cuts."""
    return hashlib.sha256("\n".join((*cuts, *keys)).encode()).hexdigest()[:16]


def write_shard(
    namespace: zarr.Group, name: str, keys: Sequence[str], pooled: Mapping[str, NDArray[np.float32]]
) -> None:
    """Store a shard: its rows' keys, and (n, 2, C) float32 for each cut; over a half-made one."""
    shard = namespace.create_group(name, overwrite=True)
    for cut, values in pooled.items():
        shard.create_array(
            cut,
            data=values,
            chunks=values.shape,
            compressors=ZstdCodec(level=1, checksum=True),
        )
    shard.attrs.put({"keys": list(keys), "cuts": list(pooled)})


class Index:
    """The rows of a namespace: which shard of it holds what."""

    def __init__(self, namespace: zarr.Group | None) -> None:
        """Read the keys of all shards that are complete; None: a namespace that is not there."""
        self._namespace = namespace
        self._shards: list[str] = []
        self._cuts: list[frozenset[str]] = []
        keys: list[NDArray[Any]] = []
        for name, attributes in complete_shards(namespace) if namespace is not None else ():
            self._shards.append(name)
            self._cuts.append(frozenset(attributes["cuts"]))
            keys.append(as_keys(attributes["keys"]))
        rows = [np.arange(len(each)) for each in keys]
        shards = [np.full(len(each), number) for number, each in enumerate(keys)]
        self._key = np.concatenate([np.empty(0, KEY), *keys])
        self._shard = np.concatenate([np.empty(0, np.int64), *shards])
        self._row = np.concatenate([np.empty(0, np.int64), *rows])
        order = np.argsort(self._key, kind="stable")
        self._key, self._shard, self._row = self._key[order], self._shard[order], self._row[order]

    def has(self, cut: str, keys: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether a cut's features of each key (R,) are there: (R,) bool."""
        return self._find(cut, keys)[0]

    def read(self, cut: str, keys: NDArray[Any], poolings: Sequence[int]) -> NDArray[np.float32]:
        """A cut's features of each key (R,), all of which must be there: (R, P, C) float32.

        `poolings`: the P that are asked for of those that a shard has, by position.
        Raises `UserError` for a shard that is damaged.
        """
        found, shards, rows = self._find(cut, keys)
        if self._namespace is None or not found.all():
            raise KeyError(f"{cut}: features of {np.count_nonzero(~found)} rows are missing")
        result: NDArray[np.float32] | None = None
        for number in np.unique(shards):
            values = _read_shard(self._namespace, self._shards[number], cut)[:, poolings]
            if result is None:
                result = np.empty((len(keys), *values.shape[1:]), np.float32)
            inside = np.flatnonzero(shards == number)
            result[inside] = values[rows[inside]]
        return np.empty((0, len(poolings), 0), np.float32) if result is None else result

    def _find(
        self, cut: str, keys: NDArray[Any]
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
        """Of each key: whether it is there, in which shard, and in which row of that."""
        holding = np.array([cut in cuts for cuts in self._cuts], bool)
        held = holding[self._shard]
        key, shard, row = self._key[held], self._shard[held], self._row[held]
        if not len(key):
            nowhere = np.zeros(len(keys), np.int64)
            return nowhere.astype(bool), nowhere, nowhere
        place = np.searchsorted(key, keys).clip(max=len(key) - 1)
        return key[place] == keys, shard[place], row[place]


def as_keys(digests: Sequence[str]) -> NDArray[Any]:
    """Keys in hex as an `Index` takes them: (R,) of 32 bytes."""
    return np.frombuffer(bytes.fromhex("".join(digests)), KEY)


def _read_shard(namespace: zarr.Group, name: str, cut: str) -> NDArray[np.float32]:
    try:
        return np.asarray(array(subgroup(namespace, name), cut)[:])
    except (KeyError, OSError, RuntimeError, ValueError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(
            f"{namespace.store_path}/{name}: expected the features of {cut}, got {reason}; remove "
            "that folder, and run the same command again: it makes them anew"
        ) from error


POOLINGS: dict[str, tuple[int, ...]] = {"average": (0,), "maximum": (1,), "both": (0, 1)}
"""What heads read, and which of the two that are stored that is, in order."""


@dataclass(frozen=True)
class Features:
    """The pooled activations of N photos, V views each, in a store that holds them all.

    keys: (N, V), those of the rows, as an `Index` takes them.
    indices: of the namespace of each model.
    """

    keys: NDArray[Any]
    indices: Mapping[str, Index]
    pooling: str

    def read(self, model: str, cut: str) -> NDArray[np.float32]:
        """The features of a cut: (N, V, D) float32, view 0 the plain photo.

        D is C, or 2 C where both poolings are asked for: averages first.
        Raises `UserError` for a store that is damaged.
        """
        poolings = POOLINGS[self.pooling]
        pooled = self.indices[model].read(cut, self.keys.reshape(-1), poolings)
        return pooled.reshape(*self.keys.shape, -1)
