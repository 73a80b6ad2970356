"""The demo's photos: handwritten digits of scikit-learn, as a folder of class folders.

`python tools/demo_digits.py FOLDER` writes 400 PNG files. The digits are
those of the UCI set of Alpaydin and Kaynak (1998), 8 x 8 pixels, which scikit-learn brings along.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

PER_CLASS = 40
MARGIN = 2
"""Pixels of paper around the 8 x 8, so that strokes fade out and none leaves the central square."""
SIDE = 192
"""Side in pixels of a photo."""
PAPER = np.array([246, 243, 236], np.float32)
INK = np.array([28, 38, 74], np.float32)


def write_digits(folder: Path) -> int:
    """Write the first 40 of each digit to `folder`/<digit>/<number>.png; how many in all.

    The folder appears when it is complete; one that is there is replaced.
    """
    digits = load_digits()
    staging = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(staging, ignore_errors=True)
    count = 0
    for digit in range(10):
        target = staging / str(digit)
        target.mkdir(parents=True)
        for number in np.flatnonzero(digits.target == digit)[:PER_CLASS]:
            Image.fromarray(draw(digits.images[number])).save(target / f"{number:04}.png")
            count += 1
    shutil.rmtree(folder, ignore_errors=True)
    staging.rename(folder)
    return count


def draw(digit: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A digit, (8, 8) of 0..16, as ink on paper: (192, 192, 3) uint8, RGB."""
    small = Image.fromarray(np.pad(digit / 16, MARGIN).astype(np.float32))
    ink = np.asarray(small.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32)
    pixels: NDArray[np.floating] = PAPER + (INK - PAPER) * ink.clip(0, 1)[..., None]
    return pixels.round().astype(np.uint8)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    print(f"{target}: {write_digits(target)} photos of 10 digits")  # noqa: T201
