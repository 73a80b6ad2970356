"""Where kernels are read from: the window of a unit, and places whose windows lie apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Place = tuple[int, int]

WIDEST = 15
"""Cells a side of the largest window; what lies beyond is left out."""

FAR = 1 << 30
"""More rows than any map has."""

_MOST_OF = 0.99
"""Of the squared gradient, what a window has to hold where the graph does not tell its side."""


@dataclass(frozen=True)
class Window:
    """The cells that a unit sees of a map (h, w): `offset` from `stride` times its own place.

    All of rows and columns. sides: how many it sees. is_local: whether it sees no others.
    """

    offset: Place
    sides: Place
    stride: Place
    is_local: bool

    @property
    def apart(self) -> Place:
        """How many rows, or else columns, lie between two units that share no cell."""
        rows, columns = (
            -(-side // step) for side, step in zip(self.sides, self.stride, strict=True)
        )
        return (rows, columns) if self.is_local else (FAR, FAR)

    def of(self, values: NDArray[np.float32], place: Place) -> NDArray[np.float32]:
        """What the unit at `place` sees of (h, w, I): (rows, columns, I), 0 beyond the map."""
        rows, columns = (
            range(step * each + offset, step * each + offset + side)
            for step, each, offset, side in zip(
                self.stride, place, self.offset, self.sides, strict=True
            )
        )
        found = np.zeros((*self.sides, values.shape[-1]), np.float32)
        top, left = max(-rows.start, 0), max(-columns.start, 0)
        inside = values[max(rows.start, 0) : rows.stop, max(columns.start, 0) : columns.stop]
        found[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
        return found

    def inside(self, sides: Place, places: Place) -> tuple[list[int], list[int]]:
        """The rows and columns of units, of `places`, that see nothing beyond a map of `sides`.

        The middle one where there are none, and where there are more places than cells.
        """
        rows, columns = (
            [n for n in range(count) if count <= side and 0 <= step * n + offset <= side - seen]
            or [count // 2]
            for count, side, step, offset, seen in zip(
                places, sides, self.stride, self.offset, self.sides, strict=True
            )
        )
        return rows, columns


def find_window(
    energy: NDArray[np.float64], place: Place, stride: Place, side: int | None, most: int = WIDEST
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
        int(first) - most - step * each
        for first, step, each in zip(corner, stride, place, strict=True)
    )
    is_local = bool(whole - seen.max() <= 1e-9 * whole)
    return Window((row, column), (tried, tried), stride, is_local)


def dealt(
    channels: Sequence[int],
    rows: Sequence[int],
    columns: Sequence[int],
    apart: Place,
    random: np.random.Generator,
) -> Iterator[list[tuple[Place, int]]]:
    """Every channel once, at a place drawn of these rows and columns: rounds of places apart."""
    left = [int(each) for each in random.permutation(channels)]
    while left:
        first = [
            int(random.integers(min(step, len(each))))
            for step, each in zip(apart, (rows, columns), strict=True)
        ]
        across = columns[first[1] :: apart[1]]
        places = [(row, column) for row in rows[first[0] :: apart[0]] for column in across]
        random.shuffle(places)
        taken, left = left[: len(places)], left[len(places) :]
        yield list(zip(places, taken, strict=False))


def in_rounds(asked: Sequence[tuple[Place, int]], apart: Place) -> list[list[tuple[Place, int]]]:
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


def _are_apart(one: Place, other: Place, apart: Place) -> bool:
    return any(abs(a - b) >= step for a, b, step in zip(one, other, apart, strict=True))
