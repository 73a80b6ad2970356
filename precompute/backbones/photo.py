"""A photo as a backbone takes it: square, of the backbone's size, RGB 0..1."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MARGIN = 32
"""Pixels around the square, at its final size, that are cut off, as EfficientNet was evaluated."""


def prepare(image: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    """The central square of an image, resized bicubically with antialiasing.

    `image` (H, W, 3) uint8, RGB; the result (size, size, 3) float32, 0..1. What a backbone
    subtracts and divides by is in its `model`.
    """
    height, width = image.shape[:2]
    side = min(height, width) * size / (size + MARGIN)
    left, top = (width - side) / 2, (height - side) / 2
    square = Image.fromarray(image).resize(
        (size, size), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side)
    )
    return np.asarray(square, np.float32) / np.float32(255)
