"""The atlas as the site reads it: all but the pictures, checked before anything is written."""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    DIGITS,
    ActivationStatistics,
    read_natural,
    read_photo_pictures,
)
from diamond_cutter.precompute.stores.atlas.activation_statistics import NAME as NATURAL
from diamond_cutter.precompute.stores.atlas.atlas_layout import (
    MADE_ON,
    Flag,
    Layer,
    Level,
    Model,
    open_atlas,
    read_model,
    read_weights,
)
from diamond_cutter.precompute.stores.atlas.evidence_layout import NAME as EVIDENCE
from diamond_cutter.precompute.stores.atlas.evidence_layout import Evidence, read_evidence
from diamond_cutter.precompute.stores.atlas.model_list import NAME as CATALOGUE
from diamond_cutter.precompute.stores.atlas.model_list import Listed, read_catalogue
from diamond_cutter.precompute.stores.store_address import DAMAGE

ADDRESS_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
"""What may be a folder of the site, and so a part of an address that needs no quoting."""

MOST_OWN = 20_000
"""Channels of a site up to which each has a picture of its own: hosts count files."""

ROWS = "channels.jsonl"
"""The file with a row for each channel, in a layer's folder and, of all its layers, a model's."""


@dataclass(frozen=True, eq=False)
class RenderedLayer:
    """A layer that has a group in the atlas: what is known of its channels.

    recipes: parameters of each recipe by its name.
    side: S, the side of a picture in pixels.
    score: (C,) float32, in natural standard deviations, see the contract; NaN where level is 0.
    flag: (C,) uint8, a `Flag` each.
    level: (C,) uint8, a `Level` each.
    made_on: the device and the precision that made each picture; empty where that is not known.
    images: (C, S, S, 3) uint8, sRGB, in the store; true only where `pictured`.
    natural: what the channels do on photos; None where that was not measured.
    group: its own in the store.
    photos: the folder of these photos in the site; empty where they were not kept.
    weights_digest: of the network, as `Network` has it; empty where the atlas does not say.
    evidence: what another network made of the pictures; None where none was asked.
    shares_pictures: whether the site has the large pictures of several channels in one file.
    """

    model: str
    layer: Layer
    recipes: dict[str, dict[str, Any]]
    seed: int
    side: int
    score: NDArray[np.float32]
    flag: NDArray[np.uint8]
    level: NDArray[np.uint8]
    made_on: tuple[str, ...]
    images: zarr.Array[Any]
    natural: ActivationStatistics | None
    group: zarr.Group
    photos: str = ""
    weights_digest: str = ""
    evidence: Evidence | None = None
    shares_pictures: bool = False

    def is_of(self, weights_digest: str) -> bool:
        """Whether it may be of a network with these weights; empty where they are not known."""
        return weights_digest == self.weights_digest or "" in (weights_digest, self.weights_digest)

    @property
    def pictured(self) -> NDArray[np.bool_]:
        """(C,) bool: the channels whose picture is there and is to be shown."""
        shown: NDArray[np.bool_] = (self.level != Level.NOTHING) & (self.flag == Flag.NONE)
        return shown

    @property
    def path(self) -> str:
        """The layer's folder in the site, relative to its root, with a slash at the end."""
        return f"models/{self.model}/{self.layer.name}/"


@dataclass(frozen=True, eq=False)
class ModelAtlas:
    """A model of the atlas: all its layers in depth order, and those that are rendered."""

    model: Model
    layers: tuple[Layer, ...]
    rendered: tuple[RenderedLayer, ...]

    @property
    def path(self) -> str:
        """The model's folder in the site, relative to its root, with a slash at the end."""
        return f"models/{self.model.name}/"


@dataclass(frozen=True, eq=False)
class Atlas:
    """What an atlas holds: its models, by name, the list of all that there are, and photos.

    photos: (N, 192, 192, 3) uint8 sRGB, in the store, by their folder in the site; examples of
        channels.
    """

    models: tuple[ModelAtlas, ...]
    catalogue: tuple[Listed, ...]
    photos: Mapping[str, zarr.Array[Any]] = field(default_factory=dict)


def read_atlas(address: str) -> Atlas:
    """The atlas at `address`, checked against the contract.

    Raises `UserError` if there is no atlas, if its format is another, or if an array is not what
    the contract says.
    """
    atlas = open_atlas(address)
    groups = sorted(atlas.groups(), key=lambda item: item[0])
    photos = {f"photos/{name}/": found for name, found in read_photo_pictures(atlas).items()}
    models = tuple(_read_model(address, name, group, photos) for name, group in groups)
    with reading(f"{address}/{CATALOGUE}", "the list of models"):
        return Atlas(models, read_catalogue(atlas), photos)


def sharing_pictures(atlas: Atlas, pictures: str) -> Atlas:
    """The atlas with its channels' large pictures in files as `pictures` of the settings says.

    Raises `UserError` where that is none of what it can be.
    """
    if pictures not in ("auto", "own", "shared"):
        raise UserError(
            f'pictures: expected "auto", "own" or "shared", got {pictures!r}; mend the value'
        )
    layers = [layer for model in atlas.models for layer in model.rendered]
    channels = sum(layer.layer.channels for layer in layers)
    if pictures == "own" or (pictures == "auto" and channels <= MOST_OWN):
        return atlas
    models = (
        replace(
            model,
            rendered=tuple(replace(layer, shares_pictures=True) for layer in model.rendered),
        )
        for model in atlas.models
    )
    return replace(atlas, models=tuple(models))


def read_pictures(layer: RenderedLayer, start: int, stop: int) -> NDArray[np.uint8]:
    """The pictures of a run of channels, (stop - start, S, S, 3) uint8 sRGB.

    Channels without a picture to show come as middle grey, whatever the store holds there.
    """
    pictured = layer.pictured[start:stop]
    if not pictured.any():  # nothing to read
        return np.full((len(pictured), layer.side, layer.side, 3), 128, np.uint8)
    with reading(f"{layer.model}/{layer.layer.name}/images", "pictures"):
        pictures = np.array(layer.images[start:stop], np.uint8)
    pictures[~pictured] = 128
    return pictures


def damaged(where: str, expected: str, got: str) -> UserError:
    """What is said of an atlas that is not what the contract says."""
    return UserError(
        f"{where}: expected {expected}, got {got}; "
        f"remove it there and render it anew with `diamond atlas`"
    )


@contextmanager
def reading(where: str, expected: str) -> Iterator[None]:
    """Say of what a reader of the stores finds wrong that it is damaged; where, and what it is."""
    try:
        yield
    except DAMAGE as error:
        raise damaged(where, expected, f"{error!r}") from error


def _read_model(address: str, name: str, group: zarr.Group, photos: Collection[str]) -> ModelAtlas:
    with reading(f"{address}/{name}", "a model's attributes"):
        model, layers = read_model(group)
    for part in (name, *(layer.name for layer in layers)):
        if not ADDRESS_PART.fullmatch(part):
            raise UserError(
                f"{address}/{name}: expected names of letters, digits and _ . + -, got {part!r}; "
                f"rename it in the model and render it anew"
            )
    _expect(f"{address}/{name}", "model's name", name, model.name)
    rendered = tuple(
        _read_layer(address, name, layer, group, photos) for layer in layers if layer.name in group
    )
    return ModelAtlas(model, tuple(layers), rendered)


def _read_layer(
    address: str, model: str, layer: Layer, parent: zarr.Group, photos: Collection[str]
) -> RenderedLayer:
    where = f"{address}/{model}/{layer.name}"
    group = parent[layer.name]
    if not isinstance(group, zarr.Group):
        raise damaged(where, "a group", f"{group!r}")
    count = layer.channels
    # Before the pictures: what `level` counts has its picture, also while the atlas is growing.
    level = _values(where, group, "level", (count,), "uint8")
    score = _values(where, group, "score", (count,), "float32")
    flag = _values(where, group, "flag", (count,), "uint8")
    _expect_members(where, "level", level, {int(value) for value in Level})
    _expect_members(where, "flag", flag, {int(value) for value in Flag})
    made_on = ("",) * count
    if "made_on" in group:
        texts = _values(where, group, "made_on", (count, MADE_ON), "uint8")
        made_on = tuple(row.tobytes().rstrip(b"\0").decode(errors="ignore") for row in texts)
    images = _array(where, group, "images", None, "uint8")
    side = images.shape[1] if images.ndim == 4 else 0
    _expect(f"{where}/images", "shape", (count, side, side, 3), images.shape)
    attributes = group.attrs.asdict()
    recipes, seed = attributes.get("recipes"), attributes.get("seed")
    if not isinstance(recipes, dict) or not isinstance(seed, int):
        raise damaged(where, "recipes and a seed in the attributes", f"{sorted(attributes)}")
    for value in np.unique(level[level != Level.NOTHING]):
        if Level(value).name.lower() not in recipes:
            raise damaged(
                where, f"the recipe of level {value} in the attributes", f"{sorted(recipes)}"
            )
    natural = _read_natural(where, count, group)
    weights = read_weights(parent)
    folder = f"photos/{natural.digest[:DIGITS]}/" if natural and natural.paths else ""
    return RenderedLayer(
        model=model,
        layer=layer,
        recipes=recipes,
        seed=seed,
        side=side,
        score=score,
        flag=flag,
        level=level,
        made_on=made_on,
        images=images,
        natural=natural,
        group=group,
        photos=folder if folder in photos else "",
        weights_digest=weights,
        evidence=_read_evidence(where, count, group),
    )


def _read_natural(where: str, count: int, group: zarr.Group) -> ActivationStatistics | None:
    with reading(f"{where}/{NATURAL}", "natural statistics"):
        natural = read_natural(group)
    if natural is not None:
        _expect(f"{where}/{NATURAL}/mean", "shape", (count,), natural.mean.shape)
    return natural


def _read_evidence(where: str, count: int, group: zarr.Group) -> Evidence | None:
    with reading(f"{where}/{EVIDENCE}", "evidence"):
        evidence = read_evidence(group)
    if evidence is not None:
        _expect(f"{where}/{EVIDENCE}/picture", "shape", (count,), evidence.picture.shape)
    return evidence


def _array(
    where: str, group: zarr.Group, name: str, shape: tuple[int, ...] | None, dtype: str
) -> zarr.Array[Any]:
    found = group.get(name)
    if not isinstance(found, zarr.Array):
        raise damaged(f"{where}/{name}", "an array", f"{found!r}")
    _expect(f"{where}/{name}", "dtype", dtype, str(found.dtype))
    if shape is not None:
        _expect(f"{where}/{name}", "shape", shape, found.shape)
    return found


def _values(
    where: str, group: zarr.Group, name: str, shape: tuple[int, ...], dtype: str
) -> NDArray[Any]:
    with reading(f"{where}/{name}", "values"):
        return np.asarray(_array(where, group, name, shape, dtype)[:])


def _expect_members(where: str, name: str, values: NDArray[np.uint8], known: set[int]) -> None:
    unknown = sorted(set(values.tolist()) - known)
    if unknown:
        raise damaged(f"{where}/{name}", f"values of {sorted(known)}", f"{unknown}")


def _expect(where: str, what: str, expected: object, got: object) -> None:
    if expected != got:
        raise damaged(where, f"{what} {expected}", f"{got}")
