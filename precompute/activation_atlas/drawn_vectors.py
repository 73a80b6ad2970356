"""The activation vectors that were drawn of a layer: they stay in the store, and are read in parts.

So many photos need no more memory than few: of each vector only its photo and place are held.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.photo_tasks import AskedCut
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.shards import RowIndex, read_rows

PHOTOS = 256
"""Photos whose vectors are read at a time."""


class Run(NamedTuple):
    """Vectors that follow each other: vector (m, C), classes (m, S), attribution (m, S)."""

    vector: NDArray[np.float32]
    classes: NDArray[np.int32]
    attribution: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class StoredVectors:
    """The vectors of a layer in the store; `rows`: where those of each of n photos are."""

    study: zarr.Group
    namespace: str
    layer: str
    rows: Sequence[RowIndex]

    def vectors(self) -> Iterator[NDArray[np.float32]]:
        """The vectors (m, P, C) of some photos at a time, in their order."""
        for rows in self._parts():
            yield self._read(rows, "vector")

    def given(self) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]]:
        """As `vectors`, with the classes asked (m, S), and what is given to each (m, P, S)."""
        for rows in self._parts():
            attribution = self._read(rows, "attribution")
            classes = read_rows(self.study, self.namespace, rows, "classes")
            yield self._read(rows, "vector"), classes[:, : attribution.shape[2]], attribution

    def some(self, photo: NDArray[np.intp], part: NDArray[np.intp]) -> NDArray[np.float32]:
        """The vectors (m, C) of parts (m,) of photos (m,), which ascend."""
        photos, inside = np.unique(photo, return_inverse=True)
        chosen = StoredVectors(
            self.study, self.namespace, self.layer, [self.rows[each] for each in photos]
        )
        found, first = [], 0
        for read in chosen.vectors():
            here = (inside >= first) & (inside < first + len(read))
            found.append(read[inside[here] - first, part[here]])
            first += len(read)
        return np.concatenate(found)

    def whole(self, name: str) -> NDArray[Any]:
        """Something small of all photos, (n, ...)."""
        return self._read(self.rows, name)

    def _parts(self) -> Iterator[Sequence[RowIndex]]:
        for start in range(0, len(self.rows), PHOTOS):
            yield self.rows[start : start + PHOTOS]

    def _read(self, rows: Sequence[RowIndex], name: str) -> NDArray[Any]:
        return read_rows(self.study, self.namespace, rows, f"{self.layer}-{name}")


@dataclass(frozen=True, eq=False)
class DrawnLayer:
    """P vectors of each of n photos, one photo after the other: V in all, which are `stored`.

    photo (V,) int32: index in the study; place (V, 2) int32: row and column; parts: P; sides:
    height and width of the layer, in places.
    """

    layer: Layer
    stored: StoredVectors
    photo: NDArray[np.int32]
    place: NDArray[np.int32]
    parts: int
    sides: tuple[int, int]

    def runs(self) -> Iterator[Run]:
        """All vectors in their order, some at a time, and what they give."""
        for vector, classes, attribution in self.stored.given():
            yield Run(
                vector.reshape(-1, vector.shape[2]),
                classes.repeat(self.parts, axis=0),
                attribution.reshape(-1, attribution.shape[2]),
            )

    def at(self, places: NDArray[np.intp], parts: int) -> NDArray[np.float32]:
        """The vectors (m, C) at places, of all that there are where photos have `parts` parts."""
        photo, part = np.divmod(places, parts)
        return self.stored.some(photo, self._belongs(parts)[part])

    def repeated(self, vectors: NDArray[np.float32], parts: int) -> NDArray[np.float32]:
        """Those (m, P, C) of some photos, as many as there are where these have `parts` parts."""
        return vectors[:, self._belongs(parts)].reshape(-1, vectors.shape[2])

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
    stored = StoredVectors(study, asked.namespace, layer.name, rows)
    place = stored.whole("place")
    parts = place.shape[1]
    height, width = stored.whole("sides")[0].tolist()
    return DrawnLayer(
        layer, stored, asked.chosen.repeat(parts), place.reshape(-1, 2), parts, (height, width)
    )
