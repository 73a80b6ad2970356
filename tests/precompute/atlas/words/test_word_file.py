"""Words of one's own: how well they fit photos, and files of them that do not fit."""

from pathlib import Path

import numpy as np
import pytest
from fake_colours import write_colours

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.atlas.words.word_file import (
    DEVIATION,
    MEAN,
    SCALE,
    check_words,
    word_fits,
)

RED, BLUE = (np.tile(np.array(each, np.uint8), (20, 30, 1)) for each in ((255, 0, 0), (0, 0, 255)))


@pytest.fixture
def words(tmp_path: Path) -> Path:
    return write_colours(tmp_path, "red", "green", "blue")


def test_each_photo_has_the_chances_of_its_cosines(words: Path) -> None:
    file = check_words(str(words), "")
    assert file is not None
    names, fit = word_fits(file, [RED, BLUE])
    assert names == ["red", "green", "blue"]
    vectors = (np.eye(3) - MEAN) / DEVIATION
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    powers = np.exp(SCALE * vectors[[0, 2]] @ vectors.T)
    expected = np.log(powers / powers.sum(1, keepdims=True))
    assert fit == pytest.approx(expected, abs=1e-2)


def test_what_is_missing_or_does_not_fit_is_told(words: Path) -> None:
    with pytest.raises(UserError, match=r"other\.npz: expected a file \.txt"):
        check_words(str(words.with_name("other.npz")), "")
    np.savez(words, names=["red"], embeddings=np.ones((2, 3)))
    with pytest.raises(UserError, match="1 names"):
        check_words(str(words), "")
    np.savez(words, names=["red", "blue"], embeddings=np.ones((2, 5)))
    file = check_words(str(words), "")
    assert file is not None
    with pytest.raises(UserError, match="embeddings of 5 numbers"):
        word_fits(file, [RED])
    words.with_suffix(".onnx").unlink()
    with pytest.raises(UserError, match="image encoder"):
        check_words(str(words), "")
