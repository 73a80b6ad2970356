"""Thumbnails at the points of a grid that is laid over a part of them."""

import numpy as np
from numpy.typing import NDArray

COARSE, FINE = 16, 32
"""Points a side at which photos are registered first, and at which they are compared.

Of a copy, resized and compressed, the finest half of the thumbnail's pixels is worth nothing.
"""

WHOLE = np.zeros((1, 4), np.float32)
"""The margins of a grid over the whole of a thumbnail."""

_Array = NDArray[np.float32]


def sample(images: _Array, margins: _Array, grid: int) -> _Array:
    """The images, (M, S, S), at the points of a grid within their margins, (M, G, G)."""
    side = images.shape[1]
    across, down = (_linear(at, side) for at in _points(margins, grid))
    rows: _Array = down @ images
    sampled: _Array = rows @ across.transpose(0, 2, 1)
    return sampled


def inside(margins: _Array, grid: int) -> _Array:
    """(M, G, G) float32: 1 where a point lies in the thumbnail, else 0."""
    x, y = (((at > 0) & (at < 1)).astype(np.float32) for at in _points(margins, grid))
    lies: _Array = y[:, :, None] * x[:, None]
    return lies


def differences(sampled: _Array, lies: _Array) -> _Array:
    """(M, 2 G (G - 1)): of neighbours in (M, G, G), down, then across; 0 where `lies` is."""
    down = np.diff(sampled, axis=1) * lies[:, 1:]
    across = np.diff(sampled, axis=2) * lies[..., 1:]
    size = across.shape[1] * across.shape[2]
    return np.concatenate([each.reshape(len(sampled), size) for each in (down, across)], axis=1)


def shrink(images: _Array, side: int) -> _Array:
    """The images at `side` pixels a side, blurred by a Gaussian as wide as two of them."""
    old, new = (np.arange(count) + 0.5 for count in (images.shape[1], side))
    distance = new[:, None] - old * (side / images.shape[1])
    kernel = np.exp(-0.5 * distance**2)
    kernel = (kernel / kernel.sum(1, keepdims=True)).astype(np.float32)
    shrunk: _Array = kernel @ images @ kernel.T
    return shrunk


def shares(grid: int) -> _Array:
    """(G,): where the points of a grid lie between two of its edges, 0..1."""
    return (np.arange(grid, dtype=np.float32) + np.float32(0.5)) / np.float32(grid)


def _points(margins: _Array, grid: int) -> tuple[_Array, _Array]:
    """Where the points of the grid lie in the thumbnail, (M, G) in shares of a side: x and y."""
    share = shares(grid)
    left, right, top, bottom = margins.T[:, :, None]
    return left + (1 - left - right) * share, top + (1 - top - bottom) * share


def _linear(at: _Array, side: int) -> _Array:
    """(M, G, S): the weights of `side` pixels in a linear interpolation at (M, G) shares."""
    pixel = np.clip(at * side - np.float32(0.5), 0, side - 1)[:, :, None]
    weights: _Array = 1 - np.abs(pixel - np.arange(side, dtype=np.float32))
    return np.maximum(weights, np.float32(0))
