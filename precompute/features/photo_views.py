"""The views of a photo that a backbone passes: the photo itself, and augmented ones.

An augmented view keeps what the photo shows and changes what does not matter: it is mirrored in
half of the cases (flip); it is a part of 70 to 100 % of the area, of the photo's shape, anywhere in
it (crop); its brightness, contrast and saturation are each multiplied by 0.8 to 1.2 (colour).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.formats.photo_input import prepare

KINDS = ("flip", "crop", "colour")
LEAST_AREA = 0.7
CHANGE = 0.2
GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""What red, green and blue give to luma (ITU-R BT.601)."""


@dataclass(frozen=True)
class Augmentation:
    """What augmented views change, of `KINDS`, and the seed of how."""

    kinds: tuple[str, ...]
    seed: int


def make_view(
    image: NDArray[np.uint8], size: int, digest: str, view: int, augmentation: Augmentation
) -> NDArray[np.float32]:
    """A view of a photo as a backbone takes it, (size, size, 3) float32, 0..1.

    `image` (H, W, 3) uint8, RGB; `digest` of the photo, hex; `view` 0 is the photo itself, others
    are augmented, each in its own way: by digest, number and seed.
    """
    if view == 0:
        return prepare(image, size)
    # All is drawn whatever is asked for, so that one kind does not change another's draws.
    draw = np.random.default_rng([augmentation.seed, view, int(digest, 16)])
    mirrored = draw.random() < 0.5
    area, top, left = draw.uniform(LEAST_AREA, 1), draw.random(), draw.random()
    brightness, contrast, saturation = draw.uniform(1 - CHANGE, 1 + CHANGE, 3)
    if "crop" in augmentation.kinds:
        image = _crop(image, area, top, left)
    pixels = prepare(image, size)
    if "flip" in augmentation.kinds and mirrored:
        pixels = pixels[:, ::-1]
    if "colour" in augmentation.kinds:
        pixels = _recolour(pixels, brightness, contrast, saturation)
    return pixels


def _crop(image: NDArray[np.uint8], area: float, top: float, left: float) -> NDArray[np.uint8]:
    """The part of an image of a share of its area; `top`, `left`: 0..1 of the room that is left."""
    height, width = (max(round(side * area**0.5), 1) for side in image.shape[:2])
    y = round(top * (image.shape[0] - height))
    x = round(left * (image.shape[1] - width))
    return image[y : y + height, x : x + width]


def _recolour(
    pixels: NDArray[np.float32], brightness: float, contrast: float, saturation: float
) -> NDArray[np.float32]:
    """Pixels made brighter, then farther from their mean luma, then from their own."""
    pixels = pixels * np.float32(brightness)
    middle = (pixels @ GREY).mean()
    pixels = middle + (pixels - middle) * np.float32(contrast)
    grey = (pixels @ GREY)[..., None]
    return (grey + (pixels - grey) * np.float32(saturation)).clip(0, 1)
