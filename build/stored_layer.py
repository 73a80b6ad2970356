"""What the store holds of a layer besides its scores, read when it is asked for.

It is held for a while only, so that a site of a million channels needs no more memory than a small
one: of a layer measured on 1,000 photos it is half a megabyte.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

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


@dataclass(frozen=True)
class StoredLayer:
    """A layer's group in the atlas at `address`; reading what is damaged raises `UserError`."""

    address: str
    model: str
    layer: str
    channels: int

    @property
    def group(self) -> zarr.Group:
        """The group itself."""
        return _held(self).group

    @property
    def images(self) -> zarr.Array[Any]:
        """(C, S, S, 3) uint8, sRGB: the pictures; true only where there is one."""
        return _held(self).images

    @property
    def made_on(self) -> tuple[str, ...]:
        """The device and the precision that made each picture; empty where that is not known."""
        return _held(self).made_on

    @property
    def natural(self) -> ActivationStatistics | None:
        """What the channels do on photos; None where that was not measured."""
        return _held(self).natural

    @property
    def evidence(self) -> Evidence | None:
        """What another network made of the pictures; None where none was asked."""
        return _held(self).evidence

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.address}/{self.model}/{self.layer}"

    def values(self, name: str, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
        """An array of the layer as the contract says it is."""
        with reading(f"{self.where}/{name}", "values"):
            return np.asarray(_array(self.where, self.group, name, shape, dtype)[:])


class _Held:
    """What was read of a layer so far."""

    def __init__(self, stored: StoredLayer) -> None:
        self._stored = stored

    @cached_property
    def group(self) -> zarr.Group:
        with reading(self._stored.where, "a group"):
            return subgroup(
                _atlas(self._stored.address), f"{self._stored.model}/{self._stored.layer}"
            )

    @cached_property
    def images(self) -> zarr.Array[Any]:
        where = f"{self._stored.where}/images"
        images = _array(self._stored.where, self.group, "images", None, "uint8")
        side = images.shape[1] if images.ndim == 4 else 0
        expect(where, "shape", (self._stored.channels, side, side, 3), images.shape)
        return images

    @cached_property
    def made_on(self) -> tuple[str, ...]:
        count = self._stored.channels
        if "made_on" not in self.group:
            return ("",) * count
        texts = self._stored.values("made_on", (count, MADE_ON), "uint8")
        return tuple(row.tobytes().rstrip(b"\0").decode(errors="ignore") for row in texts)

    @cached_property
    def natural(self) -> ActivationStatistics | None:
        where = f"{self._stored.where}/{NATURAL}"
        with reading(where, "natural statistics"):
            natural = read_natural(self.group)
        if natural is not None:
            expect(f"{where}/mean", "shape", (self._stored.channels,), natural.mean.shape)
        return natural

    @cached_property
    def evidence(self) -> Evidence | None:
        where = f"{self._stored.where}/{EVIDENCE}"
        with reading(where, "evidence"):
            evidence = read_evidence(self.group)
        if evidence is not None:
            expect(f"{where}/picture", "shape", (self._stored.channels,), evidence.picture.shape)
        return evidence


_held = lru_cache(maxsize=HELD)(_Held)
_atlas = lru_cache(maxsize=1)(open_atlas)


def forget_layers() -> None:
    """Read anew whatever is asked for from now on."""
    _held.cache_clear()
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


def _array(
    where: str, group: zarr.Group, name: str, shape: tuple[int, ...] | None, dtype: str
) -> zarr.Array[Any]:
    found = group.get(name)
    if not isinstance(found, zarr.Array):
        raise damaged(f"{where}/{name}", "an array", f"{found!r}")
    expect(f"{where}/{name}", "dtype", dtype, str(found.dtype))
    if shape is not None:
        expect(f"{where}/{name}", "shape", shape, found.shape)
    return found
