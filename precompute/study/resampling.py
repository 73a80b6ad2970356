"""Chance, by resampling: the same photos drawn anew for every cut, near duplicates together.

Bootstrap over groups of photos (Efron and Tibshirani, An Introduction to the Bootstrap, 1993;
whole groups are drawn, as Davison and Hinkley, Bootstrap Methods and their Application, 1997,
section 3.8, do with clusters). One set of resamples serves all cuts, so that differences between
cuts are paired.

Intervals of shares are Wilson's (J. Amer. Statist. Assoc. 22, 1927) at the effective number of
photos: the one at which a plain share would vary as much as the resamples do (for shares in
clusters: Franco, Little, Louis and Slud, J. Surv. Stat. Methodol. 7, 2019), and never more than
there are independent photos. So a share of 0 or 1 has an interval of some width. In simulations (40
to 450 photos, 2 to 30 classes, balanced or not, near duplicates or not) such 95 % intervals held
the truth in 92 to 98 % of cases; percentile and BCa intervals fell to 87 % for 40 photos at 95 %
accuracy, and to 49 % for the balanced accuracy of two classes of which one has 12 photos.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.study.study_layout import Interval

RESAMPLES = 2000

UNITS = 4096
"""At most so many units are drawn: more groups are put together at random, as many a unit.

Bounds memory and time whatever the number of photos. A variance from 4,096 random groups is within
some 2 % of that from all (Wolter, Introduction to Variance Estimation, 2007, chapter 2).
"""

ALPHA = 0.05
"""1 less the confidence of intervals, and the level of tests."""

Z = NormalDist().inv_cdf(1 - ALPHA / 2)
"""Standard deviations from the middle to either end of a 95 % interval."""


@dataclass(frozen=True, eq=False)
class Resamples:
    """Photos drawn with replacement, B times.

    `unit` (N,) int64: what each photo is drawn with; `weights` (B, Q) float32: how often each of
    the Q units was drawn; `groups` (N,) int64: 0..G-1, the same for near duplicates.
    """

    unit: NDArray[np.int64]
    weights: NDArray[np.float32]
    groups: NDArray[np.int64]
    seed: int

    def totals(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """The sums over drawn photos of (N, C) figures: (B, C)."""
        units = self.weights.shape[1]
        sums = [np.bincount(self.unit, column, units) for column in values.T]
        return (self.weights @ np.stack(sums, 1).astype(np.float32)).astype(np.float64)

    def counts(
        self, classes: NDArray[np.integer], number: int, where: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """The drawn photos of each class: (B, `number`), from each photo's, (N,).

        `where` (N,) counts some photos only.
        """
        units = self.weights.shape[1]
        cells = self.unit * number + classes
        cells = cells if where is None else cells[where]
        sums = np.bincount(cells, minlength=units * number).reshape(units, number)
        return (self.weights @ sums.astype(np.float32)).astype(np.float64)


def resample(groups: NDArray[np.integer], seed: int, count: int = RESAMPLES) -> Resamples:
    """Draw photos anew `count` times; `groups` (N,) is the same for near duplicates.

    The same `groups` and `seed` give the same resamples.
    """
    generator = np.random.default_rng([seed, *b"resample"])
    group = np.unique(groups, return_inverse=True)[1].astype(np.int64)
    number = int(group.max()) + 1
    units = min(number, UNITS)
    unit = generator.permutation(number)[group] % units
    drawn = generator.integers(units, size=(count, units)) + units * np.arange(count)[:, None]
    weights = np.bincount(drawn.ravel(), minlength=count * units).reshape(count, units)
    return Resamples(unit, weights.astype(np.float32), group, seed)


def wilson(share: float, number: float) -> Interval:
    """The 95 % score interval of a share, 0..1, of `number` independent photos."""
    if number == 0:
        return 0.0, 1.0
    inflated = 1 + Z**2 / number
    centre = (share + Z**2 / (2 * number)) / inflated
    reach = Z / inflated * np.sqrt(share * (1 - share) / number + Z**2 / (4 * number**2))
    # the ends are exact at 0 and 1, where rounding would leave the share outside
    return min(share, max(0.0, float(centre - reach))), max(share, min(1.0, float(centre + reach)))


def share_interval(share: float, resampled: NDArray[np.float64], number: float) -> Interval:
    """The 95 % interval of a share, 0..1, that came out as (B,) `resampled`.

    `number`: the independent photos it would rest on if it were a plain share.
    """
    spread = float(np.var(resampled))
    natural = share * (1 - share)
    return wilson(share, min(number, natural / spread) if spread > 0 and natural > 0 else number)


def percentile_interval(resampled: NDArray[np.float64]) -> Interval:
    """The 95 % percentile interval of a figure without bounds, from (B,) resampled ones.

    That of a mean log loss held the truth in 92 % of simulated studies of 40 photos, and in 94 % of
    those of 450.
    """
    low, high = np.quantile(resampled, [ALPHA / 2, 1 - ALPHA / 2])
    return float(low), float(high)
