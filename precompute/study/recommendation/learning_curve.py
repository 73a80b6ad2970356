"""What more photos would bring: the accuracy of a cut by the number of photos that train its head.

The training photos of every fold are divided into halves and quarters. Each of them trains a head,
judged by the photos that the fold holds out. The share of errors falls about as a power of the
number of photos (Hestness et al., Deep Learning Scaling is Predictable, Empirically, 2017): a line
through the logarithms of both, which is followed a little way on.

What is wrong about it is of two kinds. The photos that judge might have been others: the line is
fitted anew to each resample of them. And the photos that train might have been: how far heads of
different quarters differ, more than the photos that judge them explain, is the variance of a head,
which falls as one over the photos. `benchmarks/recommendation.py` holds all this against heads that
more photos did train.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.heads.folds import Fold, divide, held_out_in
from diamond_cutter.precompute.heads.head_training import train_cuts
from diamond_cutter.precompute.stores.study.study_layout import LearningCurve, Measured
from diamond_cutter.precompute.study.cross_validation import Sample
from diamond_cutter.precompute.study.resampling import (
    Resamples,
    Z,
    percentile_interval,
    share_interval,
)

PARTS = (4, 2)
"""Parts that the training photos are divided into."""

LEAST_GROUPS = 8
"""Groups of photos, at least, that are divided."""

MORE = 100
"""Photos that might be added."""

STEEPEST = 1.0
"""The greatest power with which errors are taken to fall: as one over the photos."""

_HALF = 0.5
"""Errors added, and right photos too, so that none at all has a logarithm."""

_CAREFUL = 0.5
"""Standard errors added to the variance of a head."""

_DRAWN = 24
"""Points of the trend, for charts."""


def measure_learning(
    read: Callable[[], NDArray[np.float32]],
    sample: Sample,
    settings: StudySettings,
    share: NDArray[np.float64],
) -> LearningCurve | None:
    """The learning curve of a cut whose (N, V, D) features `read` gives.

    `share` (held out,), 0..1: how often each held-out photo was right in the study itself. None
    where the photos are too few to be divided.
    """
    label, held_out = sample.label, sample.held_out
    dealings = [sample.folds, *sample.again]
    if any(len(np.unique(sample.group[fold.train])) < LEAST_GROUPS for fold in sample.folds):
        return None
    photos, shares, variance = [], [], 0.0
    for parts in PARTS:
        divided = [
            [divide(fold, label, sample.group, parts, settings.seed) for fold in folds]
            for folds in dealings
        ]
        first, *others = (
            [each[part] for each in folds] for part in range(parts) for folds in divided
        )
        [trained] = train_cuts(
            [read], label, len(sample.classes), first, settings.training, settings.seed, others
        )
        right = trained.predictions[:, held_out].argmax(axis=2) == label[held_out]
        photos.append(_training(first))
        shares.append(right.mean(axis=0))
        if parts == PARTS[0]:
            folds = np.stack([held_out_in(each, len(label))[held_out] for each in dealings])
            variance = photos[0] * head_variance(right.reshape(parts, *folds.shape), folds)
    photos.append(_training(sample.folds))
    shares.append(share)
    return follow(photos, np.stack(shares, axis=1), variance, len(label), sample.resamples)


def _training(folds: Sequence[Fold]) -> float:
    """The photos that train a head, on average."""
    return float(np.mean([len(fold.train) for fold in folds]))


def head_variance(right: NDArray[np.bool_], folds: NDArray[np.int32]) -> float:
    """The variance of the accuracy of heads that different photos train, by that of P heads.

    It is the small difference of two noisy figures: half a standard error is added, since too
    narrow a band would say what is not known; none where there is but one fold. `right` (P, R, N):
    whether each was right on each of N photos in R dealings; `folds` (R, N): in which fold a photo
    was held out.
    """
    excess = []
    for dealt, fold in zip(right.transpose(1, 0, 2).astype(np.float64), folds, strict=True):
        for number in range(fold.max() + 1):
            judged = dealt[:, fold == number]
            by_chance = judged.var(axis=0, ddof=1).mean() / judged.shape[1]
            excess.append(judged.mean(axis=1).var(ddof=1) - by_chance)
    error = np.std(excess) / np.sqrt(len(excess) / len(folds))  # dealings are of the same photos
    return max(0.0, float(np.mean(excess) + _CAREFUL * error))


def follow(
    photos: Sequence[float],
    shares: NDArray[np.float64],
    variance: float,
    whole: int,
    resamples: Resamples,
) -> LearningCurve:
    """The curve through P points, and what lies beyond: at the `whole` set, and `MORE` photos.

    `photos`: that trained heads, in each point; `shares` (N, P), 0..1: how often these were right
    on each of N held-out photos, of which there are `resamples`. `variance`: of the accuracy of a
    head, times the photos that train it.
    """
    count = len(shares)
    drawn = np.append(count, resamples.totals(np.ones((count, 1))))[:, None]
    right = np.concatenate([shares.sum(axis=0)[None], resamples.totals(shares)])
    error = np.log((drawn - right + _HALF) / (drawn + 2 * _HALF))
    middle = float(np.log(photos).mean())
    x = np.log(photos) - middle
    power = np.clip(error @ x / (x @ x), -STEEPEST, 0)

    def accuracy(number: float) -> NDArray[np.float64]:
        """By the photos as they are, and by each resample, (1 + B,)."""
        accurate: NDArray[np.float64] = 1 - np.exp(
            error.mean(axis=1) + power * (np.log(number) - middle)
        )
        return accurate

    def measured(values: NDArray[np.float64], of_heads: float) -> Measured:
        """With the interval of both kinds of error; never beyond -1..1."""
        value = float(values[0])
        ends = percentile_interval(values[1:])
        low, high = (float(np.hypot(value - end, Z * np.sqrt(of_heads))) for end in ends)
        return Measured(value, (max(-1.0, value - low), min(1.0, value + high)))

    along = np.unique(np.geomspace(photos[0], whole + MORE, _DRAWN).round()).astype(int).tolist()
    independent = float(resamples.groups.max() + 1)
    return LearningCurve(
        photos=list(photos),
        accuracy=[
            Measured(float(share), share_interval(float(share), each / drawn[1:, 0], independent))
            for share, each in zip(shares.mean(axis=0), right[1:].T, strict=True)
        ],
        trend_photos=along,
        trend=[measured(accuracy(number), variance / number) for number in along],
        whole=measured(accuracy(whole) - accuracy(photos[-1]), variance / whole),
        more=MORE,
        gain=measured(
            accuracy(whole + MORE) - accuracy(whole), variance * (1 / whole + 1 / (whole + MORE))
        ),
    )


def at_all_photos(accuracy: Measured, learning: LearningCurve | None) -> Measured:
    """The accuracy of the head that is exported, by that of the folds, which fewer photos train.

    As it is where nothing is known of more photos.
    """
    if learning is None:
        return accuracy
    more = learning.whole
    value = min(1.0, accuracy.value + more.value)
    below, above = (
        float(np.hypot(accuracy.value - accuracy.interval[end], more.value - more.interval[end]))
        for end in (0, 1)
    )
    return Measured(value, (max(0.0, value - below), min(1.0, value + above)))
