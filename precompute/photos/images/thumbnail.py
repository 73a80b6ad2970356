"""Of a photo what needs no network: a thumbnail, and how often each colour occurs."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.precompute.stores.study.study_layout import THUMBNAIL

LEVELS = 8
"""Steps of red, of green and of blue that the histogram tells apart."""

COLOURS = LEVELS**3

_FINE = 512  # pixels; a shorter side beyond twice that is reduced first


def thumbnail(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The central square of an (H, W, 3) sRGB image, antialiased: (96, 96, 3)."""
    height, width = image.shape[:2]
    side = min(height, width)
    left, top = (width - side) / 2, (height - side) / 2
    small = Image.fromarray(image).resize(
        (THUMBNAIL, THUMBNAIL),
        Image.Resampling.BICUBIC,
        box=(left, top, left + side, top + side),
        reducing_gap=3.0,
    )
    return np.asarray(small)


def histogram(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How often each of 8 x 8 x 8 colours occurs in an (H, W, 3) image: (512,), length 1.

    Square roots of shares, whose scalar product is the Bhattacharyya coefficient: a linear head
    then compares histograms by the Hellinger distance (Arandjelović and Zisserman, CVPR 2012, take
    the same root of SIFT's).
    """
    # a pixel in several will do for shares; photos are many times larger than what networks see
    step = max(1, min(image.shape[:2]) // _FINE)
    levels = image[::step, ::step] // (256 // LEVELS)
    colours = (levels[..., 0].astype(np.int64) * LEVELS + levels[..., 1]) * LEVELS + levels[..., 2]
    shares = np.bincount(colours.ravel(), minlength=COLOURS) / colours.size
    return np.sqrt(shares).astype(np.float32)
