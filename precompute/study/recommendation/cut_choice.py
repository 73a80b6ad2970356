"""Which cut to recommend, and honest figures of a cut that was picked among many.

The habit is to cut a network at its last cut. Another cut is recommended where it is better by more
than may be chance: of all cuts the one whose gain over the habit is highest at its lower end, some
standard errors below the mean, and the habit where that is nowhere above 0. The gain is in log
loss, which tells more than accuracy: that jumps by whole photos. It is averaged with those of the
cuts just before and after, which are nearly the same network, and over all dealings of few photos
into folds. The habit, which has a neighbour on one side alone, counts as it is where that is
better: else a poor neighbour speaks for cuts that are worse. `benchmarks/recommendation.py` judges
the rule by photos that were not drawn for the study.

A figure of what was picked by that very figure is too high. So the whole choice is made anew on
each resample of the photos, and judged by the photos that this resample has left out (bootstrap
bias corrected cross-validation: Tsamardinos, Greasidou and Borboudakis, Machine Learning 107,
2018). The mean of that is the accuracy, with the interval of a share of as many photos; and how far
its gain differs among resamples, which have fewer photos left out, widens the interval of the gain.

The saver is the cheapest cut whose expected loss against the recommended one is tolerable: the mean
of what it may lose, where it may be the better one counted as no loss. The fewer the photos, the
more may be lost. Of many cheap cuts one always looks good by luck: its log loss has to bear it out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from diamond_cutter.precompute.stores.study.study_layout import Measured
from diamond_cutter.precompute.study.resampling import Resamples, Z, share_interval

CAUTION = 1.0
"""Standard errors that the gain of another cut is to lie above 0; more of them where there is more
than one network to pick from."""

BORNE_OUT = 0.5
"""Standard errors by which the saver's log loss may be above that of the recommended cut."""

_NEGLIGIBLE = 1e-9
"""A gain in log loss, in nats, that is nothing but rounding."""

_ADDED = 2
"""Photos on which one of two cuts alone is right, added in their interval (see `comparison`)."""

_ADDED_NATS = 2.0
"""The difference in log loss on each of those photos: few can't tell as surely as it looks."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """The cuts that were chosen, by their columns, and what is expected of them.

    `accuracy`: of the recommended cut on new photos; `gain`: that less the habit's; `loss`: that
    less the saver's. A figure of a cut against itself is 0, with no interval.
    """

    recommended: int
    saver: int
    accuracy: Measured
    gain: Measured
    loss: Measured


def choose(
    likelihood: NDArray[np.floating],
    right: NDArray[np.floating],
    networks: Sequence[str],
    habit: int,
    price: NDArray[np.floating],
    tolerance: float,
    resamples: Resamples,
) -> Choice:
    """Choose among M cuts by what their heads make of N held-out photos.

    `likelihood (N, M)`: the log of the probability of each photo's own class; `right (N, M)`, 0..1:
    how often that is the surest; `networks`: of each cut, the cuts of one side by side and in depth
    order; `habit`: the cut of those who don't ask; `price (M,)`: the saver is the cheapest whose
    expected loss is below `tolerance`, 0..1, and whose log loss bears that out. `resamples` are of
    the same photos.
    """
    units = resamples.weights.shape[1]
    photos = np.bincount(resamples.unit, minlength=units).astype(np.float64)
    smoothing = _smoothing(networks)
    sums = _by_unit(right, resamples.unit, units)
    likely = _by_unit(likelihood, resamples.unit, units)
    smooth, sure = sums @ smoothing, likely @ smoothing
    if likely[:, habit].sum() > sure[:, habit].sum():
        sure[:, habit] = likely[:, habit]
    cheap = np.argsort(price, kind="stable")
    caution = np.sqrt(CAUTION**2 + 2 * np.log(len(set(networks))))

    def pick(weights: Floats) -> NDArray[np.intp]:
        """The recommended cut by each row of weights."""
        gain, error = _gains(sure - sure[:, [habit]], photos, weights)
        gain -= caution * error
        gain[:, habit] = _NEGLIGIBLE
        picked: NDArray[np.intp] = gain.argmax(axis=1)
        return picked

    everything = np.ones((1, units))
    recommended = int(pick(everything)[0])
    left = resamples.weights == 0
    drawn = resamples.weights[left.any(axis=1)].astype(np.float64)
    out = (drawn == 0).astype(np.float64)
    if not len(drawn):  # of a single group nothing is ever left out
        drawn = out = everything
    anew = pick(drawn)
    outside = out @ sums / (out @ photos)[:, None]
    row = np.arange(len(drawn))

    losses = _losses(smooth, sums, photos, recommended)
    behind, doubt = (each[0] for each in _gains(sure[:, [recommended]] - sure, photos, everything))
    may_save = (losses < tolerance) & (behind <= BORNE_OUT * doubt)
    saver = int(cheap[may_save[cheap].argmax()])
    gains = outside[row, anew] - outside[:, habit]
    by_choice = float(gains.std()) * np.sqrt((out @ photos).mean() / photos.sum())
    value = float(outside[row, anew].mean())
    independent = float(resamples.groups.max() + 1)
    shares = resamples.weights @ sums[:, recommended] / (resamples.weights @ photos)
    return Choice(
        recommended=recommended,
        saver=saver,
        accuracy=Measured(value, share_interval(value, shares, independent)),
        gain=_between(
            float(gains.mean()),
            sums[:, [recommended, habit]],
            photos,
            recommended == habit,
            by_choice,
        ),
        loss=_between(
            float(losses[saver]), sums[:, [recommended, saver]], photos, recommended == saver
        ),
    )


def _by_unit(values: NDArray[Any], unit: NDArray[np.int64], units: int) -> Floats:
    """The sums, (U, M), of the (N, M) figures of photos that are drawn together."""
    return np.stack([np.bincount(unit, column, units) for column in values.T], axis=1)


def _smoothing(networks: Sequence[str]) -> Floats:
    """What each cut's accuracy is made of, (M, M): half of it its own, the rest its neighbours'."""
    name, place = np.array(networks), np.arange(len(networks))
    near = np.abs(np.subtract.outer(place, place)) == 1
    weights = 2.0 * np.eye(len(name)) + (near & (name[:, None] == name))
    smoothing: Floats = weights / weights.sum(axis=0)
    return smoothing


def _gains(sums: Floats, photos: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Mean and standard error, (B, M), of differences in nats whose sums by unit are (U, M)."""
    number = weights @ photos
    mean = weights @ sums / number[:, None]
    squares = weights @ sums**2 - 2 * mean * (weights @ (sums * photos[:, None]))
    squares += mean**2 * (weights @ photos**2)[:, None]
    return mean, np.sqrt(np.maximum(squares, 0) + _ADDED * _ADDED_NATS**2) / number[:, None]


def _losses(smooth: Floats, sums: Floats, photos: Floats, chosen: int) -> Floats:
    """What each cut is expected to lose against the chosen one, (M,), if it is the worse one.

    The mean of max(0, loss) over a normal distribution: that a cut may also be the better one is
    no reason to expect less of a loss.
    """
    number = photos.sum()
    mean = (smooth[:, [chosen]] - smooth).sum(axis=0) / number
    difference = sums[:, [chosen]] - sums
    difference -= difference.sum(axis=0) / number * photos[:, None]
    error = np.sqrt((difference**2).sum(axis=0) + _ADDED) / number
    place = mean / error
    density = np.exp(-0.5 * place**2) / np.sqrt(2 * np.pi)
    losses = np.asarray(mean * ndtr(place) + error * density, np.float64)
    losses[chosen] = -np.inf
    return losses


def _between(
    value: float, sums: Floats, photos: Floats, same: bool, by_choice: float = 0.0
) -> Measured:
    """The difference of two cuts with its interval; `sums (U, 2)`: their right photos by unit.

    `by_choice`: the standard error that comes from which cut is picked.
    """
    if same:
        return Measured(0.0, (0.0, 0.0))
    difference, number = sums[:, 0] - sums[:, 1], photos.sum()
    spread = ((difference - difference.sum() / number * photos) ** 2).sum()
    reach = Z * float(np.hypot(np.sqrt(spread + _ADDED) / number, by_choice))
    return Measured(value, (value - reach, value + reach))
