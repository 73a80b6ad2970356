"""The choice among simulated cuts, whose true accuracy is known."""

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.precompute.study.recommendation.cut_choice import Choice, choose
from diamond_cutter.precompute.study.resampling import resample

CUTS = 12
_NORMAL = NormalDist()


def simulate(
    generator: np.random.Generator, photos: int, networks: int, bend: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Log probabilities of the right class (N, M), who is right, and the true accuracies (M,).

    Accuracy rises with depth, and from two thirds of it on falls by `bend`; photos are easy or
    hard for all cuts, and cuts that are near in depth err alike.
    """
    depth = np.linspace(0, 1, CUTS)
    skill = 0.9 - 1.5 * (1 - depth) ** 2 - bend * np.maximum(depth - 0.67, 0)
    skill = np.concatenate([skill + generator.normal(0, 0.1) for _ in range(networks)])
    steps = generator.normal(size=(photos, networks, CUTS)) * 0.3
    chance = np.cumsum(steps, axis=2) / np.sqrt(np.arange(1, CUTS + 1)) * 2
    margin = skill + generator.normal(size=(photos, 1)) + chance.reshape(photos, -1)
    truth = np.array([_NORMAL.cdf(each / np.sqrt(1 + 0.36)) for each in skill])
    return -np.logaddexp(0, -2 * margin), margin > 0, truth


def studies(
    count: int, photos: int, networks: int, bend: float
) -> Iterator[tuple[Choice, NDArray[np.float64]]]:
    """Choices with the true accuracies; the habit is the last cut of the first network."""
    names = [f"net{network}" for network in range(networks) for _ in range(CUTS)]
    price = np.tile(np.arange(1.0, CUTS + 1), networks)
    resamples = resample(np.arange(photos), 0, 300)
    for seed in range(count):
        generator = np.random.default_rng([seed, photos, networks])
        likelihood, right, truth = simulate(generator, photos, networks, bend)
        yield choose(likelihood, right, names, CUTS - 1, price, 0.01, resamples), truth


def holds(interval: tuple[float, float], value: float) -> bool:
    return interval[0] <= value <= interval[1]


@pytest.mark.parametrize(
    ("photos", "networks", "count"), [(60, 1, 200), (150, 1, 200), (150, 20, 40)]
)
def test_intervals_of_what_was_chosen_hold_the_truth(
    photos: int, networks: int, count: int
) -> None:
    covered, biased, lost = [], [], []
    for choice, truth in studies(count, photos, networks, bend=1.0):
        best = truth[choice.recommended]
        covered.append(holds(choice.accuracy.interval, best))
        biased.append(choice.accuracy.value - best)
        lost.append(holds(choice.loss.interval, best - truth[choice.saver]))
    assert 0.92 <= np.mean(covered) <= 1
    assert abs(np.mean(biased)) < 0.015
    assert np.mean(lost) >= 0.93


def test_where_the_last_cut_is_the_best_it_is_recommended() -> None:
    gains = [
        truth[choice.recommended] - truth[CUTS - 1]
        for choice, truth in studies(100, 100, 1, bend=0.0)
    ]
    assert np.mean(gains) > -0.003
    assert np.mean(np.array(gains) < -0.01) < 0.05


def test_where_it_is_not_most_of_what_can_be_gained_is() -> None:
    gains, most = [], []
    for choice, truth in studies(100, 150, 1, bend=2.5):
        gains.append(truth[choice.recommended] - truth[CUTS - 1])
        most.append(truth.max() - truth[CUTS - 1])
    assert np.mean(most) > 0.1
    assert np.mean(gains) > 0.7 * np.mean(most)


def test_one_cut_and_one_photo() -> None:
    one = np.ones((1, 1))
    choice = choose(0 * one, one > 0, ["net"], 0, np.ones(1), 0.01, resample(np.zeros(1, int), 0))
    assert (choice.recommended, choice.saver, choice.accuracy.value) == (0, 0, 1.0)
    assert (choice.gain.interval, choice.loss.interval) == ((0.0, 0.0), (0.0, 0.0))


def test_cuts_of_different_networks_lend_each_other_nothing() -> None:
    """The last cut of one network and the first of the next stand side by side by chance only."""
    right = np.ones((80, 4), bool)
    right[:70, 2] = False
    likelihood = np.log(np.where(right, 0.9, 0.1))
    choice = choose(
        likelihood, right, ["a", "a", "b", "b"], 1, np.array([2.0, 1.0, 1.0, 2.0]), 0.01,
        resample(np.arange(80), 0),
    )  # fmt: skip
    assert (choice.recommended, choice.saver) == (1, 1)


def test_a_poor_neighbour_does_not_speak_against_the_last_cut() -> None:
    right = np.ones((200, 4), bool)
    likelihood = np.log(np.tile([0.8, 0.8, 0.5, 0.82], (200, 1)))
    choice = choose(
        likelihood, right, ["a"] * 4, 3, np.array([1.0, 2, 3, 4]), 0.01,
        resample(np.arange(200), 0),
    )  # fmt: skip
    assert choice.recommended == 3


def test_a_cheaper_cut_that_errs_alike_saves_and_one_that_errs_otherwise_may_lose() -> None:
    right = np.ones((300, 4), bool)
    right[:40, [1, 3]] = False  # the habit, and one that errs on the same photos
    right[40:80, 0] = False  # as often right, on others
    right[:, 2] = np.arange(300) < 40
    likelihood = np.log(np.where(right, 0.9, 0.1))
    likelihood[:, [1, 3]] = np.log([0.949, 0.95])  # so that its log loss bears it out
    choice = choose(
        likelihood, right, ["a", "b", "c", "d"], 3, np.array([1.0, 2, 3, 4]), 0.01,
        resample(np.arange(300), 0),
    )  # fmt: skip
    assert (choice.recommended, choice.saver) == (3, 1)
    assert choice.loss.value == pytest.approx(np.sqrt(2 / (2 * np.pi)) / 300)
    # the cheapest may lose more: it alone is right, or wrong, on 80 photos, and two are added
    assert np.sqrt(82 / (2 * np.pi)) / 300 > 0.01


def test_a_cheaper_cut_that_is_as_often_right_but_less_sure_is_no_saver() -> None:
    right = np.ones((300, 2), bool)
    right[:40] = False
    likelihood = np.log(np.where(right, [0.7, 0.9], [0.1, 0.1]))
    price = np.array([1.0, 2.0])
    choice = choose(likelihood, right, ["a", "b"], 1, price, 0.01, resample(np.arange(300), 0))
    assert (choice.recommended, choice.saver) == (1, 1)
