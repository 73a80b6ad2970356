"""The activation vectors that were drawn of a layer, as they lie in the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.photo_tasks import AskedCut
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.shards import RowIndex, read_rows


@dataclass(frozen=True, eq=False)
class DrawnLayer:
    """P vectors of each of n photos, one photo after the other: V in all.

    vector (V, C) float32, place (V, 2) int32 and attribution (V, S) float32, to `classes` (V, S)
    int32: see `Sample`; photo (V,) int32: index in the study; parts: P; sides: height and width of
    the layer, in places.
    """

    layer: Layer
    vector: NDArray[np.float32]
    place: NDArray[np.int32]
    classes: NDArray[np.int32]
    attribution: NDArray[np.float32]
    photo: NDArray[np.int32]
    parts: int
    sides: tuple[int, int]

    def repeated(self, parts: int) -> NDArray[np.float32]:
        """The vectors, as many as there are where photos have `parts` parts: those of its place."""
        apart = self.vector.reshape(-1, self.parts, self.vector.shape[1])
        return apart[:, self._belongs(parts)].reshape(-1, self.vector.shape[1])

    def first_of(self, parts: int) -> NDArray[np.intp]:
        """For each vector the first that repeats it, by index, where photos have `parts` parts."""
        first = np.array([np.argmax(self._belongs(parts) == part) for part in range(self.parts)])
        photos = np.arange(len(self.photo) // self.parts)
        found: NDArray[np.intp] = (photos[:, None] * parts + first).ravel()
        return found

    def _belongs(self, parts: int) -> NDArray[np.intp]:
        """For each of `parts` parts, row by row, the one of this layer's in which it lies."""
        finer, side = int(parts**0.5), int(self.parts**0.5)
        at: NDArray[np.intp] = np.arange(finer) * side // finer
        return (at[:, None] * side + at).ravel()


def read_drawn(
    study: zarr.Group, asked: AskedCut, rows: Sequence[RowIndex], layer: Layer
) -> DrawnLayer:
    """What was drawn of a layer; `rows`: where that of each photo lies."""

    def read(name: str) -> NDArray[Any]:
        return read_rows(study, asked.namespace, rows, name)

    vector, place, attribution, sides = (
        read(f"{layer.name}-{name}") for name in ("vector", "place", "attribution", "sides")
    )
    parts = vector.shape[1]
    classes = read("classes")[:, : attribution.shape[2]]
    height, width = sides[0].tolist()
    return DrawnLayer(
        layer=layer,
        vector=vector.reshape(-1, vector.shape[2]),
        place=place.reshape(-1, 2),
        classes=classes.repeat(parts, axis=0),
        attribution=attribution.reshape(-1, attribution.shape[2]),
        photo=asked.chosen.repeat(parts),
        parts=parts,
        sides=(height, width),
    )
