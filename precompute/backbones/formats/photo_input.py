"""A photo as a backbone takes it: square, of the backbone's size, RGB 0..1.

Pillow's resizing of each channel in float32 gives the same but for 5e-7, in 1.5 times the time, of
photos of 12 megapixels in three times (`benchmarks/decoding.py`).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

STRIP = 16
"""Rows or columns of the result that are made at a time: they need a narrow part of the photo."""


def prepare(image: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    """The whole of an image, stretched to a square: resized bicubically with antialiasing.

    `image` (H, W, 3) uint8, RGB; the result (size, size, 3) float32, 0..1, not rounded. What a
    backbone subtracts and divides by is in its `model`. Nothing is cut off, since what tells a
    photo's class may lie anywhere in it.

    These Keras layers do the same to a float 0..255, but for rounding: `Resizing(size, size,
    "bicubic", antialias=True)`, `ReLU(255)`, as the bicubic kernel overshoots, and
    `Rescaling(1 / 255)`.
    """
    height, width = image.shape[:2]
    weights = resizing_weights(height, size)
    rows = np.empty((size, width * 3), np.float32)
    for target, source in _strips(height, size):
        part = image[source].reshape(-1, width * 3).astype(np.float32)
        np.matmul(weights[target, source], part, out=rows[target])
    weights = resizing_weights(width, size)
    columns = rows.reshape(size, width, 3)
    pixels = np.empty((size, size, 3), np.float32)
    for target, source in _strips(width, size):
        pixels[:, target] = np.matmul(weights[target, source], columns[:, source])
    np.clip(pixels, 0, 255, out=pixels)
    pixels /= 255
    return pixels


@lru_cache(maxsize=16)
def resizing_weights(pixels: int, size: int) -> NDArray[np.float32]:
    """What each of `pixels` in a row gives to each of `size`: (size, pixels) float32, sums 1.

    The kernel is that of Keys 1981 (https://doi.org/10.1109/TASSP.1981.1163711) with a = -1/2, as
    wide as two pixels of the result where they are the larger ones.
    """
    step = pixels / size
    centre = (np.arange(size) + 0.5) * step
    distance = np.abs(np.arange(pixels) + 0.5 - centre[:, None]) / max(step, 1.0)
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    weights = np.where(distance < 1, near, np.where(distance < 2, far, 0))
    weights /= weights.sum(axis=1, keepdims=True)
    kept: NDArray[np.float32] = weights.astype(np.float32)
    kept.flags.writeable = False  # it is given out again
    return kept


@lru_cache(maxsize=16)
def _strips(pixels: int, size: int) -> tuple[tuple[slice, slice], ...]:
    """Parts of the result, and for each the part of the pixels whose weights are not all zero."""
    used = resizing_weights(pixels, size) != 0
    strips = []
    for start in range(0, size, STRIP):
        target = slice(start, start + STRIP)
        (places,) = used[target].any(axis=0).nonzero()
        strips.append((target, slice(int(places[0]), int(places[-1]) + 1)))
    return tuple(strips)
