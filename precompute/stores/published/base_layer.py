"""A layer of a published atlas copied into an atlas of one's own, where that lacks it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas import (
    activation_statistics,
    circuit_layout,
    evidence_layout,
    word_layout,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Layer, Level, Pictures
from diamond_cutter.precompute.stores.atlas.atlas_writer import (
    Chunk,
    check_layer,
    lacks_natural,
    prepare_layer,
    write_chunk,
)
from diamond_cutter.precompute.stores.published.channel_tables import IMAGES, JoinedModel
from diamond_cutter.precompute.stores.store_address import array, subgroup

_RUN = 128
"""Channels whose pictures are read and written at once, a multiple of an atlas's chunks."""


class OtherRecipeError(Exception):
    """Pictures that are not those that would be rendered: a line that says what differs."""


@dataclass(frozen=True)
class Wish:
    """What is wanted of a model.

    weights_digest: of its weights; empty: whichever. channels: by layer; None: all that there are.
    level: to which pictures are wanted. recipes: their parameters, by name; None: whatever they
    are. photos: the digest of those of natural statistics, None: of any. circuits: how many weights
    of each channel are kept, 0: no circuits; None: however many.
    """

    model: str
    weights_digest: str = ""
    channels: Mapping[str, Sequence[int]] | None = None
    level: Level = Level.STANDARD
    recipes: Mapping[str, Mapping[str, Any]] | None = None
    photos: str | None = None
    circuits: int | None = None


def take_layer(source: JoinedModel, layer: Layer, target: zarr.Group, wish: Wish) -> int:
    """Copy what an atlas lacks of a layer; how many pictures that were.

    target: the group of the model in it. Raises `OtherRecipeError` for pictures of a recipe or seed
    that is not the one wanted, or there already; then none is copied.
    """
    level = source.read(layer.name, "level")
    reached = np.zeros_like(level)
    if layer.name in target:
        reached = np.asarray(array(subgroup(target, layer.name), "level")[:])
    wanted = np.zeros(len(level), bool)
    wanted[slice(None) if wish.channels is None else list(wish.channels[layer.name])] = True
    chosen = np.flatnonzero(wanted & (reached < wish.level) & (level > reached))
    if len(chosen):
        levels = {Level(value) for value in np.unique(level[chosen])}
        group = _prepare(source, layer, levels, target, wish)
        _copy_pictures(source, layer, group, chosen, level)
    elif layer.name not in target:
        return 0
    for path in _lacking(source, layer, subgroup(target, layer.name), wish):
        _copy_part(source, layer.name, path, subgroup(target, layer.name))
    return len(chosen)


def _prepare(
    source: JoinedModel, layer: Layer, levels: set[Level], target: zarr.Group, wish: Wish
) -> zarr.Group:
    """The layer's group in the atlas, with its arrays and the recipes of these levels."""
    stored = subgroup(source.group, layer.name)
    attributes: dict[str, Any] = stored.attrs.asdict()
    side, seed = array(stored, IMAGES).shape[1], attributes["seed"]
    recipes = [attributes["recipes"][level.name.lower()] for level in sorted(levels)]
    for recipe in recipes:
        name, version = recipe["name"], recipe["version"]
        now = recipe if wish.recipes is None else wish.recipes.get(name, {})
        if now.get("version") != version:
            raise OtherRecipeError(
                f"made by version {version} of recipe {name!r}, no longer in use"
            )
        if now != recipe:
            raise OtherRecipeError(f"made by other parameters of recipe {name!r}")
        try:
            check_layer(target, layer, side=side, seed=seed, recipe=recipe)
        except UserError as error:
            raise OtherRecipeError(f"not made as in the store: {error}") from error
    for recipe in recipes:
        prepare_layer(target, layer, side=side, seed=seed, recipe=recipe)
    return subgroup(target, layer.name)


def _copy_pictures(
    source: JoinedModel,
    layer: Layer,
    target: zarr.Group,
    chosen: NDArray[np.intp],
    level: NDArray[np.uint8],
) -> None:
    images = array(source.group, f"{layer.name}/{IMAGES}")
    score, flag = source.read(layer.name, "score"), source.read(layer.name, "flag")
    made_on = [""] * layer.channels
    if "made_on" in source.records[layer.name].arrays:
        rows = source.read(layer.name, "made_on")
        made_on = [row.tobytes().rstrip(b"\0").decode(errors="ignore") for row in rows]
    for inside in _runs(chosen, max(images.chunks[0], CHUNK), layer.channels):
        pictures = np.asarray(images[inside], np.uint8)
        alike: dict[tuple[str, int], list[int]] = defaultdict(list)
        for channel in chosen[(chosen >= inside.start) & (chosen < inside.stop)].tolist():
            alike[made_on[channel], int(level[channel])].append(channel)
        for (made_by, reached), channels in alike.items():
            write_chunk(
                target,
                Chunk(inside.start, tuple(channels), len(pictures)),
                Pictures(pictures, score[inside], flag[inside], made_by),
                Level(reached),
            )


def _runs(chosen: NDArray[np.intp], size: int, channels: int) -> Iterator[slice]:
    """Neighbouring chunks of `size` channels that hold chosen ones, several as one."""
    chunks = np.unique(chosen // size)
    for near in np.split(chunks, np.flatnonzero(np.diff(chunks) > 1) + 1):
        stop = min((int(near[-1]) + 1) * size, channels)
        for start in range(int(near[0]) * size, stop, _RUN):
            yield slice(start, min(start + _RUN, stop))


def _lacking(source: JoinedModel, layer: Layer, target: zarr.Group, wish: Wish) -> Iterator[str]:
    """The paths of what else an atlas lacks of a layer, and a base has as it is wanted.

    What is found from natural statistics is only taken with those that it was found from.
    """
    record = source.records[layer.name]
    natural = record.groups.get(activation_statistics.NAME, {})
    if (
        natural.get("version") == activation_statistics.VERSION
        and wish.photos in (None, natural["digest"])
        and lacks_natural(target, wish.photos)
    ):
        yield activation_statistics.NAME
    for path, found in record.groups.items():
        kind, _, first = path.partition("/")
        if (
            kind == circuit_layout.NAME
            and found.get("version") == circuit_layout.VERSION
            and wish.circuits in (None, found["kept"])
            and wish.photos in (None, found["photos"])
            and circuit_layout.lacks_circuit(target, int(first), wish.circuits, wish.photos)
        ):
            yield path
    here = activation_statistics.natural_group(target)
    photos = None if here is None else here.attrs["digest"]
    for path, found in record.groups.items():
        kind = path.partition("/")[0]
        if found and found.get("photos") == photos and not _is_there(target, path):
            same = kind != evidence_layout.NAME or _shows_the_same(source, layer, target)
            if kind in (word_layout.NAME, evidence_layout.NAME) and same:
                yield path


def _shows_the_same(source: JoinedModel, layer: Layer, target: zarr.Group) -> bool:
    """Whether an atlas has pictures of the levels that a base's evidence is of."""
    judged = source.read(layer.name, f"{evidence_layout.NAME}/level")
    return bool((judged == np.asarray(array(target, "level")[:])).all())


def _is_there(layer: zarr.Group, path: str) -> bool:
    group = layer.get(path)
    return isinstance(group, zarr.Group) and bool(group.attrs.asdict())


def _copy_part(source: JoinedModel, layer: str, path: str, target: zarr.Group) -> None:
    """Copy a group with its arrays; its attributes go first, and come last."""
    record = source.records[layer]
    if path in target:
        subgroup(target, path).attrs.put({})
    group = target.create_group(path, overwrite=True)
    for name, place in record.arrays.items():
        if name.startswith(f"{path}/"):
            values = source.read(layer, name)
            group.create_array(
                name.removeprefix(f"{path}/"),
                data=values,
                chunks=tuple(max(side, 1) for side in values.shape),
                compressors=ZstdCodec(level=3),
                fill_value=array(source.group, place.joined).fill_value,
                attributes=place.attributes,
            )
    group.attrs.put(record.groups[path])
