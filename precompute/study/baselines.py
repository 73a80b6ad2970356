"""What needs no network: chance, the majority class, and colours alone."""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.study.study_layout import Baseline, Measured
from diamond_cutter.precompute.study.metrics import measure_accuracy
from diamond_cutter.precompute.study.resampling import Resamples


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

    "chance" is 1 / K, "majority" names the largest class of the other folds for all of a fold.
    """
    held = folds >= 0
    number = colour.shape[1]
    majority = np.empty(len(labels), np.int64)
    for fold in np.unique(folds[held]):
        training = labels[folds != fold]
        majority[folds == fold] = np.bincount(training, minlength=number).argmax()
    return [
        Baseline("chance", Measured(1 / number, (1 / number, 1 / number))),
        Baseline("majority", measure_accuracy((majority == labels)[held], resamples)),
        Baseline(
            "colour", measure_accuracy(colour[held].argmax(axis=1) == labels[held], resamples)
        ),
    ]
