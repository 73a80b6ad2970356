"""The objective's figures, worked out by hand."""

import numpy as np
import pytest

from diamond_cutter.precompute.rendering.objective import own, purity, strengths


def test_strength_counts_what_is_below_the_mean_less() -> None:
    activation = np.array([[[[5.0, 1.0], [1.0, 1.0]]]], np.float32)
    mean, spread = np.array([3.0, 0.0], np.float32), np.array([2.0, 0.5], np.float32)
    # Channel 0 is at z = +1 and z = -1, of which 0.3 counts; channel 1 at z = 2 everywhere.
    np.testing.assert_allclose(strengths(activation, mean, spread), [[0.35, 2.0]], rtol=1e-6)


def test_own_takes_each_picture_s_channel() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(own(values, np.array([2, 0], np.int32)), [2, 3])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([7.0, 0.0, -3.0], 1.0),
        ([2.0, 2.0, 0.0], 2**-0.25),
        ([1.0, 3.0, 0.0], 1 / 82**0.25),
        ([0.01, 5.0, 0.0], 0.1),
        ([-4.0, 5.0, 1.0], 0.1),
        ([-1.0, -2.0, -3.0], 0.1),
    ],
)
def test_purity_of_the_first_channel(values: list[float], expected: float) -> None:
    found = purity(np.array([values], np.float32), np.array([0], np.int32))
    np.testing.assert_allclose(found, [expected], rtol=1e-4)
