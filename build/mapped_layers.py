"""The activation atlas of a study, or of networks by themselves, as the site reads it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import zarr

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import ActivationMap
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_store import (
    map_group,
    read_maps,
)
from diamond_cutter.precompute.stores.store_address import DAMAGE

LIST = "map/"
"""The folder of the list of maps, below its study's."""


@dataclass(frozen=True, eq=False)
class MappedLayers:
    """The maps of layers: those that have a grid, in depth order, and the slot that holds them."""

    slot: zarr.Group
    maps: tuple[ActivationMap, ...]

    @property
    def list_path(self) -> str:
        """Where the list of maps lies below the study's folder; empty without maps."""
        return LIST if self.maps else ""

    @property
    def first(self) -> ActivationMap | None:
        """The map that is shown first: of the cut, or else of the deepest layer; None: no maps."""
        at_cut = (each for each in self.maps if each.layer == each.cut)
        return next(at_cut, self.maps[-1] if self.maps else None)

    @property
    def first_path(self) -> str:
        """The folder of the map that is shown first; empty without maps."""
        return "" if self.first is None else map_folder(self.first)


def map_folder(found: ActivationMap) -> str:
    """The folder of a map's page, below its study's, with a slash at the end."""
    return f"{LIST}{found.model}/{found.layer}/"


def read_mapped(slot: zarr.Group, where: str) -> MappedLayers:
    """The maps in a slot; a `UserError` if they are not what the contract says."""
    try:
        maps = read_maps(slot)
    except DAMAGE as error:
        raise UserError(
            f"{where}: expected the attributes of its activation atlas, got {error!r}; make it "
            "anew with `diamond study`"
        ) from error
    return MappedLayers(slot, tuple(each for each in maps if each.grids))


def map_contents(mapped: MappedLayers) -> Iterator[tuple[str, bytes]]:
    """All that maps are made of, by name, to be told from what was before."""
    for each in mapped.maps:
        yield "map", repr(each).encode()
        for name, member in sorted(map_group(mapped.slot, each).members(max_depth=None)):
            if isinstance(member, zarr.Array):
                yield f"{name} {member.shape}", np.asarray(member[:]).tobytes()
