"""Numbers of the JSON beside a photo's page: bytes as text, a third as long as figures."""

from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = 32767
"""Steps from zero to the largest, up and down; `web/static/js/data/unpacking.js` reads them."""
FINE = 127
"""The same, for what is shown as a colour or a bar."""
BYTE = 256
"""Indices of as many things are bytes."""


def pack(values: NDArray[np.floating[Any]]) -> dict[str, Any]:
    """`peak`, the largest absolute value, and `steps`: shares of it as int16, base64."""
    peak = float(np.abs(values).max(initial=0))
    steps = np.rint(values / (peak or 1) * STEPS).astype("<i2")
    return {"peak": short(peak), "steps": _text(steps)}


def pack_fine(values: NDArray[np.floating[Any]]) -> dict[str, Any]:
    """As `pack`, with one `peak` for each row of (M, ...) and steps as int8."""
    flat = values.reshape(len(values), int(np.prod(values.shape[1:])))
    peak = np.abs(flat).max(axis=1, initial=0)
    steps = np.rint(flat / np.where(peak > 0, peak, 1)[:, None] * FINE).astype("i1")
    return {"peak": [short(float(each)) for each in peak], "steps": _text(steps)}


def pack_indices(values: NDArray[np.integer[Any]], count: int) -> str:
    """Indices of `count` things, at most 65 536: uint8 where that will do, else uint16; base64."""
    return _text(values.astype("u1" if count <= BYTE else "<u2"))


def short(value: float) -> float:
    """A number with as many figures as one can see."""
    return float(f"{value:.6g}")


def _text(values: NDArray[Any]) -> str:
    return b64encode(np.ascontiguousarray(values).tobytes()).decode()
