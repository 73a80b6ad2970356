import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from diamond_cutter.precompute.study.recommendation.cut_comparison import compare
from diamond_cutter.precompute.study.resampling import resample

DEPTH = np.concatenate([[0.87, 0.86, 0.85], np.linspace(0.4, 0.84, 15)])
"""The accuracies of 18 cuts, as those of a backbone are spread."""


def draw(
    accuracies: NDArray[np.float64], photos: int, seed: int, shared: float = 0.7
) -> NDArray[np.bool_]:
    """Photos on which cuts of given accuracies are right: some are hard for all of them."""
    generator = np.random.default_rng(seed)
    hardness = generator.normal(size=(photos, 1)) * np.sqrt(shared)
    own = generator.normal(size=(photos, len(accuracies))) * np.sqrt(1 - shared)
    return np.asarray(hardness + own < norm.ppf(accuracies))


def test_truly_best_cut_is_rarely_told_from_the_best() -> None:
    """Where all cuts are equally good, each is the truly best: the hardest case."""
    told = [
        np.mean([not each.tied for each in compare(draw(np.full(18, 0.9), 200, seed), resamples)])
        for seed in range(250)
        for resamples in [resample(np.arange(200), seed, 1000)]
    ]
    assert 0.005 < np.mean(told) < 0.06


def test_cuts_of_one_backbone() -> None:
    best_told, far_told, covered = 0, [], []
    difference = DEPTH - DEPTH.max()
    for seed in range(100):
        found = compare(draw(DEPTH, 450, seed, 0.8), resample(np.arange(450), seed, 1000))
        best_told += not found[0].tied
        far_told.append([not each.tied for each in found if each is not found[0]])
        low, high = np.transpose([each.interval for each in found])
        covered.append((low <= difference + 1e-9) & (difference <= high + 1e-9))
    assert best_told <= 5
    power = dict(zip(DEPTH[1:], np.mean(far_told, axis=0), strict=True))
    assert min(share for accuracy, share in power.items() if accuracy < 0.78) > 0.95
    assert power[0.86] < 0.2
    assert np.mean(covered, axis=0).min() >= 0.95


def test_near_duplicates_are_no_evidence() -> None:
    accuracies = np.array([0.9, 0.86, 0.7])
    right = draw(accuracies, 150, 0)
    once = compare(right, resample(np.arange(150), 0))
    four = compare(np.repeat(right, 4, 0), resample(np.repeat(np.arange(150), 4), 0))
    copies_for_photos = compare(np.repeat(right, 4, 0), resample(np.arange(600), 0))
    # but for the added photos, of which the larger set takes less notice
    assert [each.p for each in four] == pytest.approx([each.p for each in once], abs=0.05)
    assert once[1].tied
    assert four[1].tied
    assert not copies_for_photos[1].tied


def test_what_is_said_of_cuts_hangs_together() -> None:
    right = draw(DEPTH, 300, 5)
    found = compare(right, resample(np.arange(300), 5))
    accuracy = right.mean(0)
    for each, own in zip(found, accuracy, strict=True):
        assert each.difference == pytest.approx(own - accuracy.max())
        assert each.interval[0] <= each.difference <= each.interval[1] <= 0
        assert each.tied == (each.p > 0.05) == (each.interval[1] == 0)
    best = found[int(accuracy.argmax())]
    assert (best.difference, best.p, best.tied) == (0.0, 1.0, True)
    assert any(each.tied for each in found if each is not best)
    assert any(not each.tied for each in found)


def test_cuts_that_differ_on_one_photo_are_tied() -> None:
    right = np.ones((100, 3), bool)
    right[0, 1] = False
    found = compare(right, resample(np.arange(100), 0))
    assert [each.tied for each in found] == [True, True, True]
    assert [each.difference for each in found] == pytest.approx([0, -0.01, 0])


def test_two_cuts_agree_with_the_sign_test() -> None:
    """12 photos tell one cut from the other, 2 the other way: two-sided p of 0.013 by McNemar."""
    right = np.ones((200, 2), bool)
    right[:12, 1] = False
    right[12:14, 0] = False
    found = compare(right, resample(np.arange(200), 0))
    assert not found[1].tied
    assert 0.002 < found[1].p < 0.03
    right[:7, 1] = True  # 5 against 2
    assert compare(right, resample(np.arange(200), 0))[1].tied


def test_one_cut() -> None:
    (only,) = compare(np.array([[True], [False], [True]]), resample(np.arange(3), 0))
    assert (only.difference, only.p, only.tied) == (0.0, 1.0, True)


def test_same_seed_same_comparisons() -> None:
    right = draw(DEPTH, 100, 1)
    first, again = (compare(right, resample(np.arange(100), 9)) for _ in range(2))
    assert first == again
