"""What an array or a group is as objects of a published store, by path."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec
from zarr.core.buffer import Buffer
from zarr.storage import MemoryStore

from diamond_cutter.precompute.stores.published.published_manifest import encode_json

METADATA = "zarr.json"

_CHUNK = 1 << 20
"""Bytes of a chunk before compression, at most, but for a single row."""
_SHARD = 128 << 20
"""Bytes of a shard before compression, at most: what is held in memory."""


@dataclass(frozen=True)
class PublishedArray:
    """An array to be published.

    axis: along which it is cut into chunks and shards. read: gives it from a place on that axis up
    to another.
    """

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fill_value: Any
    dimension_names: tuple[str, ...]
    attributes: Mapping[str, Any]
    read: Callable[[int, int], NDArray[Any]]
    axis: int = 0


def of_stored(path: str, stored: zarr.Array[Any], names: tuple[str, ...]) -> PublishedArray:
    """A stored array as it is, to be published at a path."""
    return PublishedArray(
        path,
        stored.shape,
        stored.dtype,
        stored.fill_value,
        names,
        stored.attrs.asdict(),
        lambda start, stop: np.asarray(stored[start:stop]),
    )


def of_values(
    path: str,
    values: NDArray[Any],
    names: tuple[str, ...],
    fill_value: Any = 0,
    axis: int = 0,
) -> PublishedArray:
    """An array in memory, to be published at a path."""

    def read(start: int, stop: int) -> NDArray[Any]:
        return values[(slice(None),) * axis + (slice(start, stop),)]

    return PublishedArray(path, values.shape, values.dtype, fill_value, names, {}, read, axis)


def encode_array(array: PublishedArray) -> Iterator[tuple[str, bytes]]:
    """The objects of an array, shard by shard, its metadata last; none for fill values."""
    content: dict[str, Buffer] = {}
    length = array.shape[array.axis]
    chunk, shard = _rows(array)
    sizes = [max(side, 1) for side in array.shape]
    chunks, shards = list(sizes), list(sizes)
    chunks[array.axis], shards[array.axis] = chunk, shard
    made = zarr.create_array(
        MemoryStore(content),
        name=array.path,
        shape=array.shape,
        dtype=array.dtype,
        chunks=tuple(chunks),
        shards=tuple(shards) if shard > chunk else None,
        fill_value=array.fill_value,
        compressors=ZstdCodec(level=3, checksum=True),
        attributes=dict(array.attributes),
        dimension_names=array.dimension_names,
    )
    metadata = f"{array.path}/{METADATA}"
    for start in range(0, length, shard):
        stop = min(start + shard, length)
        made[(slice(None),) * array.axis + (slice(start, stop),)] = array.read(start, stop)
        for path in [path for path in content if path.startswith(f"{array.path}/c/")]:
            yield path, content.pop(path).to_bytes()
    yield metadata, encode_json(json.loads(content[metadata].to_bytes()))


def encode_group(
    path: str, attributes: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]]
) -> tuple[str, bytes]:
    """The object of a group, with the metadata of all below it.

    nodes: metadata of arrays and groups by path, those that are not below it too.
    """
    below = f"{path}/" if path else ""
    inside = {  # in the order of paths, since Zarr takes children of a group to be neighbours
        name.removeprefix(below): nodes[name]
        for name in sorted(nodes)
        if name != path and name.startswith(below)
    }
    consolidated = {"kind": "inline", "must_understand": False, "metadata": inside}
    document = {**group_metadata(attributes), "consolidated_metadata": consolidated}
    return below + METADATA, encode_json(document)


def group_metadata(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a group without that of what is below it."""
    return {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}


def _rows(array: PublishedArray) -> tuple[int, int]:
    """Rows along the axis of a chunk, a power of two where there are several, and of a shard."""
    length = array.shape[array.axis]
    others: Sequence[int] = [side for axis, side in enumerate(array.shape) if axis != array.axis]
    row = max(array.dtype.itemsize * int(np.prod(others, dtype=np.int64)), 1)
    chunk = 1 << max(_CHUNK // row, 1).bit_length() - 1
    if length <= chunk:
        return max(length, 1), max(length, 1)
    most = max(_SHARD // (row * chunk), 1)
    return chunk, chunk * min(-(-length // chunk), most)
