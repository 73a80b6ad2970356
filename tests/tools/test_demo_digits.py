"""The demo's photos: all there, in their classes, each what scikit-learn says it is."""

from pathlib import Path

import numpy as np
from demo_digits import draw, write_digits
from PIL import Image
from sklearn.datasets import load_digits


def test_the_demo_is_forty_photos_of_each_digit(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "digits"
    assert write_digits(folder) == 400
    assert sorted(path.name for path in folder.iterdir()) == [str(digit) for digit in range(10)]
    digits = load_digits()
    for digit in range(10):
        files = sorted((folder / str(digit)).iterdir())
        assert len(files) == 40
        assert all(digits.target[int(file.stem)] == digit for file in files)
    assert write_digits(folder) == 400  # again, in its own place
    assert list(folder.parent.iterdir()) == [folder]


def test_a_digit_is_dark_where_its_strokes_are(tmp_path: Path) -> None:
    digit = np.zeros((8, 8))
    digit[0, 0] = 16
    photo = draw(digit)
    assert photo.shape == (192, 192, 3)
    assert photo[-1, -1].tolist() == [246, 243, 236]
    darkest = np.unravel_index(photo.sum(axis=2).argmin(), (192, 192))
    assert all(32 <= place < 48 for place in darkest)  # the third of twelve cells of 16 pixels
    Image.fromarray(photo).save(tmp_path / "digit.png")
