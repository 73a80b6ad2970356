"""Which words fit a channel, and which of them hold on photos that they were not chosen on.

One half of the photos chooses: a word fits as well as the values of the photos for the channel are
correlated with what the concept has for them (Pearson's r). With logarithms of chances that finds
the own class of a class logit more often, and the same word on other photos, than soft pointwise
mutual information of the strongest photos (CLIP-Dissect, Oikarinen and Weng 2023,
https://arxiv.org/abs/2204.10965): `benchmarks/words.py`. The other half judges.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, hypergeom

from diamond_cutter.precompute.atlas.evidence.evidence_trials import interval
from diamond_cutter.precompute.stores.atlas.activation_statistics import normalised
from diamond_cutter.precompute.stores.atlas.word_layout import MOST

FEWEST = 100
"""Photos that words are told by, at least."""

STRONGEST = 0.1
"""Of the photos that judge, the part that excites a channel most, and that fits a word best."""

FIRST = 10
"""A word that holds is one of so many that fit best on the photos that judge, too."""

FALSE_SHARE = 0.05
"""Of the words of a layer, those that hold by chance, as expected."""

_SEED = 0


@dataclass(frozen=True, eq=False)
class ChosenWords:
    """All as `Words` has them, but that word counts all concepts."""

    judged: int
    strongest: int
    word: NDArray[np.int32]
    share: NDArray[np.float32]
    interval: NDArray[np.float32]
    chance: NDArray[np.float32]


def choose_words(values: NDArray[np.floating], concepts: NDArray[np.floating]) -> ChosenWords:
    """The words for C channels by their values for P photos, (P, C), of K concepts, (P, K).

    Of the photos that judge, those that excite the channel most are held against those that fit
    the word best. If the photos were shuffled, hypergeometric chances would tell how many are both
    (Fisher's exact test); as many words hold as leave `FALSE_SHARE` of them to chance (Benjamini
    and Hochberg 1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x).
    """
    photos = np.random.default_rng(_SEED).permutation(len(values))
    choosing, judging = np.array_split(photos, 2)
    candidates = np.argsort(-_fit(values[choosing], concepts[choosing]), axis=1, kind="stable")
    candidates = candidates[:, :MOST]
    values, concepts = values[judging], concepts[judging]
    fit = _fit(values, concepts)
    own = np.take_along_axis(fit, candidates, 1)
    is_first = np.stack([(fit > each[:, None]).sum(1) < FIRST for each in own.T], axis=1)

    strongest = max(1, round(STRONGEST * len(judging)))
    excited = np.argsort(-np.nan_to_num(values), axis=0, kind="stable")[:strongest]
    fitting = _fitting(concepts, strongest)
    both = fitting[excited[:, :, None], candidates].sum(0)
    many = fitting.sum(0)[candidates]
    chances = hypergeom.sf(both - 1, len(judging), many, strongest)
    holds = false_discovery_control(chances.ravel()).reshape(chances.shape) <= FALSE_SHARE
    holds &= is_first & (own > 0)

    share, chance = both / strongest, many / len(judging)
    order = np.argsort(~holds, axis=1, kind="stable")
    ordered = np.take_along_axis(holds, order, 1)

    def kept(each: NDArray[np.generic], none: int) -> NDArray[np.generic]:
        """What holds of (C, M), in order, and `none` to the end of (C, MOST)."""
        whole = np.full((len(each), MOST), none, each.dtype)
        whole[:, : each.shape[1]] = np.where(ordered, np.take_along_axis(each, order, 1), none)
        return whole

    ends = np.moveaxis(interval(share, strongest), -1, 0)
    return ChosenWords(
        judged=len(judging),
        strongest=strongest,
        word=kept(candidates, -1).astype(np.int32),
        share=kept(share, 0).astype(np.float32),
        interval=np.stack([kept(each, 0) for each in ends], axis=-1).astype(np.float32),
        chance=kept(chance, 0).astype(np.float32),
    )


def _fit(values: NDArray[np.floating], concepts: NDArray[np.floating]) -> NDArray[np.float32]:
    """Pearson's r of each channel with each concept, (C, K)."""
    return normalised(values).T @ normalised(concepts)


def _fitting(concepts: NDArray[np.floating], count: int) -> NDArray[np.bool_]:
    """Which photos fit a concept best, (P, K): so many and those as good; of a class all it has."""
    least = -np.partition(-concepts, count - 1, axis=0)[count - 1]
    fitting: NDArray[np.bool_] = (concepts >= least) & (concepts > concepts.min(axis=0))
    return fitting
