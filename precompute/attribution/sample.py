"""Which photos of a study are explained."""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError


def photo_count(setting: str, value: str, least: int = 1) -> int | None:
    """The count of photos that a setting asks for, None for all; a `UserError` if it is neither."""
    if value == "all":
        return None
    if not value.isdecimal() or int(value) < least:
        raise UserError(
            f'attribution: {setting}: expected "all" or a count, {least} or more, got {value!r}; '
            "mend the value"
        )
    return int(value)


def choose_photos(
    label: NDArray[np.int32], fold: NDArray[np.int32], photos: str, seed: int
) -> NDArray[np.int32]:
    """The photos that are explained, by index, ascending: held-out ones only.

    Photos that only train have no head that did not see them. A count is dealt out over the
    classes, as even as can be; which photos, the seed says.
    """
    held_out = np.flatnonzero(fold >= 0)
    count = photo_count("photos", photos)
    if count is None or count >= len(held_out):
        return held_out.astype(np.int32)
    shuffled = np.random.default_rng([seed, len(fold)]).permutation(held_out)
    return np.sort(dealt(shuffled, label)[:count]).astype(np.int32)


def dealt(rows: NDArray[np.int64], label: NDArray[np.integer]) -> NDArray[np.int64]:
    """The rows class by class in turn: the first of each class, then the second of each."""
    turn = np.zeros(len(rows), np.int64)
    for k in np.unique(label[rows]):
        inside = label[rows] == k
        turn[inside] = np.arange(inside.sum())
    return rows[np.argsort(turn, kind="stable")]
