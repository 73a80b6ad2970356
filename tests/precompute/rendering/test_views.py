"""Views are drawn from the whole of the range asked for, each picture's from its own generator."""

import numpy as np
import pytest

from diamond_cutter.precompute.rendering.views import Sampling, draw, pixel_centres, surrounded

pytestmark = pytest.mark.backend

SAMPLING = Sampling(side=64, canvas=128, magnification=(0.8, 1.6), beyond=0.1)


def generators(*seeds: int) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in seeds]


def test_pixel_centres_lie_in_the_middle_of_their_pixels() -> None:
    np.testing.assert_allclose(pixel_centres(4), [0.125, 0.375, 0.625, 0.875])


def test_magnification_covers_its_range_evenly_in_its_logarithm() -> None:
    views = draw([SAMPLING], generators(0), 4000)
    extent = (views.rows[..., 1] - views.rows[..., 0]) * SAMPLING.side
    magnification = SAMPLING.side / SAMPLING.canvas / extent
    assert magnification.min() == pytest.approx(0.8, abs=0.01)
    assert magnification.max() == pytest.approx(1.6, abs=0.01)
    assert np.log(magnification).mean() == pytest.approx(np.log(np.sqrt(0.8 * 1.6)), abs=0.01)
    across = (views.columns[..., 1] - views.columns[..., 0]) * SAMPLING.side
    np.testing.assert_allclose(across, extent, rtol=1e-3)


def test_views_reach_over_every_border_by_as_much_as_asked() -> None:
    views = draw([SAMPLING], generators(1), 4000)
    for axis in (views.rows, views.columns):
        pixel = axis[..., 1] - axis[..., 0]
        assert (axis[..., 0] - pixel / 2).min() == pytest.approx(-0.1, abs=0.01)
        assert (axis[..., -1] + pixel / 2).max() == pytest.approx(1.1, abs=0.01)
        assert axis.mean() == pytest.approx(0.5, abs=0.01)
    correlation = np.corrcoef(views.rows[:, 0, 0], views.columns[:, 0, 0])[0, 1]
    assert abs(correlation) < 0.3  # they share the magnification and nothing else


def test_a_picture_s_views_do_not_depend_on_its_companions() -> None:
    together = draw([SAMPLING] * 2, generators(7, 8), 5)
    alone = draw([SAMPLING], generators(8), 5)
    np.testing.assert_array_equal(together.rows[:, 1:], alone.rows)
    np.testing.assert_array_equal(together.columns[:, 1:], alone.columns)
    assert not np.array_equal(together.rows[:, 0], together.rows[:, 1])


def test_what_lies_beyond_the_border_is_grey() -> None:
    images = np.full((1, 3, 4, 3), 0.9, np.float32)
    rows, columns = (
        np.array([axis], np.float32) for axis in ([-0.1, 0.2, 0.9], [0.0, 0.5, 1.0, 1.01])
    )
    expected = np.full((3, 4), 0.9, np.float32)
    expected[0, :] = expected[:, 3] = 0.5
    for colour in range(3):
        seen = np.asarray(surrounded(images, rows, columns))[0, ..., colour]
        np.testing.assert_allclose(seen, expected, rtol=1e-6)
