"""What the store holds of a layer besides its scores, read when it is asked for.

It is held for a while only, so that a site of a million channels needs no more memory than a small
one: of a layer measured on 1,000 photos it is half a megabyte.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.activation_statistics import NAME as NATURAL
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    ActivationStatistics,
    read_natural,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import MADE_ON, open_atlas
from diamond_cutter.precompute.stores.atlas.evidence_layout import NAME as EVIDENCE
from diamond_cutter.precompute.stores.atlas.evidence_layout import Evidence, read_evidence
from diamond_cutter.precompute.stores.store_address import DAMAGE, subgroup

HELD = 64
"""Layers that are held at a time."""


class LayerPlace(NamedTuple):
    """Where a layer with so many channels lies: in the atlas at `address`, below its model."""

    address: str
    model: str
    layer: str
    channels: int


class StoredLayer:
    """A layer's group in an atlas; reading what is damaged raises `UserError`."""

    def __init__(self, place: LayerPlace) -> None:
        """Nothing is read yet."""
        self.where = f"{place.address}/{place.model}/{place.layer}"
        self._place = place

    @cached_property
    def group(self) -> zarr.Group:
        """The group itself."""
        with reading(self.where, "a group"):
            return subgroup(_atlas(self._place.address), f"{self._place.model}/{self._place.layer}")

    @cached_property
    def images(self) -> zarr.Array[Any]:
        """(C, S, S, 3) uint8, sRGB: the pictures; true only where there is one."""
        images = self._array("images", "uint8")
        side = images.shape[1] if images.ndim == 4 else 0
        self._expect_shape("images", (self._place.channels, side, side, 3), images.shape)
        return images

    @cached_property
    def made_on(self) -> tuple[str, ...]:
        """The device and the precision that made each picture; empty where that is not known."""
        if "made_on" not in self.group:
            return ("",) * self._place.channels
        texts = self.values("made_on", "uint8", MADE_ON)
        return tuple(row.tobytes().rstrip(b"\0").decode(errors="ignore") for row in texts)

    @cached_property
    def natural(self) -> ActivationStatistics | None:
        """What the channels do on photos; None where that was not measured."""
        with reading(f"{self.where}/{NATURAL}", "natural statistics"):
            natural = read_natural(self.group)
        if natural is not None:
            self._expect_shape(f"{NATURAL}/mean", (self._place.channels,), natural.mean.shape)
        return natural

    @cached_property
    def evidence(self) -> Evidence | None:
        """What another network made of the pictures; None where none was asked."""
        with reading(f"{self.where}/{EVIDENCE}", "evidence"):
            evidence = read_evidence(self.group)
        if evidence is not None:
            shape = evidence.picture.shape
            self._expect_shape(f"{EVIDENCE}/picture", (self._place.channels,), shape)
        return evidence

    def values(self, name: str, dtype: str, *each: int) -> NDArray[Any]:
        """An array, (C, *each), of a value for each channel."""
        with reading(f"{self.where}/{name}", "values"):
            found = self._array(name, dtype)
            self._expect_shape(name, (self._place.channels, *each), found.shape)
            return np.asarray(found[:])

    def _array(self, name: str, dtype: str) -> zarr.Array[Any]:
        found = self.group.get(name)
        if not isinstance(found, zarr.Array):
            raise damaged(f"{self.where}/{name}", "an array", f"{found!r}")
        expect(f"{self.where}/{name}", "dtype", dtype, str(found.dtype))
        return found

    def _expect_shape(self, name: str, expected: tuple[int, ...], got: tuple[int, ...]) -> None:
        expect(f"{self.where}/{name}", "shape", expected, got)


stored_layer = lru_cache(maxsize=HELD)(StoredLayer)
"""What the store holds of the layer at a place."""
_atlas = lru_cache(maxsize=1)(open_atlas)


def forget_layers() -> None:
    """Read anew whatever is asked for from now on."""
    stored_layer.cache_clear()
    _atlas.cache_clear()


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


def expect(where: str, what: str, expected: object, got: object) -> None:
    """A `UserError` where what is there is not what the contract says."""
    if expected != got:
        raise damaged(where, f"{what} {expected}", f"{got}")
