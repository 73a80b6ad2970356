"""Which photos of a study are explained."""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError


def photo_count(photos: str) -> int | None:
    """The count that the setting asks for, None for all; a `UserError` if it is neither."""
    if photos == "all":
        return None
    if not photos.isdecimal() or not int(photos):
        raise UserError(
            f'attribution: photos: expected "all" or a count, 1 or more, got {photos!r}; '
            "mend the value"
        )
    return int(photos)


def choose_photos(
    label: NDArray[np.int32], fold: NDArray[np.int32], photos: str, seed: int
) -> NDArray[np.int32]:
    """The photos that are explained, by index, ascending: held-out ones only.

    Photos that only train have no head that did not see them. A count is dealt out over the
    classes, as even as can be; which photos, the seed says.
    """
    held_out = np.flatnonzero(fold >= 0)
    count = photo_count(photos)
    if count is None or count >= len(held_out):
        return held_out.astype(np.int32)
    shuffled = np.random.default_rng([seed, len(fold)]).permutation(held_out)
    turn = np.zeros(len(shuffled), np.int64)
    for k in np.unique(label[shuffled]):
        inside = label[shuffled] == k
        turn[inside] = np.arange(inside.sum())
    order = np.lexsort((np.arange(len(shuffled)), turn))
    return np.sort(shuffled[order[:count]]).astype(np.int32)
