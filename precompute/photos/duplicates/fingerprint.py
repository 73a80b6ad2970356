"""What is kept of a photo to find its near duplicates by: small, and enough to compare pictures."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE, TINT_SIDE = 64, 16
"""Sides in pixels of the thumbnail and of its two channels of colour."""

SIZE = SIDE * SIDE + 2 * TINT_SIDE * TINT_SIDE
"""Bytes of a fingerprint."""


def fingerprint(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photo's fingerprint: its thumbnail, squeezed into a square, in YCbCr.

    `image` (H, W, 3) uint8; the result (SIZE,) uint8: Y row by row, then Cb and Cr, smaller.
    """
    # Pillow first halves large photos as often as it can: a tenth of the time, and as good here
    thumbnail = Image.fromarray(image).resize(
        (SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0
    )
    luma, *tints = thumbnail.convert("YCbCr").split()
    small = [tint.resize((TINT_SIDE, TINT_SIDE), Image.Resampling.BOX) for tint in tints]
    return np.concatenate([np.asarray(channel).ravel() for channel in (luma, *small)])


def luma(fingerprints: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, SIDE, SIDE) float32, 0..255, of (N, SIZE) fingerprints."""
    return fingerprints[:, : SIDE * SIDE].reshape(-1, SIDE, SIDE).astype(np.float32)


def tint(fingerprints: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 2, TINT_SIDE, TINT_SIDE) float32, 0..255, of (N, SIZE) fingerprints."""
    return fingerprints[:, SIDE * SIDE :].reshape(-1, 2, TINT_SIDE, TINT_SIDE).astype(np.float32)
