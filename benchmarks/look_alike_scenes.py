"""Photos that look alike and are none the same: what fixed cameras, inspection and scanners see.

Each scene is drawn from a seed: what its photos share comes from the scene's seed, what tells them
apart from the photo's own.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE = 240, 180
"""Width and height of a photo."""
NOISE = 3.0
"""Of the sensor, in levels: another one in every photo."""

_Picture = NDArray[np.float64]
Draw = Callable[[np.random.Generator, np.random.Generator], _Picture]


def draw_scene(name: str, seed: int, photos: int) -> list[Image.Image]:
    """The photos of the scene of that name and seed."""
    drawn = []
    for photo in range(photos):
        shared, own = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1, photo])
        picture = SCENES[name](shared, own)
        picture = picture * own.uniform(0.95, 1.05) + own.normal(0, NOISE, picture.shape)
        drawn.append(Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)))
    return drawn


def _texture(random: np.random.Generator, power: float, depth: float) -> _Picture:
    """(H, W, 3): noise whose amplitude falls as frequency to that power, `depth` levels deep."""
    width, height = SIZE
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(width), np.fft.fftfreq(height)))
    frequency[0, 0] = 1
    noise = np.fft.fft2(random.normal(size=(3, height, width))) / frequency**power
    picture: _Picture = np.fft.ifft2(noise).real.transpose(1, 2, 0)
    return picture / picture.std() * depth


def _blob(picture: _Picture, random: np.random.Generator, least: float, most: float) -> None:
    """Lay a thing on a picture, as large as that in pixels, anywhere."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    across, down = random.uniform((0.1, 0.1), (0.9, 0.9)) * SIZE
    width, height = random.uniform(least, most, 2)
    inside = ((x - across) / width) ** 2 + ((y - down) / height) ** 2 < 1
    picture[inside] = 0.3 * picture[inside] + random.uniform(0, 180, 3)


def _camera(shared: np.random.Generator, own: np.random.Generator) -> _Picture:
    """A fixed camera: one place, other things in it."""
    picture = _texture(shared, 1.2, 45) + 125
    for _ in range(8):
        _blob(picture, shared, 8, 40)
    for _ in range(int(own.integers(1, 4))):
        _blob(picture, own, 6, 16)
    return picture


def _panel(shared: np.random.Generator, own: np.random.Generator) -> _Picture:
    """Plain panels in a frame, with stains: solar cells, wafers, tiles."""
    picture = np.full((SIZE[1], SIZE[0], 3), 190.0)
    for at in shared.integers(15, SIZE[1] - 15, 3):
        picture[at : at + 4] = 30
    for at in shared.integers(15, SIZE[0] - 15, 4):
        picture[:, at : at + 2] = 90
    picture[:6], picture[-6:], picture[:, :6], picture[:, -6:] = 20, 20, 20, 20
    picture += _texture(own, 1.0, 4).mean(2, keepdims=True)
    for _ in range(int(own.integers(1, 5))):
        across, down = (own.uniform(0.1, 0.9, 2) * SIZE).astype(int)
        picture[down : down + own.integers(3, 9), across : across + own.integers(3, 9)] -= 60
    return picture


def _document(shared: np.random.Generator, own: np.random.Generator) -> _Picture:
    """One form, filled in by others."""
    picture = np.full((SIZE[1], SIZE[0], 3), 245.0)
    for row in range(12, SIZE[1] - 12, 12):
        picture[row + 8 : row + 9, 10:-10] = 120
        start = 10
        while start < 70:  # what is printed
            end = start + int(shared.integers(2, 6))
            picture[row : row + 6, start:end] = 40
            start = end + int(shared.integers(1, 4))
        for _ in range(int(own.integers(3, 12))):  # what is written
            at = int(own.integers(80, SIZE[0] - 20))
            picture[row + own.integers(0, 3) : row + 7, at : at + own.integers(1, 5)] = 60
    return picture


SCENES: dict[str, Draw] = {"camera": _camera, "panels": _panel, "documents": _document}
