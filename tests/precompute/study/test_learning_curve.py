"""The curve of accuracy by photos, on shares whose law is known, and on heads."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.heads.head import probabilities
from diamond_cutter.precompute.heads.head_training import Trained
from diamond_cutter.precompute.photos.photo import Dataset, Photo
from diamond_cutter.precompute.stores.study.dataset_report import Split
from diamond_cutter.precompute.stores.study.study_layout import LearningCurve, Measured
from diamond_cutter.precompute.study.cross_validation import (
    LEAST,
    Sample,
    measure_heads,
    take_sample,
    train_heads,
)
from diamond_cutter.precompute.study.recommendation.learning_curve import (
    MORE,
    at_all_photos,
    follow,
    head_variance,
    measure_learning,
)
from diamond_cutter.precompute.study.resampling import resample

CLASSES = 3


def sample_of(labels: NDArray[np.integer], splits: dict[int, Split] | None = None) -> Sample:
    """A sample of photos that nothing but their labels is known of."""
    photos = [
        Photo(Path(), f"{number}.jpg", int(label), (splits or {}).get(number, ""), "", number)
        for number, label in enumerate(labels)
    ]
    return take_sample(Dataset(None, photos, list("abc")), 5, seed=0)  # type: ignore[arg-type]


def draw(
    generator: np.random.Generator, count: int
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Features (N, 1, D) of classes that lie apart in a few of many directions, and the labels."""
    labels = generator.permutation(np.arange(count) % CLASSES)
    centres = np.zeros((CLASSES, 60))
    centres[:, :CLASSES] = 2.0 * np.eye(CLASSES)
    features = centres[labels] + generator.standard_normal((count, 60))
    return features[:, None].astype(np.float32), labels


def test_few_photos_are_dealt_out_several_times_each_held_out_once() -> None:
    sample = sample_of(np.arange(60) % CLASSES)
    assert len(sample.again) == 4
    for folds in sample.again:
        assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(60))
    dealt = {tuple(fold.test) for folds in (sample.folds, *sample.again) for fold in folds}
    assert len(dealt) == 25
    assert len(sample_of(np.arange(400) % CLASSES).again) == 1
    assert sample_of(np.arange(501) % CLASSES).again == []
    assert sample_of(np.arange(60) % CLASSES, dict.fromkeys(range(12), "test")).again == []


def test_a_cut_is_judged_over_all_dealings() -> None:
    features, labels = draw(np.random.default_rng(0), 60)
    sample = sample_of(labels)
    [trained] = train_heads([lambda: features], sample, StudySettings())
    assert trained.predictions.shape == (5, 60, CLASSES)
    trial = measure_heads(trained, sample)
    own = trained.predictions[:, np.arange(60), labels]
    right = trained.predictions.argmax(axis=2) == labels
    np.testing.assert_allclose(trial.likelihood, np.log(np.maximum(own, LEAST)).mean(axis=0))
    np.testing.assert_allclose(trial.share, right.mean(axis=0))
    assert (trial.right == right[0]).all()
    assert 0 < np.mean((trial.share > 0) & (trial.share < 1)) < 0.5


def test_a_known_law_is_followed() -> None:
    photos = [50.0, 100.0, 200.0]
    error = 0.4 * (np.array(photos) / 50) ** -0.5
    shares = np.tile(1 - error, (4000, 1))
    curve = follow(photos, shares, 0.0, 250, resample(np.arange(4000), 0))
    assert [each.value for each in curve.accuracy] == pytest.approx(1 - error)
    law = dict(zip(curve.trend_photos, (each.value for each in curve.trend), strict=True))
    assert (min(law), max(law)) == (50, 250 + MORE)
    assert list(law.values()) == pytest.approx(
        [1 - 0.4 * (number / 50) ** -0.5 for number in law], abs=1e-3
    )
    assert curve.whole.value == pytest.approx(0.4 * (4**-0.5 - 5**-0.5), abs=1e-3)
    assert curve.gain.value == pytest.approx(0.4 * (5**-0.5 - 7**-0.5), abs=1e-3)


@pytest.mark.parametrize("shares", [(1.0, 1.0, 1.0), (0.9, 0.8, 0.7)])
def test_where_more_photos_have_brought_nothing_they_bring_nothing(
    shares: tuple[float, ...],
) -> None:
    curve = follow(
        [20.0, 40.0, 80.0], np.tile(shares, (100, 1)), 0.0, 100, resample(np.arange(100), 0)
    )
    assert (curve.whole.value, curve.gain.value, curve.gain.interval) == (0, 0, (0, 0))


def study(
    features: NDArray[np.float32], labels: NDArray[np.intp]
) -> tuple[Trained, LearningCurve | None]:
    """The heads of some photos, and what more of them are expected to bring."""
    sample, settings = sample_of(labels), StudySettings()
    [trained] = train_heads([lambda: features], sample, settings)
    share = measure_heads(trained, sample).share
    return trained, measure_learning(lambda: features, sample, settings, share)


def test_what_more_photos_bring_is_foretold() -> None:
    """By heads that more photos did train, in some studies; each is judged by many photos."""
    told, true, held = [], [], []
    for seed in range(6):
        generator = np.random.default_rng(seed)
        features, labels = draw(generator, 120 + MORE)
        new, truth = draw(generator, 3000)
        few, curve = study(features[:120], labels[:120])
        more, _ = study(features, labels)
        fewer_right, more_right = (
            (probabilities(each.head, new[:, 0]).argmax(axis=1) == truth).mean()
            for each in (few, more)
        )
        assert curve is not None
        assert curve.photos == pytest.approx([24, 48, 96], abs=1)
        told.append(curve.gain.value)
        true.append(more_right - fewer_right)
        held.append(curve.gain.interval[0] <= true[-1] <= curve.gain.interval[1])
    assert 0.02 < np.mean(true) < 0.2
    assert np.mean(told) == pytest.approx(np.mean(true), abs=0.02)
    assert np.mean(held) > 0.8


def test_photos_too_few_to_be_divided_have_no_curve_and_leave_the_accuracy_as_it_is() -> None:
    features, labels = draw(np.random.default_rng(0), 9)
    assert study(features, labels)[1] is None
    accuracy = Measured(0.7, (0.5, 0.8))
    assert at_all_photos(accuracy, None) == accuracy


def test_the_head_of_all_photos_is_better_by_the_curve_and_less_sure() -> None:
    shares = np.tile([0.6, 0.7, 0.8], (500, 1))
    curve = follow([50, 100, 200], shares, 2.0, 250, resample(np.arange(500), 0))
    found = at_all_photos(Measured(0.8, (0.76, 0.84)), curve)
    assert found.value == pytest.approx(0.8 + curve.whole.value)
    assert 0.01 < curve.whole.value < 0.03
    low, high = found.interval
    of_heads = 1.96 * (2.0 / 250) ** 0.5
    assert found.value - low == pytest.approx(np.hypot(0.04, of_heads), rel=0.02)
    assert high == 1.0  # and no more


def test_heads_that_differ_by_chance_alone_have_next_to_no_variance() -> None:
    """And those whose accuracies differ have theirs, whatever the photos."""
    generator = np.random.default_rng(3)
    folds = np.repeat(np.arange(5), 400)[None]
    alike = generator.random((4, 1, 2000)) < 0.8
    assert head_variance(alike, folds) < 3e-4
    skill = 0.8 + np.repeat(generator.normal(0, 0.06, (4, 5)), 400, axis=1)
    differing = generator.random((4, 1, 2000)) < skill[:, None]
    spread = skill.var(axis=0, ddof=1).mean()
    assert 0.7 * spread < head_variance(differing, folds) < 2 * spread
