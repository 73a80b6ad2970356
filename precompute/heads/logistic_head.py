"""Linear heads: multinomial logistic regression with L2, its strength chosen inside the folds.

A head's weights w_k and biases b_k minimise, over its training rows x_i, standardised by their own
mean and spread,

    sum_i s_i * -log softmax(W x_i + b)[y_i]  +  strength / 2 * sum_k |w_k|^2

as scikit-learn's LogisticRegression with C = 1 / strength does; for two classes, where that has
one weight vector, the penalty counts twice. A row has weight s_i = 1 / V where a photo has V
views, times n / (K n_k) where classes are balanced.

The strength is chosen by the log loss of the inner folds, which tells more than their accuracy:
that jumps by whole photos. The strengths tried are D / variance: features have spread one, so that
`variance` is how far logits may lie from each other before any photo is seen, from hardly (0.01)
to without bounds (10,000), for few and for many features alike. They are tried from strong to
weak, each from the solution of the one before, and no further than until two have not lowered the
log loss: weaker ones only cost time. Of more than `SAMPLE` rows, as many choose.

scikit-learn finds heads as accurate (within 0.003) in 8 to 75 times the CPU time, in 20 times for
all cuts of Lite0 and 450 photos (`benchmarks/heads.py`): it takes the problems one by one, each
from nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.heads import softmax_regression
from diamond_cutter.precompute.heads.feature_basis import Basis, Floats, coordinates, find_basis
from diamond_cutter.precompute.heads.folds import Fold, Rows
from diamond_cutter.precompute.heads.head import Head, HeadTask, class_weights, scaled_layer
from diamond_cutter.precompute.heads.softmax_regression import Problem

VARIANCES = 10.0 ** np.arange(-2, 4.1, 0.5)
"""The variances of the logits that stand behind the strengths, from the strongest."""
USUAL = 30.0
"""The variance that is taken where there is nothing to choose by."""
SAMPLE = 8192
"""Rows at most, views counted, that strengths are chosen with; stratified."""

_PATIENCE = 2
"""Strengths without a lower log loss after which no weaker one is tried."""
_ROUGH = 1e-5
"""Mean loss in nats that a head may lack while strengths are compared."""
_FINE = 3e-9
"""Mean loss in nats that a head may lack; probabilities are then right to about 1e-3."""
_NUMBERS = 1 << 26
"""Numbers, at most, in the coordinates of heads that are found side by side."""


def train_logistic(
    task: HeadTask, folds: list[Fold], seed: int
) -> tuple[Floats, list[Head], list[float]]:
    """Train a linear head in each fold, and one with all photos.

    Returns the probabilities (N, K) float32 of held-out photos by their first view, NaN for
    photos that are never held out; the heads, last that of all photos; and their strengths: that
    of all photos is what all inner folds choose together.
    """
    strengths = choose_strengths(task, folds, seed)
    everything = np.arange(len(task.labels))
    sets = [*(fold.train for fold in folds), everything]
    probability = np.full((len(task.labels), task.class_count), np.nan, np.float32)
    heads = []
    for chunk in _chunks(task, sets):
        bases, problems = zip(*(_pose(task, sets[index]) for index in chunk), strict=True)
        batch = softmax_regression.stack(problems)
        penalty = _penalty(task, [strengths[index] for index in chunk])
        solutions = softmax_regression.minimise(
            batch, penalty, softmax_regression.start(batch, task.class_count), _FINE
        )
        for index, basis, solution in zip(chunk, bases, solutions, strict=True):
            inside = solution[:, : basis.rotation.shape[1] + 1]
            if index < len(folds):
                held_out = folds[index].test
                rows = coordinates(basis, task.features[held_out, 0])
                probability[held_out] = softmax_regression.probabilities(rows @ inside.T)
            weight = basis.rotation.astype(np.float64) @ inside[:, 1:].T
            heads.append(Head([scaled_layer(weight, inside[:, 0], basis.mean, basis.spread)]))
    return probability, heads, strengths


def choose_strengths(task: HeadTask, folds: list[Fold], seed: int) -> list[float]:
    """The strength of each fold's head by its inner folds, and last the one by all of them."""
    features = task.features.shape[2]
    chosen = np.full(len(folds) + 1, features / USUAL)
    trials = _trials(task, folds, seed)
    if not trials:
        return chosen.tolist()
    bases, problems = zip(*(_pose(task, trial.train) for trial in trials), strict=True)
    judges = [
        [(fold, *_judge(task, basis, trial.train, rows)) for fold, rows in trial.judges]
        for basis, trial in zip(bases, trials, strict=True)
    ]
    batch = softmax_regression.stack(problems)
    solutions = softmax_regression.start(batch, task.class_count)
    least = np.full(len(chosen), np.inf)
    patience = np.full(len(chosen), _PATIENCE)
    for strength in features / VARIANCES:
        penalty = _penalty(task, [strength] * len(trials))
        solutions = softmax_regression.minimise(batch, penalty, solutions, _ROUGH)
        loss, weight = np.zeros(len(chosen)), np.zeros(len(chosen))
        for solution, trial_judges in zip(solutions, judges, strict=True):
            for fold, rows, labels, weights in trial_judges:
                likely = softmax_regression.log_likelihood(
                    solution[:, : rows.shape[1]], rows, labels
                )
                for judged in (fold, -1):
                    loss[judged] -= weights @ likely
                    weight[judged] += weights.sum()
        mean = np.divide(loss, weight, where=weight > 0, out=np.full(len(chosen), np.inf))
        better = (mean < least) & (patience > 0)
        chosen[better], least[better] = strength, mean[better]
        patience = np.where(better, _PATIENCE, patience - 1)
        if (patience <= 0).all():
            break
    return chosen.tolist()


@dataclass(frozen=True)
class _Trial:
    """Photos that train, and what they are judged by: pairs of a fold's index and photos."""

    train: Rows
    judges: list[tuple[int, Rows]]


def _trials(task: HeadTask, folds: list[Fold], seed: int) -> list[_Trial]:
    """The inner folds; those of several folds that train with the same photos are one."""
    sampled = _sample(task, seed)
    trials: dict[bytes, _Trial] = {}
    for index, fold in enumerate(folds):
        for train, validation in fold.inner:
            train, validation = train[sampled[train]], validation[sampled[validation]]
            known = np.isin(task.labels[validation], task.labels[train])
            if known.any():
                trial = trials.setdefault(train.tobytes(), _Trial(train, []))
                trial.judges.append((index, validation[known]))
    return list(trials.values())


def _sample(task: HeadTask, seed: int) -> NDArray[np.bool_]:
    """Whether a photo helps to choose: all, or the same share of each class, two at least."""
    photos, views, _ = task.features.shape
    sampled = np.zeros(photos, bool)
    share = min(1.0, SAMPLE / (photos * views))
    generator = np.random.default_rng([seed, photos])
    for label in range(task.class_count):
        members = generator.permutation(np.flatnonzero(task.labels == label))
        sampled[members[: max(2, round(share * len(members)))]] = True
    return sampled


def _pose(task: HeadTask, train: Rows) -> tuple[Basis, Problem]:
    """The problem of a training set, in its own basis."""
    views = task.features.shape[1]
    features = task.features[train].reshape(len(train) * views, -1)
    basis = find_basis(features)
    weights = class_weights(task, train)[task.labels[train]].astype(np.float32) / views
    curvature = np.append(len(train), basis.curvature / views)
    labels = np.repeat(task.labels[train], views)
    return basis, Problem(coordinates(basis, features), labels, weights.repeat(views), curvature)


def _judge(
    task: HeadTask, basis: Basis, train: Rows, rows: Rows
) -> tuple[Floats, NDArray[np.integer], NDArray[np.float64]]:
    """Coordinates, labels and weights of the photos that judge what `train` trained."""
    labels = task.labels[rows]
    return coordinates(basis, task.features[rows, 0]), labels, class_weights(task, train)[labels]


def _penalty(task: HeadTask, strengths: list[float]) -> NDArray[np.float64]:
    return np.array(strengths) * (2 if task.class_count == 2 else 1)


def _chunks(task: HeadTask, sets: list[Rows]) -> list[list[int]]:
    """Indices of training sets, in parts that are small enough to be handled side by side."""
    _, views, features = task.features.shape
    chunks: list[list[int]] = []
    room = 0
    for index, train in enumerate(sets):
        rows = len(train) * views
        numbers = rows * min(rows, features)
        if numbers > room:
            chunks.append([])
            room = _NUMBERS
        chunks[-1].append(index)
        room -= numbers
    return chunks
