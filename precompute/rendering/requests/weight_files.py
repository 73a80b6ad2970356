"""Files of numpy that a request names: the weights of a head, and directions in a layer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer


def read_head(
    path: Path, layer: Layer
) -> tuple[NDArray[np.float32], NDArray[np.float32], Sequence[str] | None]:
    """Weights (C, K), bias (K,) and the names of a head's classes, from a `.npz` file.

    Raises `UserError` for a file without them, or whose weights are not for the layer, or finite.
    """
    expected = f"weights ({layer.channels}, K), bias (K,) and, if wanted, names (K,)"
    try:
        with _opened(path) as file:
            weights, bias = _numbers(file["weights"]), _numbers(file["bias"])
            names = file.get("names")
    except Exception as error:  # numpy raises what it meets
        raise UserError(
            f"{path}: expected a .npz file with {expected}, got {error}; write it with numpy.savez"
        ) from error
    fits = weights.ndim == 2 and weights.shape[0] == layer.channels and weights.shape[1] > 1
    if (
        not fits
        or bias.shape != weights.shape[1:]
        or (names is not None and names.shape != bias.shape)
    ):
        named = "" if names is None else f" and {names.shape}"
        raise UserError(
            f"{path}: expected {expected} of two classes or more for {layer.name}, got "
            f"{weights.shape}, {bias.shape}{named}; a head fits one layer alone"
        )
    if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
        raise UserError(
            f"{path}: expected finite weights and bias, got some that are NaN or endless; train "
            "the head anew"
        )
    return weights, bias, None if names is None else [str(name) for name in names]


def read_directions(path: Path, layer: Layer) -> NDArray[np.float32]:
    """Directions (N, C), N at least 1, from a `.npy` file of (C,) or (N, C).

    Raises `UserError` for a file of anything else, or with a row that is not finite or all zero.
    """
    expected = f"({layer.channels},) or (N, {layer.channels}) finite weights, not all zero in a row"
    try:
        given = _numbers(np.load(path, allow_pickle=False))
    except Exception as error:  # numpy raises what it meets
        raise UserError(
            f"{path}: expected a .npy file of {expected}, got {error}; write it with numpy.save"
        ) from error
    found = np.atleast_2d(given)
    if found.ndim != 2 or found.shape[1] != layer.channels or not len(found):
        raise UserError(
            f"{path}: expected {expected}, got an array {given.shape}; write others with numpy.save"
        )
    lengths = np.linalg.norm(found, axis=1)
    wrong = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))
    if len(wrong):
        raise UserError(
            f"{path}: expected {expected}, got a length of {lengths[wrong[0]]:g} in row "
            f"{wrong[0]}; mend or leave it out"
        )
    return found


def _opened(path: Path) -> Any:
    file = np.load(path, allow_pickle=False)
    if isinstance(file, np.ndarray):
        raise TypeError(f"one array {file.shape}, as a .npy file holds it")
    return file


def _numbers(value: Any) -> NDArray[np.float32]:
    """An array of numbers as float32; a `TypeError` for anything else."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
        raise TypeError(f"{getattr(value, 'dtype', 'several arrays')} in place of numbers")
    return value.astype(np.float32)
