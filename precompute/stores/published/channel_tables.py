"""The small arrays of a model's layers joined into few, and taken apart again."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.structuring import structure, unstructure
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.published.object_encoding import PublishedArray, of_values
from diamond_cutter.precompute.stores.published.published_layout import (
    LAYER,
    RECORDS,
    LayerRecord,
    Place,
    dimension_names,
)
from diamond_cutter.precompute.stores.published.published_manifest import encode_json
from diamond_cutter.precompute.stores.store_address import array

IMAGES = "images"
"""The array of a layer that is not joined with those of others."""


@dataclass(frozen=True)
class Rows:
    """A layer's channels among those of its model that are there: from `start` on, `count`.

    index: the layer's place among all layers of the model.
    """

    name: str
    index: int
    group: zarr.Group
    start: int
    count: int


@dataclass(frozen=True)
class _Piece:
    layer: Rows
    path: str
    stored: zarr.Array[Any]


def layer_rows(model: zarr.Group, layers: Sequence[Layer]) -> list[Rows]:
    """The layers of a model that are there, of all that it has, one after the other."""
    found: list[Rows] = []
    for index, layer in enumerate(layers):
        group = model.get(layer.name)
        if isinstance(group, zarr.Group):
            start = found[-1].start + found[-1].count if found else 0
            found.append(Rows(layer.name, index, group, start, array(group, IMAGES).shape[0]))
    return found


def joined_arrays(model: str, layers: Sequence[Rows]) -> Iterator[PublishedArray]:
    """What joins the arrays of a model's layers but for their images, one array at a time."""
    pieces: dict[str, list[_Piece]] = defaultdict(list)
    records = {rows.name: LayerRecord(rows.name, {}, {}) for rows in layers}
    for rows in layers:
        for path, member in sorted(rows.group.members(max_depth=None), key=_in_order):
            if isinstance(member, zarr.Group):
                records[rows.name].groups[path] = member.attrs.asdict()
            elif path != IMAGES:
                pieces[_joined_name(path)].append(_Piece(rows, path, member))
    numbers = np.array([rows.index for rows in layers], np.uint16)
    layer = np.repeat(numbers, [rows.count for rows in layers])
    yield of_values(f"{model}/{LAYER}", layer, ("channel",))
    # `level` before all others: what it counts is there by then.
    for name in sorted(pieces, key=lambda name: (name != "level", name)):
        values, axis, places = _join(pieces[name], layers)
        for piece, start in zip(pieces[name], places, strict=True):
            attributes = piece.stored.attrs.asdict()
            place = Place(name, axis, start, piece.stored.shape, attributes)
            records[piece.layer.name].arrays[piece.path] = place
        by_channel = axis == 0
        names = dimension_names(name, values.ndim, by_channel=by_channel)
        fill = pieces[name][0].stored.fill_value
        yield of_values(f"{model}/{name}", values, names, fill, axis or 0)
    content = np.frombuffer(encode_json([unstructure(each) for each in records.values()]), np.uint8)
    yield of_values(f"{model}/{RECORDS}", content, dimension_names(RECORDS, 1))


@dataclass(eq=False)
class JoinedModel:
    """A model of a published atlas: gives what its layers have, as it lay there."""

    group: zarr.Group
    records: Mapping[str, LayerRecord]
    _read: dict[str, zarr.Array[Any]] = field(default_factory=dict)

    def read(self, layer: str, path: str) -> NDArray[Any]:
        """An array of a layer, whole, by its path in the layer."""
        place = self.records[layer].arrays[path]
        if place.joined not in self._read:
            self._read[place.joined] = array(self.group, place.joined)
        joined = self._read[place.joined]
        axis = place.axis or 0
        shape = tuple(place.shape)
        length = int(np.prod(shape)) if place.axis is None else shape[axis]
        inside = (slice(None),) * axis + (slice(place.start, place.start + length),)
        return np.asarray(joined[inside]).reshape(shape)


def open_joined(group: zarr.Group) -> JoinedModel:
    """The model of a published atlas. Raises `ValueError` or `TypeError` for what is none."""
    content = np.asarray(array(group, RECORDS)[:], np.uint8).tobytes()
    records = structure(json.loads(content), list[LayerRecord])
    return JoinedModel(group, {record.name: record for record in records})


def _join(
    pieces: Sequence[_Piece], layers: Sequence[Rows]
) -> tuple[NDArray[Any], int | None, list[int]]:
    """An array of all pieces, the axis of the channels (None: flattened), and where each begins."""
    parts = [np.asarray(piece.stored[...]) for piece in pieces]
    for axis in (0, 1):
        if _is_along(axis, pieces, parts):
            break
    else:
        ends = np.cumsum([0, *(part.size for part in parts)])
        return np.concatenate([part.ravel() for part in parts]), None, ends[:-1].tolist()
    shape = list(parts[0].shape)
    shape[axis] = sum(rows.count for rows in layers)
    fill = np.nan if parts[0].dtype.kind == "f" else 0
    values = np.full(shape, fill, parts[0].dtype)
    places, filled = [], {rows.name: rows.start for rows in layers}
    for piece, part in zip(pieces, parts, strict=True):
        start = filled[piece.layer.name]
        filled[piece.layer.name] += part.shape[axis]
        inside = (slice(None),) * axis + (slice(start, filled[piece.layer.name]),)
        values[inside] = part
        places.append(start)
    return values, axis, places


def _is_along(axis: int, pieces: Sequence[_Piece], parts: Sequence[NDArray[Any]]) -> bool:
    """Whether along an axis each layer's parts have its channels, all else being the same."""
    others = {(part.dtype, part.shape[:axis], part.shape[axis + 1 :]) for part in parts}
    if len(others) != 1 or parts[0].ndim <= axis:
        return False
    found: dict[str, int] = defaultdict(int)
    for piece, part in zip(pieces, parts, strict=True):
        found[piece.layer.name] += part.shape[axis]
    return all(found[piece.layer.name] == piece.layer.count for piece in pieces)


def _joined_name(path: str) -> str:
    """What an array of layers is called; blocks of a layer, which have numbers, are one."""
    return "_".join(part for part in path.split("/") if not part.isdigit())


def _in_order(member: tuple[str, Any]) -> list[tuple[int, int, str]]:
    """What sorts members by path, the numbers in it as such."""
    parts = member[0].split("/")
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
