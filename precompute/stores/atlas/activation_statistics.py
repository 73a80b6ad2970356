"""Natural statistics: what a layer does on photos, as the atlas keeps it. Optional, a layer each::

    <atlas>/<model>/<layer>/natural             attributes: photos, how many; source, their name;
                                                            digest, SHA-256 of what they are;
                                                            paths, as the dataset has them, in
                                                            order, none of samples
    <atlas>/<model>/<layer>/natural/mean        (C,) float32: of the pre-activation, raw units
    <atlas>/<model>/<layer>/natural/spread      (C,) float32: its standard deviation
    <atlas>/<model>/<layer>/natural/maximum     (C,) float32: the highest score of one photo
    <atlas>/<model>/<layer>/natural/best        (C,) int32: which of the photos that is, from 0
    <atlas>/<model>/<layer>/natural/covariance  (C, C) float32: of the pre-activation, raw units;
                                                only where C is at most `WIDEST`

Mean, spread and covariance are over all photos and places. Each photo is seen whole, as a square of
the side of the layer's pictures. `maximum` is in the units of the atlas's `score`, which see, of a
photo in the place of the picture, but that it is seen once, as it is. A group without attributes is
not there, whatever it holds.
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


ARRAYS = {"mean": "float32", "spread": "float32", "maximum": "float32", "best": "int32"}
"""The arrays of a `ActivationStatistics` by name, (C,) each, with their dtypes."""


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
    return ActivationStatistics(
        photos=photos,
        source=str(attributes["source"]),
        digest=str(attributes["digest"]),
        paths=paths,
        **arrays,
    )


def read_covariance(layer: zarr.Group) -> NDArray[np.float32] | None:
    """The covariance of a layer's channels, (C, C) float32; None if there is none."""
    group = natural_group(layer)
    if group is None or "covariance" not in group:
        return None
    return np.asarray(array(group, "covariance")[:])
