"""The objective's figures, worked out by hand."""

import numpy as np
import pytest

from diamond_cutter.precompute.rendering.objective import cosine, purity
from diamond_cutter.precompute.rendering.target_readings import (
    Asked,
    ChannelReading,
    EnergyReading,
    LogitReading,
)
from diamond_cutter.precompute.rendering.views import cells, pixel_centres

pytestmark = pytest.mark.backend

MEAN, SPREAD = np.array([3.0, 0.0], np.float32), np.array([2.0, 0.5], np.float32)
WEIGHT = np.array([1.0, 0.2], np.float32)
OUTPUT = np.array([[[[5.0, 1.0], [1.0, 1.0]]]], np.float32)
"""Channel 0 is at z = +1 and z = -1, of which 0.3 counts; channel 1 at z = 2 everywhere."""

ALL_OVER = np.full((1, 1, 2), 0.5, np.float32)


def asked(weights: list[float], toward: list[float] | None = None, bias: float = 0) -> Asked:
    rows = np.array([weights], np.float32)
    return Asked(
        rows,
        rows if toward is None else np.array([toward], np.float32),
        np.array([bias], np.float32),
        np.array([[-1, -1]], np.float32),
    )


@pytest.mark.parametrize(
    ("weights", "value"),
    [([1, 0], 0.35), ([0, 1], 2.0), ([-1, 0], 0.35), ([0, -1], -0.6), ([0.6, 0.8], 1.6)],
)
def test_value_of_a_direction(weights: list[float], value: float) -> None:
    seen = ChannelReading(None, MEAN, SPREAD, WEIGHT).see(OUTPUT, asked(weights), ALL_OVER)
    np.testing.assert_allclose(seen.value, [value], rtol=1e-6)
    np.testing.assert_allclose(seen.profile, [[0.35, 2.0]], rtol=1e-6)


def test_the_strengths_of_rivals_are_weighted() -> None:
    seen = ChannelReading(None, MEAN, SPREAD, WEIGHT).see(OUTPUT, asked([1, 0]), ALL_OVER)
    np.testing.assert_allclose(seen.purity, [0.35 / (0.35**4 + 0.4**4) ** 0.25], rtol=1e-4)


def test_value_at_one_place() -> None:
    right = np.array([[[0.0, 1.0]]], np.float32)
    seen = ChannelReading(None, MEAN, SPREAD, WEIGHT).see(OUTPUT, asked([1, 0]), right)
    np.testing.assert_allclose(seen.value, [-0.3], rtol=1e-6)


def test_value_of_a_whole_layer() -> None:
    seen = EnergyReading(None, MEAN, SPREAD).see(OUTPUT, asked([0.5, 0.5]), ALL_OVER)
    np.testing.assert_allclose(seen.value, [0.5 * 0.5 + 0.5 * 4], rtol=1e-6)
    np.testing.assert_allclose(seen.purity, [1])


def test_value_of_a_logit() -> None:
    seen = LogitReading(None).see(OUTPUT, asked([2, -1], toward=[4, 3], bias=0.5), ALL_OVER)
    np.testing.assert_allclose(seen.value, [2 * 3 - 1 + 0.5], rtol=1e-6)
    np.testing.assert_allclose(seen.purity, [(15 / (10**0.5 * 5)) ** 2], rtol=1e-5)
    away = LogitReading(None).see(OUTPUT, asked([2, -1], toward=[-4, -3]), ALL_OVER)
    np.testing.assert_allclose(away.purity, [0.01], rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        ([7.0, 0.0, -3.0], [1, 0, 0], 1.0),
        ([2.0, 2.0, 0.0], [1, 0, 0], 2**-0.25),
        ([1.0, 3.0, 0.0], [1, 0, 0], 1 / 82**0.25),
        ([0.01, 5.0, 0.0], [1, 0, 0], 0.1),
        ([-4.0, 5.0, 1.0], [1, 0, 0], 0.1),
        ([-1.0, -2.0, -3.0], [1, 0, 0], 0.1),
        ([-4.0, 4.0, 0.0], [-1, 0, 0], 2**-0.25),
        ([2.0, -2.0, 0.0], [1, -1, 0], 1.0),
        ([2.0, 2.0, 0.0], [1, -1, 0], 2**-0.75),
        ([8.0, 1.0, 0.0], [512, 1, 0], 1.0),  # Hoelder's equality: strengths as weights^(1/3)
    ],
)
def test_purity(values: list[float], weights: list[float], expected: float) -> None:
    found = purity(np.array([values], np.float32), np.array([weights], np.float32))
    np.testing.assert_allclose(found, [expected], rtol=1e-3)


def test_cosine() -> None:
    one, other = np.array([[3.0, 4.0]], np.float32), np.array([[4.0, 3.0]], np.float32)
    np.testing.assert_allclose(cosine(one, other), [0.96], rtol=1e-6)


def test_cells_follow_the_place_through_the_view() -> None:
    place = np.array([[-1, -1], [0.5, 0.5], [0.125, 0.375], [0.9, 0.5]], np.float32)
    whole, lower = pixel_centres(8), 0.5 + pixel_centres(8) / 2
    rows = np.stack([whole, whole, whole, lower]).astype(np.float32)
    columns = np.tile(whole, (4, 1))
    found = np.asarray(cells(place, rows, columns, 4, 4))
    np.testing.assert_allclose(found[0], 1 / 16)
    expected = np.zeros((4, 4))
    expected[1:3, 1:3] = 0.25  # the corner that four cells share
    np.testing.assert_allclose(found[1], expected, atol=1e-6)
    expected = np.zeros((4, 4))
    expected[0, 1] = 1
    np.testing.assert_allclose(found[2], expected, atol=1e-6)
    np.testing.assert_allclose(found[3].sum(1), [0, 0, 0.3, 0.7], atol=1e-5)
    unseen = np.asarray(cells(place[2:3], rows[3:], columns[:1], 4, 4))
    np.testing.assert_array_equal(unseen, np.zeros((1, 4, 4)))
