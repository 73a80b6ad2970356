"""The atlas as the site reads it: all but the pictures, checked before anything is written."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.build.stored_layer import (
    LayerPlace,
    StoredLayer,
    damaged,
    expect,
    forget_layers,
    reading,
    stored_layer,
)
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    DIGITS,
    NAME,
    ActivationStatistics,
    read_photo_pictures,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import (
    Flag,
    Layer,
    Level,
    Model,
    open_atlas,
    read_model,
    read_weights,
)
from diamond_cutter.precompute.stores.atlas.evidence_layout import Evidence
from diamond_cutter.precompute.stores.atlas.model_list import NAME as CATALOGUE
from diamond_cutter.precompute.stores.atlas.model_list import Listed, read_catalogue

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
    place: where all else lies that the store holds of the layer, see `stored`.
    measured: the digest of the photos whose every activation is kept, and how many these are; None
        where there are none.
    photos: the folder of these photos in the site; empty where they were not kept.
    weights_digest: of the network, as `Network` has it; empty where the atlas does not say.
    shares_pictures: whether the site has the large pictures of several channels in one file.
    """

    model: str
    layer: Layer
    recipes: Mapping[str, Mapping[str, Any]]
    seed: int
    side: int
    score: NDArray[np.float32]
    flag: NDArray[np.uint8]
    level: NDArray[np.uint8]
    place: LayerPlace
    measured: tuple[str, int] | None = None
    photos: str = ""
    weights_digest: str = ""
    shares_pictures: bool = False

    def is_of(self, weights_digest: str) -> bool:
        """Whether it may be of a network with these weights; empty where they are not known."""
        return weights_digest == self.weights_digest or "" in (weights_digest, self.weights_digest)

    @property
    def stored(self) -> StoredLayer:
        """What else the store holds of the layer, read when it is asked for."""
        return stored_layer(self.place)

    @property
    def natural(self) -> ActivationStatistics | None:
        """What the channels do on photos; None where that was not measured."""
        return self.stored.natural

    @property
    def evidence(self) -> Evidence | None:
        """What another network made of the pictures; None where none was asked."""
        return self.stored.evidence

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
    forget_layers()
    groups = sorted(atlas.groups(), key=lambda item: item[0])
    photos = {f"photos/{name}/": found for name, found in read_photo_pictures(atlas).items()}
    recipes: _Recipes = {}
    models = tuple(_read_model(address, name, group, photos, recipes) for name, group in groups)
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
        pictures = np.array(layer.stored.images[start:stop], np.uint8)
    pictures[~pictured] = 128
    return pictures


_Recipes = dict[str, Mapping[str, Mapping[str, Any]]]
"""Those of layers, each once: thousands of layers have the same."""


def _read_model(
    address: str, name: str, group: zarr.Group, photos: Collection[str], recipes: _Recipes
) -> ModelAtlas:
    with reading(f"{address}/{name}", "a model's attributes"):
        model, layers = read_model(group)
    for part in (name, *(layer.name for layer in layers)):
        if not ADDRESS_PART.fullmatch(part):
            raise UserError(
                f"{address}/{name}: expected names of letters, digits and _ . + -, got {part!r}; "
                f"rename it in the model and render it anew"
            )
    expect(f"{address}/{name}", "model's name", name, model.name)
    weights = read_weights(group)
    rendered = tuple(
        _read_layer(
            LayerPlace(address, name, layer.name, layer.channels), layer, weights, photos, recipes
        )
        for layer in layers
        if layer.name in group
    )
    return ModelAtlas(model, tuple(layers), rendered)


def _read_layer(
    place: LayerPlace, layer: Layer, weights: str, photos: Collection[str], recipes: _Recipes
) -> RenderedLayer:
    """Read and check all that the store holds of a layer but its pictures; keep what is small."""
    stored = stored_layer(place)
    where = stored.where
    # Before the pictures: what `level` counts has its picture, also while the atlas is growing.
    level = stored.values("level", "uint8")
    score = stored.values("score", "float32")
    flag = stored.values("flag", "uint8")
    _expect_members(where, "level", level, {int(value) for value in Level})
    _expect_members(where, "flag", flag, {int(value) for value in Flag})
    attributes = stored.group.attrs.asdict()
    own, seed = attributes.get("recipes"), attributes.get("seed")
    if not isinstance(own, dict) or not isinstance(seed, int):
        raise damaged(where, "recipes and a seed in the attributes", f"{sorted(attributes)}")
    for value in np.unique(level[level != Level.NOTHING]):
        if Level(value).name.lower() not in own:
            raise damaged(where, f"the recipe of level {value} in the attributes", f"{sorted(own)}")
    _ = stored.made_on, stored.evidence
    natural = stored.natural
    keeps_values = natural is not None and f"{NAME}/photo_value" in stored.group
    folder = f"photos/{natural.digest[:DIGITS]}/" if natural and natural.paths else ""
    return RenderedLayer(
        model=place.model,
        layer=layer,
        recipes=recipes.setdefault(repr(own), own),
        seed=seed,
        side=stored.images.shape[1],
        score=score,
        flag=flag,
        level=level,
        place=place,
        measured=(natural.digest, natural.photos) if natural and keeps_values else None,
        photos=folder if folder in photos else "",
        weights_digest=weights,
    )


def _expect_members(where: str, name: str, values: NDArray[np.uint8], known: set[int]) -> None:
    unknown = sorted(set(values.tolist()) - known)
    if unknown:
        raise damaged(f"{where}/{name}", f"values of {sorted(known)}", f"{unknown}")
