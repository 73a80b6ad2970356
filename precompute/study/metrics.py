"""What held-out photos say of a cut: figures with intervals, confusion of classes, calibration."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.study.study_layout import (
    Bin,
    Calibration,
    ClassFigures,
    Measured,
    Metrics,
)
from diamond_cutter.precompute.study.resampling import (
    Resamples,
    percentile_interval,
    share_interval,
    wilson,
)

BINS = 10


def calibrate(probability: NDArray[np.floating], right: NDArray[np.bool_]) -> Calibration:
    """The reliability of (N, K) probabilities, whose surest class is `right` (N,) or not.

    Ten bins of the same width over the probability of the surest class. The error is the distance
    between how sure and how often right, averaged over photos: the expected calibration error of
    Naeini, Cooper and Hauskrecht (AAAI 2015) as Guo, Pleiss, Sun and Weinberger (ICML 2017,
    equation 3) measure it.
    """
    confidence = probability.max(axis=1).astype(np.float64)
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)  # 1 lies in the last bin
    photos = np.bincount(place, minlength=BINS)
    sure = np.bincount(place, confidence, BINS)
    correct = np.bincount(place, right, BINS)
    bins = [
        Bin(
            low=index / BINS,
            high=(index + 1) / BINS,
            photos=int(photos[index]),
            confidence=float(sure[index] / photos[index]) if photos[index] else None,
            accuracy=float(correct[index] / photos[index]) if photos[index] else None,
        )
        for index in range(BINS)
    ]
    return Calibration(float(np.abs(sure - correct).sum() / len(right)), bins)


LEAST = float(np.finfo(np.float32).eps)
"""A probability counts as at least so much in the log loss, as scikit-learn has it for float32."""

MANY_CLASSES = 10
TOP = 5
"""From so many classes on, how often the right class is among the surest few, and how many."""


def measure(
    labels: NDArray[np.integer],
    probability: NDArray[np.floating],
    class_names: Sequence[str],
    resamples: Resamples,
) -> tuple[Metrics, NDArray[np.int64]]:
    """Measure (N, K) held-out probabilities against (N,) labels: figures, and (K, K) confusion.

    Of held-out photos only, N at least 1, without NaN; `resamples` are of the same photos. The
    confusion counts photos by class (row) and predicted class (column). Balanced accuracy and
    macro-F1 are means over the classes that have photos here; a class that is never predicted has
    an F1 of 0.
    """
    number = len(class_names)
    predicted = probability.argmax(axis=1)
    right = predicted == labels
    confusion = np.bincount(labels * number + predicted, minlength=number * number)
    confusion = confusion.reshape(number, number).astype(np.int64)
    photos, named = confusion.sum(1), confusion.sum(0)
    independent = _groups_of_classes(labels, number, resamples)
    there = photos > 0

    counts = (each.astype(np.float64) for each in (np.diag(confusion), photos, named))
    recall, f1 = _recall_and_f1(*counts)
    drawn_photos = resamples.counts(labels, number)
    drawn_right = resamples.counts(labels, number, right)
    drawn_recall, drawn_f1 = _recall_and_f1(
        drawn_right, drawn_photos, resamples.counts(predicted, number)
    )
    # a mean of shares over classes is as uncertain as its smallest classes make it
    number_of_mean = float(there.sum() ** 2 / (1 / independent[there]).sum())

    losses = -np.log(np.clip(_of_class(probability, labels).astype(np.float64), LEAST, None))
    balanced = float(np.nanmean(recall))
    macro = float(np.nanmean(f1))
    metrics = Metrics(
        accuracy=measure_accuracy(right, resamples),
        balanced_accuracy=Measured(
            balanced, share_interval(balanced, np.nanmean(drawn_recall, 1), number_of_mean)
        ),
        macro_f1=Measured(macro, share_interval(macro, np.nanmean(drawn_f1, 1), number_of_mean)),
        log_loss=Measured(
            float(losses.mean()),
            percentile_interval(resamples.totals(losses[:, None])[:, 0] / drawn_photos.sum(1)),
        ),
        top_k={str(TOP): _share_in_top(labels, probability)} if number >= MANY_CLASSES else {},
        calibration=calibrate(probability, right),
        classes=[
            ClassFigures(
                name=name,
                photos=int(photos[index]),
                precision=float(confusion[index, index] / named[index]) if named[index] else None,
                recall=float(recall[index]) if there[index] else None,
                f1=float(f1[index]) if there[index] else None,
                recall_interval=wilson(float(np.nan_to_num(recall[index])), independent[index]),
            )
            for index, name in enumerate(class_names)
        ],
    )
    return metrics, confusion


def measure_accuracy(right: NDArray[np.bool_], resamples: Resamples) -> Measured:
    """How often (N,) photos are `right`; `resamples` are of the same photos."""
    share = float(right.mean())
    drawn = resamples.counts(right.astype(np.int64), 2)
    independent = float(resamples.groups.max() + 1)
    return Measured(share, share_interval(share, drawn[:, 1] / drawn.sum(1), independent))


def _recall_and_f1(
    right: NDArray[np.float64], photos: NDArray[np.float64], named: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Recall and F1 by class, (..., K), from counts of photos; NaN where a class has none."""
    photos = np.where(photos > 0, photos, np.nan)
    return right / photos, 2 * right / (photos + named)


def _groups_of_classes(
    labels: NDArray[np.integer], number: int, resamples: Resamples
) -> NDArray[np.int64]:
    """How many independent photos each class has, (K,): near duplicates count as one."""
    pairs = np.unique(np.stack([labels.astype(np.int64), resamples.groups], 1), axis=0)
    return np.bincount(pairs[:, 0], minlength=number)


def _of_class(
    probability: NDArray[np.floating], labels: NDArray[np.integer]
) -> NDArray[np.floating]:
    """The probability of each photo's own class, (N,)."""
    return np.take_along_axis(probability, labels[:, None].astype(np.int64), axis=1)[:, 0]


def _share_in_top(labels: NDArray[np.integer], probability: NDArray[np.floating]) -> float:
    """How often the photo's class is among the `TOP` surest; of equals, the earlier is surer."""
    own = _of_class(probability, labels)[:, None]
    earlier = np.arange(probability.shape[1]) < labels[:, None]
    surer = (probability > own) | ((probability == own) & earlier)
    return float((surer.sum(1) < TOP).mean())
