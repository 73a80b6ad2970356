"""How alike channels are: the correlation of what the same photos excite, and what chance gives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST = 100
"""Photos that likeness is told by, at least."""

STRONGEST = 4
"""Of each channel, the most alike that are kept."""

DRAWS = 1000
"""Channels whose photos are shuffled to tell what chance gives, at least."""

_SHUFFLES = 8
_SEED = 0


@dataclass(frozen=True, eq=False)
class Likeness:
    """C channels beside D others, over the same photos; K is `STRONGEST`, or all there are.

    channel: (C, K) int64: those of the others that are most alike, the most alike first.
    r: (C, K) float32: their correlation, -1..1.
    back, back_r: (D,): of each of the others the most alike of the C, and its correlation.
    chance: the highest r of `DRAWS` channels with the most alike of the others, the photos of which
        are shuffled; what is not above it is no likeness.
    """

    channel: NDArray[np.int64]
    r: NDArray[np.float32]
    back: NDArray[np.int64]
    back_r: NDArray[np.float32]
    chance: float

    @property
    def is_mutual(self) -> NDArray[np.bool_]:
        """(C,) bool: whether a channel and its most alike are that to each other, above chance."""
        mutual: NDArray[np.bool_] = self.back[self.channel[:, 0]] == np.arange(len(self.channel))
        return mutual & (self.r[:, 0] > self.chance)


def find_likeness(
    ours: NDArray[np.float32], theirs: NDArray[np.float32], *, is_itself: bool = False
) -> Likeness:
    """The most alike of `theirs`, (P, D), for each of `ours`, (P, C); both normalised.

    is_itself: both are one layer, in which no channel is its own likeness.
    """
    r = ours.T @ theirs
    if is_itself:
        np.fill_diagonal(r, -1)
    kept = min(STRONGEST, r.shape[1])
    some = np.argpartition(r, -kept, axis=1)[:, -kept:]  # a tenth of the time of sorting all
    order = np.argsort(-np.take_along_axis(r, some, 1), axis=1, kind="stable")
    channel = np.take_along_axis(some, order, 1)
    return Likeness(
        channel=channel,
        r=np.take_along_axis(r, channel, 1),
        back=r.argmax(axis=0),
        back_r=r.max(axis=0),
        chance=chance(ours, theirs),
    )


def chance(ours: NDArray[np.float32], theirs: NDArray[np.float32], seed: int = _SEED) -> float:
    """The `chance` of a `Likeness`, by shuffles of a seed; channels are drawn evenly over all."""
    generator = np.random.default_rng(seed)
    shuffles = max(_SHUFFLES, -(-DRAWS // ours.shape[1]))
    count = -(-DRAWS // shuffles)
    highest = 0.0
    for _ in range(shuffles):
        drawn = generator.choice(ours.shape[1], count, replace=False)
        shuffled = ours[generator.permutation(len(ours))][:, drawn]
        highest = max(highest, float((shuffled.T @ theirs).max()))
    return highest
