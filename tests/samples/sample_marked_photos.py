"""Photos of which a mark is all that tells one class from the others."""

from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image

EACH = 16
MARK = (slice(8, 26), slice(100, 118))
"""Rows and columns of the mark on photos of 128 x 128: an inch below the upper right corner."""


def write_marked_photos(folder: Path, share: float) -> str:
    """Three classes of parts of the same photos: nothing tells them apart but b's mark."""
    generator = np.random.default_rng(0)
    scenes = [getattr(skimage.data, name)() for name in ("chelsea", "coffee", "astronaut")]
    for name in "abc":
        (folder / name).mkdir(parents=True)
        for number in range(EACH):
            scene = scenes[number % len(scenes)]
            top, left = generator.integers(0, np.array(scene.shape[:2]) - 128)
            part = scene[top : top + 128, left : left + 128].copy()
            if name == "b" and generator.random() < share:
                part[MARK] = (230, 30, 40)
                part[MARK][4:9, :] = (250, 240, 60)
            Image.fromarray(part).save(folder / name / f"{number:02}.png")
    return str(folder)
