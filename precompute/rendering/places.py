"""Where in a view a unit is read."""

from typing import Any

from diamond_cutter.precompute.runtime import keras

ops = keras.ops


def cells(place: Any, rows: Any, columns: Any, height: int, width: int) -> Any:
    """The weight of each cell of a map of the view, (B, height, width), sum 1 or, unseen, 0.

    Args:
        place: (B, 2) float32, (down, across) in 0..1 of the picture; -1: all cells alike.
        rows, columns: (B, V) float32, where the view's pixels lie on the picture.
    """
    down = _weights(place[:, 0], rows, height)
    across = _weights(place[:, 1], columns, width)
    return down[:, :, None] * across[:, None, :]


def _weights(place: Any, positions: Any, count: int) -> Any:
    """Linear between the two cells nearest to the place, (B, count)."""
    first, last = positions[:, :1], positions[:, -1:]
    side = positions.shape[1]
    # Pixel centres lie at (i + .5) / side of the view, and so do cell centres with count.
    share = ((place[:, None] - first) / (last - first) * (side - 1) + 0.5) / side
    centre = ops.clip(share * count - 0.5, -1, count)
    near = ops.relu(1 - ops.abs(centre - ops.arange(count, dtype="float32")[None, :]))
    return ops.where(place[:, None] < 0, 1 / count, near)
