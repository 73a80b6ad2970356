"""Whether probabilities are what they say: how sure a head is, against how often it is right."""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.contract.study import Bin, Calibration

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
