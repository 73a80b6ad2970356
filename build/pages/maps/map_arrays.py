"""What a map's page is made of: its vectors and grids, and what is known of the photos."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.mapped_layers import MappedLayers
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    ActivationMap,
    Grid,
)
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_store import (
    map_group,
    read_grid,
)
from diamond_cutter.precompute.stores.store_address import array


@dataclass(frozen=True, eq=False)
class PhotoFacts:
    """What is known of N photos: `label` and `predicted`, (N,), -1 where neither is known.

    `has_page` (N,) bool.
    """

    label: NDArray[np.integer[Any]]
    predicted: NDArray[np.integer[Any]]
    has_page: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MapArrays:
    """A map's V vectors: photo (V,), place (V, 2), position (V, 2); its grids, coarsest first."""

    photo: NDArray[np.int32]
    place: NDArray[np.int32]
    position: NDArray[np.float32]
    grids: tuple[Grid, ...]


def read_arrays(mapped: MappedLayers, found: ActivationMap) -> MapArrays:
    """The vectors and grids of a map."""
    group = map_group(mapped.slot, found)
    photo, place, position = (
        np.asarray(array(group, name)[:]) for name in ("photo", "place", "position")
    )
    grids = tuple(read_grid(mapped.slot, found, side) for side in found.grids)
    return MapArrays(photo, place, position, grids)
