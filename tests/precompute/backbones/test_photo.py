import numpy as np
import pytest

from diamond_cutter.precompute.backbones.photo import prepare


def test_the_middle_is_kept_and_the_margin_cut_off() -> None:
    image = np.zeros((256, 400, 3), np.uint8)
    image[16:240, 88:312] = (255, 51, 0)  # 224 x 224 in the middle
    square = prepare(image, 224)
    assert square.shape == (224, 224, 3)
    assert square.dtype == np.float32
    np.testing.assert_array_equal(square.reshape(-1, 3).min(0), np.float32([1, 0.2, 0]))
    np.testing.assert_array_equal(square.reshape(-1, 3).max(0), np.float32([1, 0.2, 0]))


def test_upright_stays_upright() -> None:
    image = np.zeros((600, 300, 3), np.uint8)
    image[:300, :, 0] = 200
    image[:, :150, 2] = 100
    square = prepare(image, 240)
    assert square[10, 120, 0] == pytest.approx(200 / 255)
    assert square[-10, 120, 0] == 0
    assert square[120, 10, 2] == pytest.approx(100 / 255)
    assert square[120, -10, 2] == 0


def test_fine_stripes_become_grey_and_not_moire() -> None:
    image = np.zeros((2048, 2048, 3), np.uint8)
    image[:, ::2] = 255
    square = prepare(image, 224)
    np.testing.assert_allclose(square, 0.5, atol=0.03)
