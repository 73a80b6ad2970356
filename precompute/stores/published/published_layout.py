"""The layout of published stores: few objects, each to be read over plain HTTP, nothing to list.

A published store is a Zarr v3 hierarchy in which every group carries the consolidated metadata of
what is below it, arrays of many chunks are sharded, and every dimension has a name. Beside it lies
its manifest, which comes last and without which it isn't whole::

    <address>/manifest.json     see `published_manifest`
    <address>/zarr.json         the group of the store

A study lies as it does in its store, see `study_layout`. Of an atlas, all small arrays of a model's
layers are joined, so that a million channels are fewer than 50,000 objects::

    <atlas>                         attributes: kind = "published-atlas", format_version
    <atlas>/-catalogue              as `.catalogue` of an atlas; no host hides it
    <atlas>/-photos-<digest>        (N, 192, 192, 3) uint8, as `.photos-<digest>`
    <atlas>/<model>                 attributes: as in an atlas
    <atlas>/<model>/layer           (C,) uint16: of each channel of the layers that are published,
                                    its layer, by its place in `layers` of the attributes; a layer's
                                    channels lie together, in their order
    <atlas>/<model>/level, score, flag, made_on, natural_mean, natural_covariance,
        circuits_weight, words_labels_word, evidence_picture, ...
                                    the arrays of layers, `_` for `/` in their paths, of all layers
                                    together: along the channels where all else of their shapes is
                                    the same, with NaN or 0 where a layer has none; else each
                                    flattened, one after the other
    <atlas>/<model>/layer_records   (B,) uint8: JSON, a list of `LayerRecord`: where each array of a
                                    layer lies in those, and its attributes
    <atlas>/<model>/<layer>         attributes: as in an atlas
    <atlas>/<model>/<layer>/images  (C, S, S, 3) uint8, sRGB

What only serves to find words, an atlas's `.concepts-...`, is not published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

KIND = "published-atlas"
"""What the attributes of a published atlas call it."""

RECORDS = "layer_records"
LAYER = "layer"

DIMENSIONS: dict[str, tuple[str, ...]] = {
    "images": ("layer_channel", "y", "x", "rgb"),
    "made_on": ("channel", "byte"),
    "natural_example_photo": ("channel", "example"),
    "natural_example_value": ("channel", "example"),
    "natural_example_place": ("channel", "example", "place_xy"),
    "natural_example_box": ("channel", "example", "side"),
    "natural_photo_value": ("photo", "channel"),
    "natural_photo_place": ("photo", "channel"),
    "evidence_picture_interval": ("channel", "bound"),
    "evidence_crops_interval": ("channel", "bound"),
    "photos/thumbnail": ("photo", "y", "x", "rgb"),
    "photos/label": ("photo",),
    "photos/fold": ("photo",),
    "photos/group": ("photo",),
    "probability": ("photo", "class"),
    "confusion": ("true_class", "predicted_class"),
}
"""The names of arrays' dimensions, where they are not plain.

A name means one size in a group, and in those above it, as xarray has it.
"""


def published_name(name: str) -> str:
    """What is called `.something` in an atlas, as it is published."""
    return name.replace(".", "-", 1) if name.startswith(".") else name


def stored_name(name: str) -> str:
    """What `published_name` was given."""
    return name.replace("-", ".", 1) if name.startswith("-") else name


def dimension_names(path: str, dimensions: int, *, by_channel: bool = False) -> tuple[str, ...]:
    """The names of an array's dimensions; those that are in no table bear its own.

    by_channel: whether the first is that of a model's channels, if no table says another.
    """
    last = "/".join(path.split("/")[-2:])  # a name alone means several things in a study
    known = DIMENSIONS.get(last, DIMENSIONS.get(last.rpartition("/")[2], ()))
    if len(known) == dimensions:
        return known
    own = tuple(f"{last.replace('/', '_')}_{axis}" for axis in range(dimensions))
    return ("channel", *own[1:]) if by_channel else own


@dataclass(frozen=True)
class Place:
    """Where an array of a layer lies in one of its model, and its attributes.

    axis: along which `shape` begins at `start`; None: it is flattened, and begins there.
    """

    joined: str
    axis: int | None
    start: int
    shape: Sequence[int]
    attributes: dict[str, Any]


@dataclass(frozen=True)
class LayerRecord:
    """What a layer has besides its images: attributes of groups and places of arrays, by path."""

    name: str
    groups: dict[str, dict[str, Any]]
    arrays: dict[str, Place]
