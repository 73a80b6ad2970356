"""Numbers that are kept short: as shares of the largest, in half floats or in 127 steps."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

STEPS = 127
"""Steps from zero to the largest, up and down."""

How = Literal["halves", "steps", "roots"]
"""Half floats; even steps, for what is shown as a colour; steps of the square root, for values of
which the small ones count as well: at a hundredth of the largest they are good to a twelfth."""


def pack(
    values: NDArray[np.floating], keep: int, how: How
) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Values as shares of the largest absolute value over all but the first `keep` axes."""
    axes = tuple(range(keep, values.ndim))
    peak = np.abs(values).max(axis=axes, initial=0).astype(np.float32)
    divisor = _beside(np.where(peak > 0, peak, 1), values.ndim)
    shares = values / divisor
    if how == "halves":
        return shares.astype(np.float16), peak
    if how == "roots":
        shares = np.sign(shares) * np.sqrt(np.abs(shares))
    return np.rint(shares * STEPS).astype(np.int8), peak


def unpack(packed: NDArray[Any], peak: NDArray[np.float32], how: How) -> NDArray[np.float32]:
    """The values that `pack` made the shares of, float32."""
    shares = packed.astype(np.float32)
    if how != "halves":
        shares /= STEPS
    if how == "roots":
        shares *= np.abs(shares)
    shares *= _beside(peak, shares.ndim)
    return shares


def _beside(peak: NDArray[Any], axes: int) -> NDArray[Any]:
    return peak.reshape(peak.shape + (1,) * (axes - peak.ndim))
