"""Evidence: how well another network matches channels' pictures to photos. Optional, a layer each::

    <atlas>/<model>/<layer>/evidence                   attributes: observer, its name;
                                                       observer_weights, SHA-256; photos, the digest
                                                       of those of the natural statistics; trials,
                                                       of each channel; version
    <atlas>/<model>/<layer>/evidence/picture           (C,) float32: the share of trials in which
                                                       the observer, shown the picture, picks the
                                                       crop that excites the channel; NaN: none
    <atlas>/<model>/<layer>/evidence/picture_interval  (C, 2) float32: of 95 %
    <atlas>/<model>/<layer>/evidence/crops             (C,) float32: shown crops in place of it
    <atlas>/<model>/<layer>/evidence/crops_interval    (C, 2) float32
    <atlas>/<model>/<layer>/evidence/level             (C,) uint8: the `Level` of the picture that
                                                       was shown; 0: none

A picture that has reached another level since is judged anew. A group without attributes is not
there, whatever it holds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.atlas.activation_statistics import natural_group
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import array, subgroup

NAME = "evidence"

VERSION = 1
"""Raised when the same pictures, photos and observer give other shares."""

CHANCE = 0.5
"""The share of trials that guessing gives."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an observer, by name, made of a layer's C channels in so many trials each: see above."""

    observer: str
    trials: int
    picture: NDArray[np.float32]
    picture_interval: NDArray[np.float32]
    crops: NDArray[np.float32]
    crops_interval: NDArray[np.float32]
    level: NDArray[np.uint8]

    @property
    def is_better_than_chance(self) -> NDArray[np.bool_]:
        """(C,) bool: whether all of the picture's interval lies above chance."""
        better: NDArray[np.bool_] = self.picture_interval[:, 0] > CHANCE
        return better


_ARRAYS = {
    "picture": ("float32", ()),
    "picture_interval": ("float32", (2,)),
    "crops": ("float32", ()),
    "crops_interval": ("float32", (2,)),
    "level": ("uint8", ()),
}


def lacks_evidence(layer: zarr.Group, observer: Network, photos: str) -> bool:
    """Whether a layer has none of its pictures as they are, by that observer and photos."""
    group = layer.get(NAME)
    if not isinstance(group, zarr.Group) or not _facts(observer, photos).items() <= (
        group.attrs.asdict().items()
    ):
        return True
    judged, level = (np.asarray(array(each, "level")[:]) for each in (group, layer))
    return bool((judged != level).any())


def write_evidence(layer: zarr.Group, evidence: Evidence, observer: Network, photos: str) -> None:
    """Store the evidence of a layer in place of what it has; the attributes come last."""
    if NAME in layer:
        subgroup(layer, NAME).attrs.put({})
    group = layer.create_group(NAME, overwrite=True)
    for name in _ARRAYS:
        values = getattr(evidence, name)
        group.create_array(name, data=values, chunks=values.shape)
    group.attrs.put({**_facts(observer, photos), "trials": evidence.trials})


def read_evidence(layer: zarr.Group) -> Evidence | None:
    """The evidence of a layer; None if there is none of the photos that it was measured on.

    Raises `KeyError`, `TypeError` or `ValueError` for a group that is damaged.
    """
    group = layer.get(NAME)
    attributes: dict[str, Any] = group.attrs.asdict() if isinstance(group, zarr.Group) else {}
    natural = natural_group(layer)
    photos = None if natural is None else natural.attrs["digest"]
    if not isinstance(group, zarr.Group) or attributes.get("version") != VERSION:
        return None
    if attributes.get("photos", "") != photos:
        return None
    found = {name: np.asarray(array(group, name)[:]) for name in _ARRAYS}
    count = len(found["picture"])
    for name, (dtype, each) in _ARRAYS.items():
        if found[name].dtype != dtype or found[name].shape != (count, *each):
            raise ValueError(f"{name}: expected {dtype} {(count, *each)}")
    return Evidence(str(attributes["observer"]), int(attributes["trials"]), **found)


def _facts(observer: Network, photos: str) -> dict[str, Any]:
    return {
        "observer": observer.name,
        "observer_weights": observer.weights_digest,
        "photos": photos,
        "version": VERSION,
    }
