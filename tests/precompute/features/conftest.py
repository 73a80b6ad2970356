import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from diamond_cutter.precompute.photos.photo import Photo

PHOTOS = 12


def make_photo(file: Path) -> Photo:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return Photo(file, file.name, label=0, split="", digest=digest, group=0)


@pytest.fixture(scope="session")
def photo_of() -> Callable[[Path], Photo]:
    return make_photo


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Photo]:
    """A dozen parts of real photos, of several sizes, in files."""
    folder = tmp_path_factory.mktemp("photos")
    samples = [
        skimage.data.astronaut(),
        skimage.data.coffee(),
        skimage.data.chelsea(),
        skimage.data.rocket(),
    ]
    draw = np.random.default_rng(0)
    for number in range(PHOTOS):
        image = samples[number % len(samples)]
        height, width = draw.integers(150, 290, 2)
        top, left = draw.integers(0, image.shape[0] - height), draw.integers(0, 100)
        part = image[top : top + height, left : left + width]
        Image.fromarray(part).save(folder / f"{number:02}.png")
    return [make_photo(file) for file in sorted(folder.iterdir())]
