"""The cosine spectrum against SciPy's transform, and its views against the whole picture."""

import numpy as np
import pytest
from scipy.fft import idctn
from scipy.special import expit

from diamond_cutter.precompute.rendering.spectrum import (
    DECORRELATION,
    amplitudes,
    analyse,
    synthesise,
)
from diamond_cutter.precompute.rendering.views import pixel_centres

pytestmark = pytest.mark.backend


def drawn(side: int) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.3, (2, 3, side, side)).astype(np.float32)


def tiled(axis: np.ndarray) -> np.ndarray:
    return np.tile(axis.astype(np.float32), (2, 1))


def test_whole_picture_is_the_inverse_cosine_transform() -> None:
    spectrum = drawn(8)
    centres = tiled(pixel_centres(8))
    # SciPy's unnormalized type 3 counts every coefficient but the lowest twice, along each axis.
    halves = np.where(np.arange(8) == 0, 1, 0.5)
    planes = idctn(spectrum * halves[:, None] * halves, type=2, axes=(2, 3), norm="forward")
    expected = expit(np.einsum("bchw,dc->bhwd", planes, DECORRELATION))
    np.testing.assert_allclose(synthesise(spectrum, centres, centres), expected, atol=1e-5)


def developed(spectrum: np.ndarray, side: int) -> np.ndarray:
    centres = tiled(pixel_centres(side))
    return np.round(255 * np.asarray(synthesise(spectrum, centres, centres))).astype(np.uint8)


@pytest.mark.parametrize("planes", [3, 4])
def test_a_finished_picture_tells_its_spectrum(planes: int) -> None:
    spectrum = np.random.default_rng(1).normal(0, 0.05, (2, planes, 8, 8)).astype(np.float32)
    found = analyse(developed(spectrum, 32), 8)
    # A byte is .004, and a logit at most four times as much for every step away from grey.
    np.testing.assert_allclose(found, spectrum, atol=0.01)


def test_black_and_white_stay_so() -> None:
    images = np.zeros((2, 16, 16, 3), np.uint8)
    images[:, :, 8:] = 255
    np.testing.assert_array_equal(developed(analyse(images, 16), 16), images)


def test_a_view_shows_the_pixels_of_the_whole_picture() -> None:
    spectrum, centres = drawn(16), pixel_centres(16)
    whole = np.asarray(synthesise(spectrum, tiled(centres), tiled(centres)))
    view = synthesise(spectrum, tiled(centres[3:9]), tiled(centres[5:16]))
    np.testing.assert_allclose(view, whole[:, 3:9, 5:16], atol=1e-5)


def test_beyond_the_border_the_picture_is_reflected() -> None:
    spectrum, inside = drawn(16), np.array([0.02, 0.1, 0.3])
    centres = tiled(pixel_centres(16))
    reflected = synthesise(spectrum, tiled(-inside), tiled(2 - inside))
    np.testing.assert_allclose(
        reflected, synthesise(spectrum, tiled(inside), tiled(inside)), atol=1e-4
    )
    np.testing.assert_allclose(
        synthesise(spectrum, tiled(2 - inside), centres),
        synthesise(spectrum, tiled(inside), centres),
        atol=1e-4,
    )


def test_amplitudes_fall_with_the_distance_from_the_lowest_frequency() -> None:
    table = amplitudes(9)
    assert table[0, 0] == table[0, 4] == table[2, 3] == np.float32(0.2)
    np.testing.assert_allclose(table[3, 4], 0.2 * 1.25**-1.2, rtol=1e-6)
    np.testing.assert_allclose(table[8, 6], 0.2 * 2.5**-1.2, rtol=1e-6)


def test_the_first_colour_component_is_about_brightness() -> None:
    spectrum = np.zeros((1, 3, 2, 2), np.float32)
    centre = np.array([[0.5]], np.float32)
    np.testing.assert_allclose(synthesise(spectrum, centre, centre), np.full((1, 1, 1, 3), 0.5))
    spectrum[0, 0, 0, 0] = 2
    red, green, blue = np.asarray(synthesise(spectrum, centre, centre))[0, 0, 0]
    assert min(red, green, blue) > 0.74
    assert max(red, green, blue) - min(red, green, blue) < 0.02
