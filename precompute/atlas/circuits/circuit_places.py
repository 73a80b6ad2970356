"""Where kernels are read from: the window of a unit, and places whose windows lie apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Place = tuple[int, int]

WIDEST = 15
"""Cells a side of the largest window; what lies beyond is left out."""

_MOST_OF = 0.99
"""Of the squared gradient, what a window has to hold where the graph does not tell its side."""


@dataclass(frozen=True)
class Window:
    """The cells that a unit sees of a map (h, w): `offset` from `stride` times its own place.

    sides: rows and columns. is_local: whether it sees no others.
    """

    offset: Place
    sides: Place
    stride: int
    is_local: bool

    @property
    def apart(self) -> int:
        """How far apart two units are, in rows or columns, that share no cell."""
        return -(-max(self.sides) // self.stride) if self.is_local else 1 << 30

    def of(self, values: NDArray[np.float32], place: Place) -> NDArray[np.float32]:
        """What the unit at `place` sees of (h, w, I): (rows, columns, I), 0 beyond the map."""
        rows, columns = (
            range(self.stride * each + offset, self.stride * each + offset + side)
            for each, offset, side in zip(place, self.offset, self.sides, strict=True)
        )
        found = np.zeros((*self.sides, values.shape[-1]), np.float32)
        top, left = max(-rows.start, 0), max(-columns.start, 0)
        inside = values[max(rows.start, 0) : rows.stop, max(columns.start, 0) : columns.stop]
        found[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
        return found

    def inside(self, sides: Place, places: Place) -> tuple[list[int], list[int]]:
        """The rows and columns of units, of `places`, that see nothing beyond a map of `sides`.

        Where there are none: the middle one.
        """
        rows, columns = (
            [each for each in range(count) if 0 <= self.stride * each + offset <= side - seen]
            or [count // 2]
            for count, side, offset, seen in zip(
                places, sides, self.offset, self.sides, strict=True
            )
        )
        return rows, columns


def find_window(
    energy: NDArray[np.float64], place: Place, stride: int, side: int | None, most: int = WIDEST
) -> Window:
    """The window of the unit at `place`, from the squared gradient by every cell, (h, w).

    side: the cells a side that the graph tells; None: as many as hold nearly all of it. most: of
    them, at most.
    """
    whole, most = energy.sum(), min(WIDEST, most, max(energy.shape))
    padded = np.pad(energy, most)
    for tried in [min(side, most)] if side else range(1, most + 1):
        seen = np.lib.stride_tricks.sliding_window_view(padded, (tried, tried)).sum((2, 3))
        if side or seen.max() >= _MOST_OF * whole:
            break
    largest = np.argwhere(seen >= (1 - 1e-9) * seen.max())  # of equals the one in their middle
    corner = largest[np.abs(largest - largest.mean(0)).sum(1).argmin()]
    row, column = (
        int(first) - most - stride * each for first, each in zip(corner, place, strict=True)
    )
    is_local = bool(whole - seen.max() <= 1e-9 * whole)
    return Window((row, column), (tried, tried), stride, is_local)


def dealt(
    channels: Sequence[int],
    rows: Sequence[int],
    columns: Sequence[int],
    apart: int,
    random: np.random.Generator,
) -> Iterator[list[tuple[Place, int]]]:
    """Every channel once, at a place drawn of these rows and columns: rounds of places apart."""
    left = [int(each) for each in random.permutation(channels)]
    while left:
        first = [int(random.integers(min(apart, len(each)))) for each in (rows, columns)]
        across = columns[first[1] :: apart]
        places = [(row, column) for row in rows[first[0] :: apart] for column in across]
        random.shuffle(places)
        taken, left = left[: len(places)], left[len(places) :]
        yield list(zip(places, taken, strict=False))


def in_rounds(asked: Sequence[tuple[Place, int]], apart: int) -> list[list[tuple[Place, int]]]:
    """Channels with their places as rounds, each of places apart: the first that has room."""
    rounds: list[list[tuple[Place, int]]] = []
    for place, channel in asked:
        for each in rounds:
            if all(_are_apart(place, other, apart) for other, _ in each):
                each.append((place, channel))
                break
        else:
            rounds.append([(place, channel)])
    return rounds


def _are_apart(one: Place, other: Place, apart: int) -> bool:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1])) >= apart
