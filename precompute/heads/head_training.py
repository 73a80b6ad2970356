"""The heads of a study's cuts: checked settings in, held-out predictions and heads out."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import TrainingSettings
from diamond_cutter.precompute.heads.feature_basis import Floats
from diamond_cutter.precompute.heads.folds import Fold
from diamond_cutter.precompute.heads.head import Head, HeadTask
from diamond_cutter.precompute.heads.keras_head import OPTIMIZERS, train_keras
from diamond_cutter.precompute.heads.logistic_head import train_logistic
from diamond_cutter.precompute.stores.study.study_layout import Curve


@dataclass(frozen=True)
class Trained:
    """The heads of a cut.

    `predictions (1 + R, N, K) float32`: of each photo, by the head that did not see it, in each
    dealing into folds; NaN where it is never held out. `folds`: the heads of the first dealing;
    `head`: trained with all photos. `strengths`: the L2 strength of each fold's head and last that
    of `head`; empty for heads trained by Keras, which have `curves`.
    """

    predictions: Floats
    folds: list[Head]
    head: Head
    strengths: list[float]
    curves: list[Curve]

    @property
    def probability(self) -> Floats:
        """The predictions of the first dealing, (N, K)."""
        first: Floats = self.predictions[0]
        return first


def train(
    features: Floats,
    labels: NDArray[np.integer],
    class_count: int,
    folds: list[Fold],
    settings: TrainingSettings,
    seed: int,
    again: Sequence[list[Fold]] = (),
) -> Trained:
    """Train the heads of a cut: one in each fold, and one with all photos.

    `features (N, V, D) float32`: pooled activations of V views of each photo. All views of a
    photo train, together as much as one photo; the first, the photo as it is, is predicted.
    `labels (N,)`: 0..class_count-1. `again`: other folds of the same photos, R times, to predict
    them once more; not by Keras, which would take minutes.
    """
    task = HeadTask(features, labels, class_count, settings.class_weights == "balanced")
    if settings.head == "keras":
        probability, heads, curves = train_keras(task, folds, settings, seed)
        return Trained(probability[None], heads[:-1], heads[-1], [], curves)
    probability, heads, strengths = train_logistic(task, folds, seed)
    others = [train_logistic(task, each, seed)[0] for each in again]
    predictions = np.stack([probability, *others]) if others else probability[None]
    return Trained(predictions, heads[:-1], heads[-1], strengths, [])


def train_cuts(
    cuts: Sequence[Callable[[], Floats]],
    labels: NDArray[np.integer],
    class_count: int,
    folds: list[Fold],
    settings: TrainingSettings,
    seed: int,
    again: Sequence[list[Fold]] = (),
    threads: int = 0,
) -> Iterator[Trained]:
    """Train the heads of many cuts, as `train` does, and yield what it returns, in order.

    `cuts`: what reads the features of each. As many cuts as there are `threads` (0: one a core)
    are in memory and trained at a time, each by one thread: the products of linear heads are too
    small to be worth sharing. Keras trains one cut after the other.
    """

    def train_cut(read: Callable[[], Floats]) -> Trained:
        return train(read(), labels, class_count, folds, settings, seed, again)

    if settings.head == "keras":
        yield from map(train_cut, cuts)
        return
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        yield from pool.map(train_cut, cuts)


def check_training(settings: TrainingSettings) -> None:
    """Raise `UserError` for a setting that nothing can be trained with, before any work."""
    for name, choices in (
        ("head", ("logistic", "keras", "own")),
        ("class_weights", ("none", "balanced")),
        ("optimizer", OPTIMIZERS),
    ):
        value = getattr(settings, name)
        if value not in choices:
            raise UserError(
                f"training: {name}: expected one of {', '.join(choices)}, got {value!r}; "
                "choose one of them"
            )
    for name, fits, expected in (
        ("learning_rate", 0 <= settings.learning_rate < np.inf, "0 or a number above"),
        ("epochs", settings.epochs >= 1, "1 or more"),
        ("batch_size", settings.batch_size >= 1, "1 or more"),
        ("dropout", 0 <= settings.dropout < 1, "a share from 0 to below 1"),
        ("hidden_units", settings.hidden_units >= 0, "0 or more"),
        ("weight_decay", 0 <= settings.weight_decay < np.inf, "0 or a number above"),
        ("early_stopping", settings.early_stopping >= 0, "0 or more epochs"),
    ):
        if not fits:
            value = getattr(settings, name)
            raise UserError(f"training: {name}: expected {expected}, got {value}; mend the value")
