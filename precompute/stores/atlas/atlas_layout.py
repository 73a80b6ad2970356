"""The layout of the atlas: what passes from `precompute` to `build`, without TensorFlow.

An atlas is a Zarr v3 group at any fsspec address::

    <atlas>                          attributes: format_version, kind = "atlas"
    <atlas>/.catalogue               the list of all models there are, see `model_list`
    <atlas>/.photos-<digest>         photos of natural statistics, see `activation_statistics`
    <atlas>/<model>                  attributes: model (see `Model`), layers (list of `Layer`),
                                                 weights: the SHA-256 of those that all below was
                                                 made with; not in older atlases
    <atlas>/<model>/<layer>          attributes: recipes {name: its parameters}, seed,
                                                 receptive_field, stride
    <atlas>/<model>/<layer>/images   (C, S, S, 3) uint8, sRGB
    <atlas>/<model>/<layer>/score    (C,) float32: how far the finished image drives the channel's
                                     pre-activation above its natural mean, in natural standard
                                     deviations, averaged over random small jitters and scales;
                                     NaN where level is 0
    <atlas>/<model>/<layer>/flag     (C,) uint8: a `Flag`
    <atlas>/<model>/<layer>/level    (C,) uint8: a `Level`
    <atlas>/<model>/<layer>/made_on  (C, 96) uint8: UTF-8, ended by zeros: the device and the
                                     precision that made the image; not in older atlases
    <atlas>/<model>/<layer>/natural  what the layer does on photos, see `activation_statistics`

All these arrays of a layer have the same chunks along C; a chunk has one writer, which writes
`level` last. What `level` calls 0 is not there, whatever the other arrays hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.structuring import structure, unstructure
from diamond_cutter.precompute.stores.format_version import check_format
from diamond_cutter.precompute.stores.store_opening import open_store

MADE_ON = 96
"""Bytes of the text that says what made an image."""

CHUNK = 8
"""Channels in one chunk of a layer's arrays, and so in one task and one batch."""


class Level(IntEnum):
    """The quality that a channel's picture has reached: that of the recipe of this name."""

    NOTHING = 0
    PREVIEW = 1
    STANDARD = 2


class Flag(IntEnum):
    """Why a channel's picture is not to be shown as a picture."""

    NONE = 0
    DEAD = 1  # no better than plain grey, nor a natural deviation above the natural mean
    GREY = 2  # next to no contrast
    CHANCE = 3  # excites too many others of the layer more, see `rendering.score`


@dataclass(frozen=True)
class Model:
    """A backbone as listed by `diamond models --json`, without whether its weights are here.

    `input_size` is in pixels, `gflops` counts a multiplication and an addition as two, at that
    size; `cuts` is how many layers are cuts, `channels` how many these have in all. `paper` is the
    address of the publication, `year` its year; `top1` the published accuracy on ImageNet in
    percent, `top1_source` where it stands; `licence` that of the weights. None: not known, or only
    by a file that is not here.
    """

    name: str
    source: str
    family: str
    input_size: int
    parameters: int | None
    gflops: float | None
    cuts: int | None
    channels: int | None = None
    year: int | None = None
    paper: str | None = None
    top1: float | None = None
    top1_source: str | None = None
    licence: str | None = None


@dataclass(frozen=True)
class Layer:
    """A layer as listed by `diamond layers --json`; stride and receptive field in input pixels.

    `index` counts the layers in depth order from 0; `receptive_field` and `stride` are None where
    the graph does not tell them, `is_cut` where there is no graph before the weights are here.
    """

    name: str
    index: int
    channels: int
    stride: int | None
    receptive_field: int | None
    is_cut: bool | None


def seen_boxes(
    place: NDArray[np.integer], places: tuple[int, int], size: int, receptive_field: int | None
) -> NDArray[np.int32]:
    """What places of a layer can see of a photo as a square of `size` pixels: (..., 4) of it.

    place: (..., 2), row and column of `places`. Gives left, top, right, bottom; all of the photo
    where the receptive field is not known.
    """
    step = np.array([size / count for count in places])
    half = size if receptive_field is None else receptive_field / 2
    middle = (place + 0.5) * step
    low = np.clip(np.floor(middle - half), 0, size)[..., ::-1]
    high = np.clip(np.ceil(middle + half), 0, size)[..., ::-1]
    return np.concatenate([low, high], axis=-1).astype(np.int32)


def open_atlas(address: str, mode: Literal["r", "r+"] = "r") -> zarr.Group:
    """Open the atlas at `address`; a `UserError` if there is none or its format is another."""
    try:
        group = open_store(address, mode)
    except FileNotFoundError as error:
        raise UserError(
            f"no atlas at {address}: expected a Zarr store; "
            f"`diamond atlas --store {address}` makes one"
        ) from error
    check_format(group.attrs.asdict(), "atlas", address)
    return group


def model_attributes(model: Model, layers: Sequence[Layer], weights_digest: str) -> dict[str, Any]:
    """The attributes of a model's group."""
    return {
        "model": unstructure(model),
        "layers": unstructure(layers),
        "weights": weights_digest,
    }


def read_model(group: zarr.Group) -> tuple[Model, list[Layer]]:
    """The model of a group written with `model_attributes`, and its layers in depth order."""
    attributes: dict[str, Any] = group.attrs.asdict()
    return structure(attributes["model"], Model), structure(attributes["layers"], list[Layer])


def read_weights(group: zarr.Group) -> str:
    """The digest of the weights that a model's group is of; empty where that was not kept."""
    return str(group.attrs.get("weights", ""))


@dataclass(frozen=True)
class Pictures:
    """Finished pictures of B units.

    images: (B, S, S, 3) uint8, sRGB; or (B, S, S, 4), with opacity.
    score: (B,) float32, see `score.Scorer`.
    flag: (B,) uint8, a `Flag` each.
    made_on: the device and the precision that made them; empty where that is not known.
    """

    images: NDArray[np.uint8]
    score: NDArray[np.float32]
    flag: NDArray[np.uint8]
    made_on: str = ""
