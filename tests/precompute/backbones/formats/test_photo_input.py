from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image

from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.keras_runtime import keras


def test_the_whole_photo_is_kept_up_to_its_corners() -> None:
    image = np.full((256, 400, 3), 51, np.uint8)
    image[:16, :20] = 255
    image[-32:, -100:] = 0
    square = prepare(image, 224)
    assert square.shape == (224, 224, 3)
    assert square.dtype == np.float32
    np.testing.assert_allclose(square[:10, :8], 1, atol=1e-6)
    np.testing.assert_allclose(square[20:150, 20:150], 0.2, atol=1e-6)
    np.testing.assert_allclose(square[-24:, -50:], 0, atol=1e-6)


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


@pytest.fixture(scope="module", params=[224, 260])
def layers(request: pytest.FixtureRequest) -> Any:
    size = request.param
    return keras.Sequential(
        [
            keras.Input((None, None, 3)),
            keras.layers.Resizing(size, size, interpolation="bicubic", antialias=True),
            keras.layers.ReLU(max_value=255),
            keras.layers.Rescaling(1 / 255),
        ]
    )


@pytest.mark.parametrize(
    "shape",
    [(300, 451), (451, 300), (640, 427), (37, 53), (255, 256), (1, 1), (1, 90), (2000, 1601)],
)
def test_keras_layers_do_the_same(shape: tuple[int, int], layers: Any) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    photo = Image.fromarray(skimage.data.chelsea()).resize(shape[::-1])
    for image in (noise, np.asarray(photo)):
        (expected,) = np.asarray(layers(image[None].astype(np.float32)))
        # TensorFlow places its kernel in float32, which noise shows
        np.testing.assert_allclose(prepare(image, len(expected)), expected, atol=4e-5)


def test_overshoot_is_clipped_and_nothing_is_rounded() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32:] = 255
    square = prepare(image, 224)
    assert (square.min(), square.max()) == (0, 1)
    assert len(np.unique(np.round(square[0, :, 0] * 255, 3) % 1)) > 3


def test_pillow_does_the_same_but_for_rounding() -> None:
    image = skimage.data.coffee()  # 400 x 600
    expected = Image.fromarray(image).resize((224, 224), Image.Resampling.BICUBIC)
    difference = np.abs(255 * prepare(image, 224) - np.asarray(expected, np.float32))
    assert difference.mean() < 0.4  # and it clips between columns and rows
    assert difference.max() < 6
