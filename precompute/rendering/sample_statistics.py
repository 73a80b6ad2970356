"""What crops of the two photos that come with scikit-learn say of a layer's channels.

Two photos are few: they tell the scale of each channel, which is what a purity needs to compare
channels by, and no more. A layer that ends in BatchNorm, or in a sum of such, has the mean and the
spread of all its training photos instead (`backbones.natural_statistics`).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CROPS = 32
SIDE = 128
"""Of the crops as the network sees them; on the photos they have this and up to the whole side."""
_BATCH = 8
_SEED = 0


class Measured(NamedTuple):
    """Of a layer's channels, three times (C,) float32.

    mean, spread: mean and standard deviation over places of all crops.
    between: standard deviation between crops of the mean over places.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    between: NDArray[np.float32]


def sample_statistics(network: Any) -> list[Measured]:
    """The statistics of each layer.

    network: float32 RGB 0..1 (N, H, W, 3) to the pre-activation (N, h, w, C) of one layer or more.
    """
    crops = sample_crops()
    means: list[list[NDArray[np.float64]]] = [[] for _ in network.outputs]
    squares: list[list[NDArray[np.float64]]] = [[] for _ in network.outputs]
    for start in range(0, len(crops), _BATCH):
        seen = crops[start : start + _BATCH].astype(np.float32) / 255
        found = network(seen)
        for layer, output in enumerate(found if isinstance(found, list) else [found]):
            values = np.asarray(output, np.float64)
            means[layer].append(values.mean((1, 2)))
            squares[layer].append((values**2).mean((1, 2)))
    each = zip(means, squares, strict=True)
    return [_measured(np.concatenate(mean), np.concatenate(square)) for mean, square in each]


def _measured(means: NDArray[np.float64], squares: NDArray[np.float64]) -> Measured:
    """From the means of values and of their squares in each crop, twice (CROPS, C)."""
    mean = means.mean(0)
    variance = np.maximum(squares.mean(0) - mean**2, 0)
    moments = (mean, np.sqrt(variance), means.std(0))
    return Measured(*(part.astype(np.float32) for part in moments))


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
