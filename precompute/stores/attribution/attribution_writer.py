"""Writes the attribution of a study, in the layout of `attribution_layout`."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec

from diamond_cutter.command.structuring import unstructure
from diamond_cutter.precompute.stores.attribution.attribution_layout import (
    PACKED,
    ClassGroups,
    Explained,
    ExplainedCut,
    LayerView,
    PhotoGroups,
    Pictures,
)
from diamond_cutter.precompute.stores.attribution.number_packing import pack

THREADS = 4
"""Layers that are written at a time: Zarr waits for each array that it makes."""

Arrays = Mapping[str, NDArray[Any]]


def write_shard(
    study: zarr.Group,
    namespace: str,
    name: str,
    keys: Sequence[str],
    logit: NDArray[np.float32],
    pictures: Sequence[bytes],
    layers: Mapping[str, LayerView],
    places: Mapping[str, tuple[int, int]],
) -> None:
    """Store a part of n photos beside the slots of a study; over a half-written one.

    `keys`: n, what each row was made of; `logit (n, K)`; `pictures`: n, WebP; `layers` by name,
    with n in front; `places`: the height and width of each. The attributes come last: a part
    without them is not there.
    """
    part = study.create_group(f"attribution/{namespace}/{name}", overwrite=True)
    ends = np.cumsum([len(picture) for picture in pictures], dtype=np.int64)
    _write(
        part,
        {
            "picture": np.frombuffer(b"".join(pictures), np.uint8),
            "picture_end": ends,
            "logit": logit,
        },
    )

    def write_layer(layer: str) -> None:
        sides = dict(zip(("height", "width"), places[layer], strict=True))
        _write(part.create_group(f"layers/{layer}", attributes=sides), _packed(layers[layer]))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(write_layer, layers))
    part.attrs.put({"keys": list(keys)})


def write_arrays(
    study: zarr.Group, namespace: str, name: str, keys: Sequence[str], arrays: Arrays
) -> None:
    """Store a part of any arrays, each with a row for each key; as `write_shard`."""
    part = study.create_group(f"attribution/{namespace}/{name}", overwrite=True)
    _write(part, arrays)
    part.attrs.put({"keys": list(keys)})


def write_cut(
    slot: zarr.Group,
    cut: ExplainedCut,
    namespace: str,
    parts: Sequence[str],
    places: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]],
) -> zarr.Group:
    """Store where a cut's photos are: `places` are photo, part and row; the cut's group."""
    group = slot.create_group(f"attribution/{cut.model}/{cut.cut}")
    _write(group, dict(zip(("photo", "part", "row"), places, strict=True)))
    attributes = {"cut": unstructure(cut), "shelf": namespace, "parts": list(parts)}
    group.attrs.put(attributes)
    return group


def write_table(cut: zarr.Group, path: str, table: Any) -> None:
    """Store the arrays of a dataclass of `attribution_layout`: `layers/<layer>/sums`, ..."""
    values = {field.name: getattr(table, field.name) for field in fields(table)}
    _write(cut.create_group(path, overwrite=True), values)


def write_pictures(cut: zarr.Group, pictures: Pictures) -> None:
    """Store the pictures of the classes of a cut."""
    write_table(cut, "classes/pictures", pictures)


def write_class_groups(cut: zarr.Group, groups: ClassGroups) -> None:
    """Store the neuron groups of the classes of a cut."""
    write_table(cut, "classes/groups", groups)


def write_photo_groups(cut: zarr.Group, groups: PhotoGroups) -> None:
    """Store the pictures of the groups of a few photos of a cut."""
    write_table(cut, "classes/photo_groups", groups)


def finish(slot: zarr.Group, explained: Explained) -> None:
    """Say what is explained, when all of it is there."""
    slot.require_group("attribution").attrs.put({"explained": unstructure(explained)})


def _packed(view: LayerView) -> dict[str, NDArray[Any]]:
    values: dict[str, NDArray[Any]] = {}
    for field in fields(view):
        value = getattr(view, field.name)
        if field.name in PACKED:
            value, values[f"{field.name}_peak"] = pack(value, *PACKED[field.name])
        values[field.name] = value
    return values


def _write(group: zarr.Group, arrays: Arrays) -> None:
    for name, values in arrays.items():
        group.create_array(
            name,
            data=np.ascontiguousarray(values),
            chunks=tuple(max(side, 1) for side in values.shape),
            compressors=ZstdCodec(level=3, checksum=True),
        )
