"""What a recommendation is held against: what needs no network, and what needs no head."""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.heads.feature_basis import standardisation, standardise
from diamond_cutter.precompute.heads.folds import Fold
from diamond_cutter.precompute.stores.study.study_layout import Baseline, Measured
from diamond_cutter.precompute.study.metrics import measure_accuracy
from diamond_cutter.precompute.study.resampling import Resamples

NEIGHBOURS = 5
"""Training photos that vote on a photo's class."""


def measure_baselines(
    labels: NDArray[np.integer],
    folds: NDArray[np.integer],
    colour: NDArray[np.floating],
    resamples: Resamples,
) -> list[Baseline]:
    """The accuracy of what needs no network, held out as that of the cuts.

    labels: (N,), the class of every photo.
    folds: (N,), where each is held out; -1: it only trains.
    colour: (N, K), the probabilities by a head on `thumbnail.histogram` alone, NaN where held out
        in no fold.
    resamples: of the photos that are held out, in their order.

    Those of `measure_untrained`, and "colour".
    """
    held = folds >= 0
    right = colour[held].argmax(axis=1) == labels[held]
    return [
        *measure_untrained(labels, folds, colour.shape[1], resamples),
        Baseline("colour", measure_accuracy(right, resamples)),
    ]


def measure_untrained(
    labels: NDArray[np.integer],
    folds: NDArray[np.integer],
    number: int,
    resamples: Resamples,
) -> list[Baseline]:
    """The accuracy of what needs no training, of `number` classes K.

    "chance" is 1 / K, "majority" names the largest class of the other folds for all of a fold.
    """
    held = folds >= 0
    majority = np.empty(len(labels), np.int64)
    for fold in np.unique(folds[held]):
        training = labels[folds != fold]
        majority[folds == fold] = np.bincount(training, minlength=number).argmax()
    return [
        Baseline("chance", Measured(1 / number, (1 / number, 1 / number))),
        Baseline("majority", measure_accuracy((majority == labels)[held], resamples)),
    ]


def measure_neighbours(
    features: NDArray[np.float32],
    labels: NDArray[np.integer],
    folds: list[Fold],
    held_out: NDArray[np.bool_],
    resamples: Resamples,
) -> Measured:
    """The held-out accuracy of `NEIGHBOURS` nearest neighbours among a fold's training photos.

    features: (N, D), standardised by each fold's training photos; labels (N,); held_out (N,).
    Neighbours vote; of classes with as many votes, that of the nearest.
    """
    named = np.full(len(labels), -1, np.int64)
    for fold in folds:
        mean, spread = standardisation(features[fold.train])
        train = standardise(features[fold.train], mean, spread)
        half = 0.5 * (train**2).sum(axis=1)
        for rows in np.array_split(fold.test, 1 + len(fold.test) // 1024):
            near = half - standardise(features[rows], mean, spread) @ train.T
            order = np.argsort(near, axis=1, kind="stable")[:, :NEIGHBOURS]
            votes = labels[fold.train][order]
            times = (votes[:, :, None] == votes[:, None, :]).sum(axis=2)
            named[rows] = votes[np.arange(len(rows)), times.argmax(axis=1)]
    return measure_accuracy((named == labels)[held_out], resamples)
