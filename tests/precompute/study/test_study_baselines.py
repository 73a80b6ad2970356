import numpy as np
import pytest

from diamond_cutter.precompute.heads.folds import Fold
from diamond_cutter.precompute.study.baselines import measure_baselines, measure_neighbours
from diamond_cutter.precompute.study.resampling import resample, wilson


def test_baselines_by_hand() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    folds = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    colour = np.float32(np.eye(3))[[0, 0, 1, 1, 1, 1, 2, 2, 2, 2]]
    chance, majority, coloured = measure_baselines(
        labels, folds, colour, resample(np.arange(10), 0)
    )
    assert [each.name for each in (chance, majority, coloured)] == ["chance", "majority", "colour"]
    assert chance.accuracy.value == pytest.approx(1 / 3)
    assert chance.accuracy.interval == pytest.approx((1 / 3, 1 / 3))
    # fold 0 is told 2, the largest class of fold 1, which it has none of; fold 1 is told 0
    assert majority.accuracy.value == 0.0
    assert majority.accuracy.interval == pytest.approx(wilson(0, 10))
    assert coloured.accuracy.value == pytest.approx(0.7)
    assert coloured.accuracy.interval == pytest.approx(wilson(0.7, 10), abs=0.02)


def test_photos_that_only_train_are_not_counted() -> None:
    labels = np.array([0, 1, 1, 1, 0, 1])
    folds = np.array([-1, -1, -1, 0, 0, 0])
    colour = np.full((6, 2), np.nan, np.float32)
    colour[3:] = [[0.9, 0.1], [0.9, 0.1], [0.1, 0.9]]
    _, majority, coloured = measure_baselines(labels, folds, colour, resample(np.arange(3), 0))
    assert majority.accuracy.value == pytest.approx(2 / 3)
    assert coloured.accuracy.value == pytest.approx(2 / 3)


def test_neighbours_of_other_folds_vote_and_the_nearest_settles_a_tie() -> None:
    features = np.array([0, 1, 2, 10, 11, 12, 0.4, 10.4], np.float32)[:, None]
    labels = np.array([0, 0, 0, 1, 1, 1, 0, 0])
    test = np.array([6, 7])
    fold = Fold(np.arange(6), test, [])
    held = np.isin(np.arange(8), test)
    found = measure_neighbours(features, labels, [fold], held, resample(np.arange(2), 0))
    assert found.value == 0.5  # 10.4 lies among those of class 1
