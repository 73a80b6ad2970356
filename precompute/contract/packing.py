"""Numbers that are kept short: a share of the largest, as half floats or in 127 steps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = 127
"""Steps from zero to the largest, up and down."""


def pack(
    values: NDArray[np.floating], keep: int
) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    """Values as shares, -1..1, of the largest absolute value over all but the first `keep` axes."""
    peak = _peak(values, keep)
    return (values / _divisor(peak, values.ndim)).astype(np.float16), peak


def pack_steps(
    values: NDArray[np.floating], keep: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """As `pack`, in `STEPS` steps: for what is shown as a colour."""
    peak = _peak(values, keep)
    return np.rint(values / _divisor(peak, values.ndim) * STEPS).astype(np.int8), peak


def unpack(shares: NDArray[Any], peak: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values that `pack` or `pack_steps` made the shares of, float32."""
    scale: NDArray[Any] = peak / STEPS if shares.dtype == np.int8 else peak
    spread = scale.reshape(scale.shape + (1,) * (shares.ndim - scale.ndim))
    values: NDArray[np.float32] = shares.astype(np.float32) * spread.astype(np.float32)
    return values


def _peak(values: NDArray[np.floating], keep: int) -> NDArray[np.float32]:
    axes = tuple(range(keep, values.ndim))
    peak: NDArray[np.float32] = np.abs(values).max(axis=axes, initial=0).astype(np.float32)
    return peak


def _divisor(peak: NDArray[np.float32], axes: int) -> NDArray[np.float32]:
    divisor = peak.reshape(peak.shape + (1,) * (axes - peak.ndim)).copy()
    divisor[divisor == 0] = 1
    return divisor
