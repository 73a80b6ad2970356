"""Photos whose label the heads doubt: confident learning, on held-out probabilities.

A label is doubted where another class is likelier, and at least as likely as it is on average for
photos that are labelled so: a class which the heads are never sure of is measured by what is usual
for it (Northcutt, Jiang and Chuang, Journal of Artificial Intelligence Research 70, 2021). cleanlab
does the same, but would bring pandas for these few lines. Doubts are ranked by the odds of the two
classes, from the mean probabilities of the cuts that may be the best: of labels flipped on purpose
that finds more than one cut alone does, and than the difference of the two classes does
(`benchmarks/label_doubts.py`).

Heads that know nothing have no doubts: a class counts only if it has photos enough, and if they get
more of its probability than the others do, by more than chance (Mann and Whitney, Annals of
Mathematical Statistics 18, 1947).
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from diamond_cutter.precompute.stores.study.study_layout import LabelDoubt, LabelDoubts
from diamond_cutter.precompute.study.recommendation.recommendation_text import FEW

ALPHA = 0.001
"""The level of the test whether heads know a class."""
_LEAST = 1e-9
"""A probability counts as at least so much in the odds."""

Floats = NDArray[np.floating]


def find_doubts(
    cuts: Sequence[tuple[str, str]],
    probabilities: Iterable[Floats],
    labels: NDArray[np.integer],
    classes: Sequence[str],
    paths: Sequence[str],
) -> LabelDoubts:
    """The labels of N photos, of K classes, that the heads of some cuts doubt.

    cuts: backbone and name of each; probabilities: their held-out ones, (N, K) each, NaN where a
    photo is held out in no fold: nothing is said of it. labels (N,); paths (N,): of the photos.
    """
    mean = np.zeros((len(labels), len(classes)))
    for probability in probabilities:  # one at a time: they may be large
        mean += probability / len(cuts)
    held = np.flatnonzero(~np.isnan(mean).any(axis=1))
    mean, given = mean[held], labels[held]
    known = _known(given, mean)
    score, other = score_labels(given, mean)
    doubted = known[given] & known[other] & (score > 0.5)
    doubted &= mean[np.arange(len(held)), other] >= _usual(given, mean)[other]
    rows = np.flatnonzero(doubted)
    return LabelDoubts(
        cuts=list(cuts),
        unknown=[name for name, is_known in zip(classes, known, strict=True) if not is_known],
        photos=[
            LabelDoubt(
                paths[held[row]], classes[given[row]], classes[other[row]], score[row].item()
            )
            for row in rows[np.argsort(-score[rows], kind="stable")]
        ],
    )


def score_labels(
    labels: NDArray[np.integer], probability: Floats
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """How doubtful each of N labels is, (N,), 0..1, and the likeliest other class, (N,).

    The score is the probability of that class as a share of its own and the label's; `labels (N,)`
    and `probability (N, K)`, K at least 2.
    """
    row = np.arange(len(labels))
    others = np.maximum(probability, _LEAST).astype(np.float64)
    own = others[row, labels]
    others[row, labels] = 0
    other = others.argmax(axis=1)
    likeliest = others[row, other]
    return likeliest / (likeliest + own), other


def _known(labels: NDArray[np.integer], probability: Floats) -> NDArray[np.bool_]:
    """Which of K classes the heads tell from the others, (K,)."""
    known = np.zeros(probability.shape[1], np.bool_)
    for index, column in enumerate(probability.T):
        of_class = labels == index
        if FEW <= of_class.sum() < len(labels):
            test = mannwhitneyu(column[of_class], column[~of_class], alternative="greater")
            known[index] = test.pvalue < ALPHA
    return known


def _usual(labels: NDArray[np.integer], probability: Floats) -> NDArray[np.float64]:
    """The mean probability of each class over the photos of that label, (K,); 0 without any."""
    number = probability.shape[1]
    own = probability[np.arange(len(labels)), labels]
    photos = np.bincount(labels, minlength=number)
    usual: NDArray[np.float64] = np.bincount(labels, own, number) / np.maximum(photos, 1)
    return usual
