import numpy as np
import pytest
from scipy.stats import binomtest

from diamond_cutter.precompute.study.resampling import (
    UNITS,
    percentile_interval,
    resample,
    share_interval,
    wilson,
)


def test_near_duplicates_are_drawn_together() -> None:
    groups = np.array([5, 9, 5, 2, 9, 5])
    resamples = resample(groups, 1, 200)
    drawn = resamples.counts(np.arange(6), 6)
    assert np.array_equal(drawn[:, 0], drawn[:, 2])
    assert np.array_equal(drawn[:, 0], drawn[:, 5])
    assert np.array_equal(drawn[:, 1], drawn[:, 4])
    assert not np.array_equal(drawn[:, 0], drawn[:, 1])
    # three groups drawn each time, each once on average
    assert np.array_equal(drawn[:, [0, 1, 3]].sum(1), np.full(200, 3.0))
    assert drawn[:, 0].mean() == pytest.approx(1, abs=0.2)


def test_totals_are_those_of_the_photos_written_out() -> None:
    values = np.random.default_rng(0).normal(size=(30, 2))
    resamples = resample(np.arange(30), 3, 50)
    times = resamples.counts(np.arange(30), 30)
    assert resamples.totals(values) == pytest.approx(times @ values, abs=1e-5)
    classes = np.arange(30) % 3
    odd = np.arange(30) % 2 == 1
    expected = [times[:, odd & (classes == index)].sum(1) for index in range(3)]
    assert np.array_equal(resamples.counts(classes, 3, odd), np.stack(expected, 1))


def test_same_seed_same_resamples() -> None:
    groups = np.arange(20)
    once, again, other = (resample(groups, seed, 10).weights for seed in (4, 4, 5))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_spread_of_many_photos_is_that_of_all_of_them() -> None:
    """Beyond `UNITS` groups, many are drawn as one: the spread must not change by that."""
    number = 5 * UNITS
    right = (np.random.default_rng(0).random((number, 1)) < 0.8).astype(np.float64)
    resamples = resample(np.arange(number), 0)
    assert resamples.weights.shape == (2000, UNITS)
    share = resamples.totals(right)[:, 0] / resamples.totals(np.ones((number, 1)))[:, 0]
    assert share.std() == pytest.approx(np.sqrt(0.8 * 0.2 / number), rel=0.06)


@pytest.mark.parametrize(("right", "number"), [(0, 20), (20, 20), (19, 20), (387, 450), (1, 3)])
def test_wilson_is_scipys(right: int, number: int) -> None:
    expected = binomtest(right, number).proportion_ci(method="wilson")
    assert wilson(right / number, number) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_wilson_holds_the_share_and_knows_nothing_of_no_photo() -> None:
    assert wilson(0.0, 0) == (0.0, 1.0)
    for number in range(1, 200):
        assert wilson(1.0, number)[1] == 1.0
        assert wilson(0.0, number)[0] == 0.0


def test_interval_of_a_sure_share_has_a_width() -> None:
    low, high = share_interval(1.0, np.ones(100), 20)
    assert (low, high) == pytest.approx((0.8389, 1.0), abs=1e-4)


def test_interval_of_a_share_widens_with_what_varies_together() -> None:
    plain = share_interval(0.8, np.random.default_rng(0).normal(0.8, 0.04, 20_000), 100)
    assert plain == pytest.approx(wilson(0.8, 100), abs=2e-3)
    varied = share_interval(0.8, np.random.default_rng(0).normal(0.8, 0.08, 20_000), 100)
    assert varied == pytest.approx(wilson(0.8, 25), abs=4e-3)


def test_percentile_interval() -> None:
    assert percentile_interval(np.arange(1001.0)) == pytest.approx((25.0, 975.0))


@pytest.mark.parametrize(
    ("photos", "share", "together"), [(40, 0.95, 1), (450, 0.86, 1), (450, 0.86, 3), (60, 0.99, 1)]
)
def test_intervals_of_accuracy_hold_the_truth(photos: int, share: float, together: int) -> None:
    generator = np.random.default_rng(7)
    groups = np.repeat(np.arange(photos // together), together)
    held = 0
    for seed in range(400):
        right = np.repeat(generator.random(photos // together) < share, together)
        drawn = resample(groups, seed, 500).counts(right.astype(np.int64), 2)
        low, high = share_interval(right.mean(), drawn[:, 1] / drawn.sum(1), groups.max() + 1)
        held += low <= share <= high
    assert 0.92 <= held / 400 <= 0.99
