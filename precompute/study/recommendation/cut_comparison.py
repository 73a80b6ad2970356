"""Which cuts can be told from the best: all of them compared over the same photos.

Multiple comparisons with the best (Hsu, Ann. Statist. 9, 1981; Edwards and Hsu, J. Amer. Statist.
Assoc. 78, 1983), with the bootstrap in place of normal theory. Every cut in turn is taken for the
best one: then no other beats it by more than chance does. Chance is the greatest difference in
favour of another cut, in standard deviations, among resamples of the photos, less the differences
that were measured. A cut is told from the best where some cut beats it by more than chance does in
all but 5 % of resamples. The truly best cut is one of the cuts, so that it too is told from the
best in 5 % of studies at most, however many cuts there are and whichever comes out first: p needs
no further correction. In simulations that happened in up to 5.5 % of studies where 58 cuts were
equally good, and in less than 1 % where they were as different as those of a backbone are.

The interval is of the difference to the truly best cut, which is never above 0. Its lower end
allows for each cut that may be the best; its upper end is 0 just where the cut may be the best.
"""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.study.study_layout import Comparison
from diamond_cutter.precompute.study.resampling import ALPHA, Resamples

_ADDED = 1
"""Photos added on either side of each two cuts, on which that one alone is right.

So that cuts that differ on hardly any photo are not taken to differ for sure (Bonett and Price,
J. Educ. Behav. Stat. 37, 2012). Resamples get as much noise, as the bootstrap would have of them.
"""


def compare(right: NDArray[np.bool_], resamples: Resamples) -> list[Comparison]:
    """Compare (N, M), whether each of M cuts is right on each held-out photo, with the best.

    In the order of the cuts; `resamples` are of the same photos.
    """
    accuracy = right.mean(axis=0)
    ones = np.ones((len(right), 1))
    drawn = resamples.totals(right.astype(np.float64)) / resamples.totals(ones)
    generator = np.random.default_rng([resamples.seed, *b"compare"])
    smoothing = generator.normal(size=drawn.shape) * np.sqrt(_ADDED) / len(right)
    chance = drawn - accuracy + smoothing
    deviation = _deviations(right, accuracy, resamples)
    cuts = len(accuracy)
    p = np.empty(cuts)
    reach = np.empty(cuts)
    for cut in range(cuts):
        beaten_by = ((accuracy - accuracy[cut]) / deviation[cut]).max()
        by_chance = ((chance - chance[:, cut : cut + 1]) / deviation[cut]).max(axis=1)
        # the photos as they are count as one of the resamples: p is never 0
        p[cut] = (1 + (by_chance >= beaten_by).sum()) / (1 + len(by_chance))
        reach[cut] = np.quantile(by_chance, 1 - ALPHA, method="higher")
    tied = p > ALPHA
    # row: the cut, column: another, of which the difference is taken
    difference = accuracy[:, None] - accuracy
    low = (difference - reach * deviation)[:, tied].min(axis=1)
    high = (difference + reach[:, None] * deviation).min(axis=1)
    best = accuracy.max()
    return [
        Comparison(
            difference=float(accuracy[cut] - best),
            interval=(float(low[cut]), 0.0 if tied[cut] else float(high[cut])),
            p=float(p[cut]),
            tied=bool(tied[cut]),
        )
        for cut in range(cuts)
    ]


def _deviations(
    right: NDArray[np.bool_], accuracy: NDArray[np.float64], resamples: Resamples
) -> NDArray[np.float64]:
    """The standard deviation of the difference in accuracy of each two cuts, (M, M).

    From groups of photos, and with those that are added.
    """
    units = resamples.weights.shape[1]
    surplus = right - accuracy
    sums = np.stack([np.bincount(resamples.unit, column, units) for column in surplus.T], 1)
    products = sums.T @ sums
    own = np.diag(products)
    variance = np.maximum(own[:, None] + own - 2 * products, 0)
    return np.asarray(np.sqrt(variance + 2 * _ADDED) / len(right))
