"""The atlas as it is written: groups and arrays made, chunks stored, what is missing found.

The layout is `atlas_layout`'s. Every write is one file replaced at once (Zarr's local store writes
beside and moves), `level` comes last in a chunk, and attributes hold no times, so that a run that
was killed and taken up again leaves the bytes of an undisturbed one.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec
from zarr.storage import LocalStore

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    ARRAYS,
    EXAMPLE_ARRAYS,
    NAME,
    PHOTO_SIDE,
    VERSION,
    ActivationStatistics,
    PhotoValues,
    natural_group,
    photos_name,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import (
    CHUNK,
    MADE_ON,
    Flag,
    Layer,
    Level,
    Model,
    Pictures,
    model_attributes,
    read_model,
    read_weights,
)
from diamond_cutter.precompute.stores.atlas.model_list import NAME as CATALOGUE
from diamond_cutter.precompute.stores.atlas.model_list import Listed, to_json
from diamond_cutter.precompute.stores.format_version import check_format, format_attributes
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import Naming, array, subgroup
from diamond_cutter.precompute.stores.store_opening import open_store

ATLAS = Naming(
    kind="atlas",
    noun="atlas",
    contents="pictures",
    setting="store",
    writer="`diamond atlas` is rendering into it",
)
"""An atlas in the words of messages."""

_IDENTITY = ("source", "input_size", "parameters")
"""What of a `Model` must stay for its pictures to stay true; the rest only describes."""


@dataclass(frozen=True)
class Chunk:
    """What is rendered at once of a layer: one or several chunks of its arrays, whole ones.

    start: the first of its channels, a multiple of `size`; wanted: those of them to be stored.
    """

    start: int
    wanted: tuple[int, ...]
    size: int = CHUNK


def create_atlas(address: str) -> zarr.Group:
    """Open the atlas at `address` for writing; make it where there is nothing yet.

    Raises `UserError` for a store of another kind or format version, and leaves it as it is.
    """
    atlas = open_store(address, "a", format_attributes("atlas"))
    check_format(_attributes(atlas), "atlas", address)
    return atlas


def write_catalogue(atlas: zarr.Group, listing: Iterable[Listed]) -> None:
    """List all models in an atlas, in place of the list that it has."""
    attributes: dict[str, Any] = {"models": [to_json(listed) for listed in listing]}
    if CATALOGUE not in atlas:
        atlas.create_array(CATALOGUE, shape=(0,), dtype="uint8", attributes=attributes)
    elif array(atlas, CATALOGUE).attrs.asdict() != attributes:
        array(atlas, CATALOGUE).attrs.put(attributes)


def prepare_model(
    atlas: zarr.Group,
    model: Model,
    layers: Sequence[Layer],
    weights_digest: str,
    *,
    anew: bool = False,
) -> zarr.Group:
    """The group of a model, made where it is not there; `layers` are all it has, in depth order.

    anew: take away all that the store holds of the model, which is of other weights.
    Raises `UserError` if the store holds another model of that name.
    """
    check_model(atlas, model, layers)
    attributes = model_attributes(model, layers, weights_digest)
    if anew or model.name not in atlas:
        # Overwriting takes away what a run left that was killed while it took away the rest.
        return atlas.create_group(model.name, attributes=attributes, overwrite=True)
    return _describe(subgroup(atlas, model.name), attributes)


def network_group(atlas: zarr.Group, network: Network) -> zarr.Group:
    """The group of a network; a `UserError` if what lies there is of other weights by now."""
    group = subgroup(atlas, network.name)
    if read_weights(group) != network.weights_digest:
        raise UserError(
            f"{_address(group)}: expected pictures of {network.name} with the weights of this run, "
            "got those of others, with which another run has begun meanwhile; run the command of "
            "the weights that you want again"
        )
    return group


def check_model(atlas: zarr.Group, model: Model, layers: Sequence[Layer]) -> None:
    """Refuse a model that is another than the one whose pictures the store holds."""
    if model.name not in atlas:
        return
    stored, stored_layers = read_model(subgroup(atlas, model.name))
    for name in _IDENTITY:
        _check(atlas, model.name, name, getattr(stored, name), getattr(model, name))
    channels = {layer.name: layer.channels for layer in layers}
    stored_channels = {layer.name: layer.channels for layer in stored_layers}
    _check(atlas, model.name, "layers and their channels", stored_channels, channels)


def prepare_layer(
    model: zarr.Group, layer: Layer, *, side: int, seed: int, recipe: Mapping[str, Any]
) -> zarr.Group:
    """The group of a layer with its arrays, made where they are not there.

    `side` is S, the pictures' side in pixels; `recipe` the parameters of the recipe that is going
    to be rendered, with its "name", as JSON has them (lists, no tuples).
    Raises `UserError` if the store holds pictures made with other parameters.
    """
    check_layer(model, layer, side=side, seed=seed, recipe=recipe)
    recipes: dict[str, Any] = {}
    if layer.name in model:
        recipes = dict(_attributes(subgroup(model, layer.name))["recipes"])
    recipes[recipe["name"]] = dict(recipe)
    attributes = {
        "recipes": dict(sorted(recipes.items())),
        "seed": seed,
        "receptive_field": layer.receptive_field,
        "stride": layer.stride,
    }
    if layer.name not in model:
        group = model.create_group(layer.name, attributes=attributes)
    else:
        group = _describe(subgroup(model, layer.name), attributes)
    pixels = (side, side, 3)
    _make_array(group, "images", (layer.channels, *pixels), (CHUNK, *pixels), "uint8", 0)
    _make_array(group, "score", (layer.channels,), (CHUNK,), "float32", float("nan"))
    _make_array(group, "flag", (layer.channels,), (CHUNK,), "uint8", int(Flag.NONE))
    _make_array(group, "made_on", (layer.channels, MADE_ON), (CHUNK, MADE_ON), "uint8", 0)
    _make_array(group, "level", (layer.channels,), (CHUNK,), "uint8", int(Level.NOTHING))
    return group


def check_layer(
    model: zarr.Group, layer: Layer, *, side: int, seed: int, recipe: Mapping[str, Any]
) -> None:
    """Refuse to mix pictures of other parameters with those that the store holds of a layer."""
    if layer.name not in model:
        return
    group = subgroup(model, layer.name)
    where = f"{model.basename}/{layer.name}"
    attributes = _attributes(group)
    _check(model, where, "seed", attributes["seed"], seed)
    stored = attributes["recipes"].get(recipe["name"], recipe)
    for name in sorted({*stored, *recipe}):
        what = f"{name} of recipe {recipe['name']!r}"
        _check(model, where, what, stored.get(name), recipe.get(name))
    if "images" in group:
        images = array(group, "images")
        _check(model, where, "shape of images", images.shape, (layer.channels, side, side, 3))
        _check(model, where, "channels in a chunk", images.chunks[0], CHUNK)


def missing(
    layer: zarr.Group, level: Level, channels: Iterable[int], size: int = CHUNK
) -> list[Chunk]:
    """The chunks that hold those of `channels` that have not reached `level`, in order.

    size: of what is rendered at once, a multiple of CHUNK.
    """
    return chunks_of(lacking(layer, level, channels), size)


def lacking(layer: zarr.Group, level: Level, channels: Iterable[int]) -> tuple[int, ...]:
    """Those of `channels` that have not reached `level`, in order."""
    reached = np.asarray(array(layer, "level")[:])
    return tuple(channel for channel in sorted(set(channels)) if reached[channel] < level)


def chunks_of(channels: Iterable[int], size: int = CHUNK) -> list[Chunk]:
    """The chunks that hold `channels`, which are in order."""
    wanted: dict[int, list[int]] = {}
    for channel in channels:
        wanted.setdefault(channel - channel % size, []).append(channel)
    return [Chunk(start, tuple(inside), size) for start, inside in wanted.items()]


def made_by(layer: zarr.Group, recipe: Any, channels: Sequence[int]) -> NDArray[np.uint8] | None:
    """The pictures of neighbouring channels, (N, S, S, 3), if a recipe made all of them."""
    if _attributes(layer)["recipes"].get(recipe.name) != recipe_attributes(recipe):
        return None
    inside = slice(channels[0], channels[-1] + 1)
    if (np.asarray(array(layer, "level")[inside]) != recipe.level).any():
        return None
    return np.asarray(array(layer, "images")[inside], np.uint8)


def write_chunk(layer: zarr.Group, chunk: Chunk, pictures: Pictures, level: Level) -> None:
    """Store the pictures of a chunk's wanted channels; the others keep what they have.

    `pictures` holds the whole chunk, in the order of its channels. Only one process may write a
    chunk at a time. `level` is written last: until then the store does not count the rest. What
    takes the place of other pictures counts for nothing meanwhile, or a run that was killed here
    would go on from pictures that are finished as if they were their base's (`made_by`).
    """
    count = len(pictures.images)
    inside = slice(chunk.start, chunk.start + count)
    offsets = [channel - chunk.start for channel in chunk.wanted]
    for name, new in (
        ("level", np.full(count, Level.NOTHING, np.uint8)),
        ("images", pictures.images),
        ("score", pictures.score),
        ("flag", pictures.flag),
        ("made_on", np.tile(_padded(pictures.made_on), (count, 1))),
        ("level", np.full(count, level, np.uint8)),
    ):
        target = array(layer, name)
        held = np.asarray(target[inside])
        values = held.copy()
        values[offsets] = new[offsets]
        if not np.array_equal(held, values):
            target[inside] = values


def _padded(text: str) -> NDArray[np.uint8]:
    """A text as the layout has it, (MADE_ON,) uint8."""
    return np.frombuffer(text.encode()[:MADE_ON].ljust(MADE_ON, b"\0"), np.uint8)


def lacks_natural(layer: zarr.Group, digest: str | None) -> bool:
    """Whether a layer has no natural statistics; with a digest, none of the photos of that."""
    group = natural_group(layer)
    if group is None or digest is None:
        return group is None
    return (group.attrs["digest"], group.attrs.get("version")) != (digest, VERSION)


def write_natural(
    layer: zarr.Group,
    natural: ActivationStatistics,
    covariance: NDArray[np.float32] | None,
    values: PhotoValues | None,
) -> None:
    """Store the natural statistics of a layer, in place of what it has.

    covariance: (C, C), where it is kept; values: of photos that were named.
    The attributes go first and are written last: in between the store does not count the rest.
    """
    if natural_group(layer) is not None:
        subgroup(layer, NAME).attrs.put({})
    group = layer.create_group(NAME, overwrite=True)
    arrays = {name: getattr(natural, name) for name in (*ARRAYS, *EXAMPLE_ARRAYS)}
    if covariance is not None:
        arrays["covariance"] = covariance
    if values is not None:
        arrays.update(photo_value=values.value, photo_place=values.place)
    for name, content in arrays.items():
        compressor = ZstdCodec(level=3)
        chunks = tuple(max(side, 1) for side in content.shape)
        group.create_array(name, data=content, chunks=chunks, compressors=compressor)
    if values is not None:
        array(group, "photo_value").attrs.put({"cells": list(values.cells)})
    facts = {name: getattr(natural, name) for name in ("photos", "source", "digest", "side")}
    group.attrs.put({**facts, "paths": list(natural.paths), "version": VERSION})


def write_photo_pictures(
    atlas: zarr.Group, digest: str, pictures: Iterable[NDArray[np.uint8]], count: int
) -> None:
    """Keep the photos of that digest, `count` times (192, 192, 3) uint8 sRGB, one by one."""
    side = (PHOTO_SIDE, PHOTO_SIDE, 3)
    found = atlas.create_array(
        photos_name(digest),
        shape=(count, *side),
        chunks=(1, *side),
        dtype="uint8",
        compressors=ZstdCodec(level=3),
        overwrite=True,
    )
    for number, picture in enumerate(pictures):
        found[number] = picture
    found.attrs.put({"whole": True})


def recipe_attributes(recipe: Any) -> dict[str, Any]:
    """The parameters of a recipe (a dataclass) as JSON gives them back."""
    return dict(json.loads(json.dumps(asdict(recipe))))


def _attributes(group: zarr.Group) -> dict[str, Any]:
    return group.attrs.asdict()


def _describe(group: zarr.Group, attributes: dict[str, Any]) -> zarr.Group:
    if _attributes(group) != attributes:
        group.attrs.put(attributes)
    return group


def _make_array(
    group: zarr.Group,
    name: str,
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    dtype: str,
    fill_value: float,
) -> None:
    if name not in group:
        group.create_array(
            name,
            shape=shape,
            chunks=chunks,
            dtype=dtype,
            fill_value=fill_value,
            compressors=ZstdCodec(level=3),
        )


def _check(group: zarr.Group, where: str, what: str, stored: Any, asked: Any) -> None:
    if stored != asked:
        raise UserError(
            f"{_address(group)}: {where} was rendered with {what} {_short(stored)}, asked for "
            f"{_short(asked)}; go back to the former, name another --store, or remove that folder "
            f"to render it anew"
        )


def _address(group: zarr.Group) -> str:
    store = group.store
    return str(store.root) if isinstance(store, LocalStore) else str(getattr(store, "path", store))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
