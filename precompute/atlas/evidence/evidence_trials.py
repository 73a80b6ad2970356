"""Two-alternative trials: which of two crops goes with what was shown? Without Keras.

Borowski et al. 2021 ("Exemplary Natural Images Explain CNN Activations Better than State-of-the-Art
Feature Visualization") show people a channel's picture, or its strongest photos, and ask which of
two other photos excites it more. Zimmermann et al. 2021 ("How Well do Feature Visualizations
Support Causal Understanding of CNN Activations?") ask so of two occlusions of a photo. Zimmermann,
Klindt and Brendel 2024 ("Measuring Mechanistic Interpretability at Scale Without Humans") let a
measure of how like images are answer: the one that is more like what was shown is picked.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TRIALS = 40
"""Trials of each channel, each with two photos that no other has."""

SHOWN = 9
"""Crops that are shown as reference, at most, as to people."""

FEWEST = 60
"""Photos that evidence takes, at least: those of ten trials."""

_SEED = 0
_Z = 1.96


@dataclass(frozen=True, eq=False)
class Trials:
    """Photos of the trials of C channels, by number; no photo of a channel is there twice.

    shown: (C, R): those whose crops are shown; strong: (C, T): the ones to be picked;
    weak: (C, T): the others.
    """

    shown: NDArray[np.int64]
    strong: NDArray[np.int64]
    weak: NDArray[np.int64]


def deal(values: NDArray[np.floating]) -> Trials:
    """Deal photos to trials by how strongly each excites each channel, (P, C).

    Of the strongest every second is for trials, and the strongest of those between are shown; the
    weak ones are drawn from the lower half.
    """
    photos, channels = values.shape
    trials = min(TRIALS, photos // 6)
    order = np.argsort(-values, axis=0, kind="stable").T
    draw = np.random.default_rng(_SEED)
    lower = range(photos - photos // 2, photos)
    weak = np.stack([draw.choice(lower, trials, replace=False) for _ in range(channels)])
    return Trials(
        shown=order[:, 0 : 2 * min(SHOWN, trials) : 2],
        strong=order[:, 1 : 2 * trials : 2],
        weak=np.take_along_axis(order, weak, 1),
    )


def share_right(
    shown: NDArray[np.float32], strong: NDArray[np.float32], weak: NDArray[np.float32]
) -> float:
    """The share of trials in which the strong one is more like what is shown; a tie counts half.

    shown: (F,); strong, weak: (T, F); all features of the observer, of length 1.
    """
    difference = (strong - weak) @ shown
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


def interval(share: NDArray[np.floating], trials: int) -> NDArray[np.float32]:
    """Wilson's interval of 95 % of shares (C,) of so many trials each, (C, 2)."""
    scale = 1 + _Z**2 / trials
    middle = (share + _Z**2 / (2 * trials)) / scale
    half = _Z / scale * np.sqrt(share * (1 - share) / trials + (_Z / (2 * trials)) ** 2)
    return np.stack([middle - half, middle + half], axis=-1).astype(np.float32)
