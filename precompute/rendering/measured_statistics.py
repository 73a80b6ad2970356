"""Natural mean and spread of a layer that has no BatchNorm to remember them.

They are measured on crops of the two photos that come with scikit-learn. That is few: it tells the
scale of each channel, which is what a purity needs to compare channels by, and no more. A layer
that ends in BatchNorm, or in a sum of such, has what it saw of all its training photos instead
(`backbones.natural_statistics`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CROPS = 32
SIDE = 128
"""Of the crops as the network sees them; on the photos they have this and up to the whole side."""
_BATCH = 8
_SEED = 0


def measured_statistics(network: Any) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Mean and standard deviation of each channel over places, twice (C,) float32, of each layer.

    network: float32 RGB 0..1 (N, H, W, 3) to the pre-activation (N, h, w, C) of one layer or more.
    """
    crops = sample_crops()
    outputs = len(network.outputs)
    count, first, second = [0] * outputs, [np.zeros(1)] * outputs, [np.zeros(1)] * outputs
    for start in range(0, len(crops), _BATCH):
        seen = crops[start : start + _BATCH].astype(np.float32) / 255
        found = network(seen)
        for layer, output in enumerate(found if isinstance(found, list) else [found]):
            values = np.asarray(output, np.float64)
            count[layer] += values[..., 0].size
            first[layer] = first[layer] + values.sum((0, 1, 2))
            second[layer] = second[layer] + (values**2).sum((0, 1, 2))
    return [_moments(*sums) for sums in zip(count, first, second, strict=True)]


def _moments(
    count: int, first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    mean = first / count
    variance = np.maximum(second / count - mean**2, 0)
    return mean.astype(np.float32), np.sqrt(variance).astype(np.float32)


def sample_crops() -> NDArray[np.uint8]:
    """(CROPS, SIDE, SIDE, 3) uint8, sRGB: squares of several sizes, some mirrored."""
    from sklearn.datasets import load_sample_images  # takes a second, and few need it

    photos = load_sample_images().images
    generator = np.random.default_rng(_SEED)
    crops = []
    for number in range(CROPS):
        photo = photos[number % len(photos)]
        height, width = photo.shape[:2]
        side = round(np.exp(generator.uniform(np.log(SIDE), np.log(min(height, width)))))
        top, left = (int(generator.integers(0, room - side + 1)) for room in (height, width))
        square = photo[top : top + side, left : left + side]
        if generator.uniform() < 0.5:
            square = square[:, ::-1]
        seen = Image.fromarray(square).resize((SIDE, SIDE), Image.Resampling.BOX)
        crops.append(np.asarray(seen))
    return np.stack(crops)
