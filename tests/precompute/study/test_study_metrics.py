import warnings

import numpy as np
import pytest
import sklearn.metrics
from numpy.typing import NDArray
from scipy.stats import binomtest

from diamond_cutter.precompute.study.metrics import calibrate, measure, measure_accuracy
from diamond_cutter.precompute.study.resampling import resample


def made_up(
    photos: int, classes: int, strength: float, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(classes, size=photos)
    logits = generator.normal(size=(photos, classes))
    logits[np.arange(photos), labels] += strength
    exponentials = np.exp(logits)
    return labels, np.float32(exponentials / exponentials.sum(1, keepdims=True))


def names(number: int) -> list[str]:
    return [f"class {index}" for index in range(number)]


@pytest.mark.parametrize(("photos", "classes"), [(450, 5), (700, 12), (40, 2)])
def test_figures_are_scikit_learns(photos: int, classes: int) -> None:
    labels, probability = made_up(photos, classes, 1.5)
    predicted = probability.argmax(1)
    metrics, confusion = measure(
        labels, probability, names(classes), resample(labels * 0 + np.arange(photos), 0)
    )
    assert np.array_equal(confusion, sklearn.metrics.confusion_matrix(labels, predicted))
    assert confusion.dtype == np.int64
    assert metrics.accuracy.value == pytest.approx(
        sklearn.metrics.accuracy_score(labels, predicted)
    )
    assert metrics.balanced_accuracy.value == pytest.approx(
        sklearn.metrics.balanced_accuracy_score(labels, predicted)
    )
    assert metrics.macro_f1.value == pytest.approx(
        sklearn.metrics.f1_score(labels, predicted, average="macro")
    )
    assert metrics.log_loss.value == pytest.approx(
        sklearn.metrics.log_loss(labels, probability), rel=1e-5
    )
    precision, recall, f1, support = sklearn.metrics.precision_recall_fscore_support(
        labels, predicted
    )
    assert [each.precision for each in metrics.classes] == pytest.approx(precision)
    assert [each.recall for each in metrics.classes] == pytest.approx(recall)
    assert [each.f1 for each in metrics.classes] == pytest.approx(f1)
    assert [each.photos for each in metrics.classes] == support.tolist()
    assert [each.name for each in metrics.classes] == names(classes)
    if classes < 10:
        assert metrics.top_k == {}
    else:
        top = sklearn.metrics.top_k_accuracy_score(labels, probability, k=5)
        assert metrics.top_k == {"5": pytest.approx(top)}


def test_intervals_hold_their_value_and_are_of_the_right_width() -> None:
    labels, probability = made_up(450, 5, 2.5)
    metrics, _ = measure(labels, probability, names(5), resample(np.arange(450), 0))
    for figure in (metrics.accuracy, metrics.balanced_accuracy, metrics.macro_f1, metrics.log_loss):
        assert figure.interval[0] < figure.value < figure.interval[1]
    right = int((probability.argmax(1) == labels).sum())
    expected = binomtest(right, 450).proportion_ci(method="wilson")
    assert metrics.accuracy.interval == pytest.approx((expected.low, expected.high), abs=3e-3)
    losses = -np.log(np.take_along_axis(probability, labels[:, None], 1)[:, 0])
    reach = 1.96 * losses.std() / np.sqrt(450)
    assert metrics.log_loss.interval == pytest.approx(
        (losses.mean() - reach, losses.mean() + reach), abs=0.12 * reach
    )
    first = metrics.classes[0]
    assert first.recall is not None
    recalled = binomtest(round(first.recall * first.photos), first.photos)
    low, high = recalled.proportion_ci(method="wilson")
    assert first.recall_interval == pytest.approx((low, high))


def test_copies_of_photos_are_no_evidence() -> None:
    labels, probability = made_up(100, 3, 1.5)
    alone, _ = measure(labels, probability, names(3), resample(np.arange(100), 0))
    four = [np.repeat(each, 4, axis=0) for each in (labels, probability, np.arange(100))]
    copied, _ = measure(four[0], four[1], names(3), resample(four[2], 0))
    assert copied.accuracy.value == pytest.approx(alone.accuracy.value)
    assert copied.accuracy.interval == pytest.approx(alone.accuracy.interval, abs=0.01)
    assert copied.macro_f1.interval == pytest.approx(alone.macro_f1.interval, abs=0.01)
    assert copied.log_loss.interval == pytest.approx(alone.log_loss.interval, abs=0.01)
    assert copied.classes[1].recall_interval == pytest.approx(alone.classes[1].recall_interval)


def test_all_right_and_a_class_of_two() -> None:
    labels = np.array([0] * 48 + [1] * 2)
    probability = np.float32(np.eye(2))[labels]
    metrics, _ = measure(labels, probability, names(2), resample(np.arange(50), 0))
    assert metrics.accuracy.value == 1.0
    assert metrics.accuracy.interval == pytest.approx((0.9286, 1.0), abs=1e-4)
    # the mean over classes is hardly surer than its class of two: as 4 / (1 / 48 + 1 / 2) photos
    assert metrics.balanced_accuracy.interval == pytest.approx(
        (7.68 / (7.68 + 1.95996**2), 1.0), abs=1e-4
    )
    assert metrics.log_loss.value == 0.0
    assert metrics.classes[1].recall_interval == pytest.approx((0.3424, 1.0), abs=1e-4)


def test_a_sure_mistake_costs_a_finite_loss() -> None:
    labels = np.array([0, 1, 1])
    probability = np.float32([[1, 0], [1, 0], [0, 1]])
    metrics, _ = measure(labels, probability, names(2), resample(np.arange(3), 0))
    assert metrics.log_loss.value == pytest.approx(23 * np.log(2) / 3)


def test_classes_without_held_out_photos_and_never_predicted() -> None:
    labels = np.array([0, 0, 0, 1, 1])
    probability = np.float32([[0.8, 0.1, 0.1]] * 3 + [[0.7, 0.2, 0.1]] * 2)
    metrics, confusion = measure(labels, probability, ["a", "b", "c"], resample(np.arange(5), 0))
    assert confusion.tolist() == [[3, 0, 0], [2, 0, 0], [0, 0, 0]]
    first, second, third = metrics.classes
    assert (first.precision, first.recall, first.f1) == pytest.approx((0.6, 1.0, 0.75))
    assert (second.precision, second.recall, second.f1) == (None, 0.0, 0.0)
    assert (third.precision, third.recall, third.f1, third.photos) == (None, None, None, 0)
    assert third.recall_interval == (0.0, 1.0)
    assert metrics.balanced_accuracy.value == pytest.approx(0.5)
    assert metrics.macro_f1.value == pytest.approx(0.375)


def test_one_photo() -> None:
    metrics, _ = measure(
        np.array([1]), np.float32([[0.4, 0.6]]), ["a", "b"], resample(np.array([3]), 0)
    )
    assert metrics.accuracy.value == 1.0
    assert metrics.accuracy.interval == pytest.approx((0.2065, 1.0), abs=1e-4)
    assert metrics.balanced_accuracy.value == 1.0


def test_of_equal_probabilities_the_earlier_is_surer() -> None:
    probability = np.full((2, 10), 0.1, np.float32)
    metrics, _ = measure(np.array([4, 5]), probability, names(10), resample(np.arange(2), 0))
    assert metrics.top_k == {"5": 0.5}


def test_many_classes_with_few_photos_each() -> None:
    labels, probability = made_up(1500, 300, 3.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that some classes have no photo here
        expected = sklearn.metrics.balanced_accuracy_score(labels, probability.argmax(1))
    metrics, confusion = measure(labels, probability, names(300), resample(np.arange(1500), 0))
    assert metrics.balanced_accuracy.value == pytest.approx(expected)
    assert confusion.sum() == 1500
    # classes are about as large: the mean over them is about as sure as that over photos
    widths = [
        high - low for low, high in (metrics.accuracy.interval, metrics.balanced_accuracy.interval)
    ]
    assert 1 < widths[1] / widths[0] < 1.4


def test_calibration_by_hand() -> None:
    probability = np.float32([[0.95, 0.05], [0.91, 0.09], [0.65, 0.35], [0.5, 0.5], [1.0, 0.0]])
    right = np.array([True, False, True, False, True])
    calibration = calibrate(probability, right)
    assert [each.photos for each in calibration.bins] == [0, 0, 0, 0, 0, 1, 1, 0, 0, 3]
    assert calibration.bins[0].confidence is None
    assert calibration.bins[0].accuracy is None
    last = calibration.bins[9]
    assert (last.low, last.high) == (0.9, 1.0)
    assert (last.confidence, last.accuracy) == pytest.approx((2.86 / 3, 2 / 3))
    assert calibration.error == pytest.approx((0.5 + 0.35 + 0.86) / 5)


def test_true_probabilities_are_calibrated() -> None:
    generator = np.random.default_rng(0)
    sure = generator.uniform(0.5, 1, 20_000)
    right = generator.random(20_000) < sure
    assert calibrate(np.stack([sure, 1 - sure], 1), right).error < 0.015
    tempered = np.stack([sure**3, 1 - sure**3], 1)
    assert calibrate(tempered, right).error > 0.1


def test_accuracy_is_that_of_measure() -> None:
    labels, probability = made_up(80, 4, 1.0)
    resamples = resample(np.arange(80), 2)
    right = probability.argmax(1) == labels
    metrics, _ = measure(labels, probability, names(4), resamples)
    assert measure_accuracy(right, resamples) == metrics.accuracy
