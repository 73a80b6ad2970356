"""Natural statistics: what a layer does on photos, as the atlas keeps it. Optional, a layer each::

    <atlas>/<model>/<layer>/natural             attributes: photos, how many; source, their name;
                                                            digest, SHA-256 of what they are;
                                                            paths, as the dataset has them, in
                                                            order, none of samples; version
    <atlas>/<model>/<layer>/natural/mean        (C,) float32: of the pre-activation, raw units
    <atlas>/<model>/<layer>/natural/spread      (C,) float32: its standard deviation
    <atlas>/<model>/<layer>/natural/maximum     (C,) float32: the highest score of one photo
    <atlas>/<model>/<layer>/natural/best        (C,) int32: which of the photos that is, from 0
    <atlas>/<model>/<layer>/natural/example_photo  (C, 6) int32: the photos with the highest
                                                            pre-activations anywhere; -1: no more
    <atlas>/<model>/<layer>/natural/example_value  (C, 6) float32: those, in natural deviations
                                                            above the natural mean
    <atlas>/<model>/<layer>/natural/example_place  (C, 6, 2) int32: the middle of that place, x and
                                                            y in pixels
    <atlas>/<model>/<layer>/natural/example_box    (C, 6, 4) int32: what that place can see of the
                                                            photo: left, top, right, bottom
    <atlas>/<model>/<layer>/natural/photo_value (P, C) float16: each photo's highest pre-activation
                                                            anywhere, in natural deviations above
                                                            the natural mean; attributes: cells,
                                                            rows and columns of places
    <atlas>/<model>/<layer>/natural/photo_place (P, C) uint16: that place, counted row by row
    <atlas>/<model>/<layer>/natural/covariance  (C, C) float32: of the pre-activation, raw units;
                                                only where C is at most `WIDEST`

Mean, spread and covariance are over all photos and places. Each photo is seen whole, as a square of
the side of the layer's pictures; boxes are in pixels of that, `side` in the attributes. `maximum`
is in the units of the atlas's `score`, which see, of a photo in the place of the picture, but that
it is seen once, as it is. Samples are no examples, and
have no values. A group without attributes is not there, whatever it holds. Photos that are examples
lie beside the models, as small squares::

    <atlas>/.photos-<digest>   (N, 192, 192, 3) uint8, sRGB: of the photos of that digest, its first
                               12 digits; attributes: whole, when all are there
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.store_address import array

NAME = "natural"

WIDEST = 2048
"""Channels of the widest layer whose covariance is kept: 17 MB."""

EXAMPLES = 6
"""Photos of each channel that are kept as its examples, at most."""

PHOTO_SIDE = 192
"""Side in pixels of the photos that are kept."""

PHOTOS = ".photos-"
"""What the names of arrays of photos begin with."""
DIGITS = 12
"""Of the photos' digest, those that they are told by."""

VERSION = 3
"""Raised when the same photos give other statistics: those of named photos are measured anew."""


@dataclass(frozen=True, eq=False)
class ActivationStatistics:
    """The natural statistics of a layer, all but its covariance: see above."""

    photos: int
    source: str
    digest: str
    paths: tuple[str, ...]
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    maximum: NDArray[np.float32]
    best: NDArray[np.int32]
    side: int
    example_photo: NDArray[np.int32]
    example_value: NDArray[np.float32]
    example_place: NDArray[np.int32]
    example_box: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class PhotoValues:
    """How strongly each of P photos excites each of C channels at most, and where.

    value: (P, C) float16, in natural deviations above the natural mean; 0 where there is no spread.
    place: (P, C) uint16, counted row by row. cells: rows and columns of places.
    """

    value: NDArray[np.float16]
    place: NDArray[np.uint16]
    cells: tuple[int, int]


ARRAYS = {"mean": "float32", "spread": "float32", "maximum": "float32", "best": "int32"}
"""The arrays of a `ActivationStatistics` by name, (C,) each, with their dtypes."""

EXAMPLE_ARRAYS = {
    "example_photo": ("int32", ()),
    "example_value": ("float32", ()),
    "example_place": ("int32", (2,)),
    "example_box": ("int32", (4,)),
}
"""Those of the examples, with dtype and the shape of each; statistics of before have none."""


def natural_group(layer: zarr.Group) -> zarr.Group | None:
    """Where the natural statistics of a layer lie; None if there are none, or not all yet."""
    group = layer.get(NAME)
    return group if isinstance(group, zarr.Group) and "digest" in group.attrs else None


def read_natural(layer: zarr.Group) -> ActivationStatistics | None:
    """The natural statistics of a layer; None if there are none.

    Raises `KeyError`, `TypeError` or `ValueError` for a group that is damaged.
    """
    group = natural_group(layer)
    if group is None:
        return None
    attributes: dict[str, Any] = group.attrs.asdict()
    arrays = {name: np.asarray(array(group, name)[:]) for name in ARRAYS}
    for name, dtype in ARRAYS.items():
        if arrays[name].dtype != dtype or arrays[name].shape != arrays["mean"].shape:
            raise ValueError(f"{name}: expected {dtype} {arrays['mean'].shape}")
    photos, paths = int(attributes["photos"]), tuple(map(str, attributes.get("paths", ())))
    if paths and len(paths) != photos:
        raise ValueError(f"paths: expected {photos}, got {len(paths)}")
    if not np.isin(arrays["best"], range(photos)).all():
        raise ValueError(f"best: expected numbers below {photos}")
    arrays.update(_examples(group, len(arrays["mean"]), photos))
    return ActivationStatistics(
        photos=photos,
        source=str(attributes["source"]),
        digest=str(attributes["digest"]),
        paths=paths,
        side=int(attributes.get("side", 0)),
        **arrays,
    )


def _examples(group: zarr.Group, channels: int, photos: int) -> dict[str, NDArray[Any]]:
    """The arrays of the examples; of none where statistics were kept without."""
    if "example_photo" not in group:
        return {
            name: np.zeros((channels, 0, *each), dtype)
            for name, (dtype, each) in EXAMPLE_ARRAYS.items()
        }
    found = {name: np.asarray(array(group, name)[:]) for name in EXAMPLE_ARRAYS}
    kept = found["example_photo"].shape[1:]
    for name, (dtype, each) in EXAMPLE_ARRAYS.items():
        if found[name].dtype != dtype or found[name].shape != (channels, *kept, *each):
            raise ValueError(f"{name}: expected {dtype} {(channels, *kept, *each)}")
    if not np.isin(found["example_photo"], range(-1, photos)).all():
        raise ValueError(f"example_photo: expected numbers below {photos}")
    return found


def read_covariance(layer: zarr.Group) -> NDArray[np.float32] | None:
    """The covariance of a layer's channels, (C, C) float32; None if there is none."""
    group = natural_group(layer)
    if group is None or "covariance" not in group:
        return None
    return np.asarray(array(group, "covariance")[:])


def read_photo_values(layer: zarr.Group) -> PhotoValues | None:
    """What each photo excites in a layer; None where no photos were named, or by another version.

    Raises `KeyError`, `TypeError` or `ValueError` for a group that is damaged.
    """
    group = natural_group(layer)
    if group is None or "photo_value" not in group:
        return None
    value, place = array(group, "photo_value"), array(group, "photo_place")
    if value.shape != (group.attrs["photos"], array(group, "mean").shape[0]):
        raise ValueError(f"photo_value: expected a row a photo, got {value.shape}")
    if value.dtype != np.float16 or place.dtype != np.uint16 or place.shape != value.shape:
        raise ValueError("photo_place: expected uint16 of the shape of photo_value, float16")
    rows, columns = map(int, np.asarray(value.attrs["cells"]))
    return PhotoValues(np.asarray(value[:]), np.asarray(place[:]), (rows, columns))


def normalised(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Values of P photos, (P, C), with the mean 0 and the length 1 of each column.

    What never changes is all 0. The product of two columns is Pearson's correlation of what they
    were.
    """
    above = np.nan_to_num(values.astype(np.float64))
    above -= above.mean(axis=0)
    length = np.sqrt((above**2).sum(axis=0))
    return (above / np.where(length > 1e-9, length, np.inf)).astype(np.float32)


def photos_name(digest: str) -> str:
    """What the array of the photos of that digest is called, which no model can be."""
    return f"{PHOTOS}{digest[:DIGITS]}"


def read_photo_pictures(atlas: zarr.Group) -> dict[str, zarr.Array[Any]]:
    """The photos that an atlas keeps, (N, 192, 192, 3) uint8 sRGB, by their digits."""
    return {
        name.removeprefix(PHOTOS): found
        for name, found in atlas.arrays()
        if name.startswith(PHOTOS) and found.attrs.get("whole")
    }
