"""Multinomial logistic regression: many problems minimised at once.

For each problem, over weights w_k and biases b_k of K classes,

    sum_i s_i * -log softmax(W x_i + b)[y_i]  +  penalty / 2 * sum_k |w_k|^2

with weights s_i of the rows: scikit-learn's LogisticRegression with C = 1 / penalty. The way is
L-BFGS (Liu & Nocedal 1989, "On the limited memory BFGS method for large scale optimization") with
a diagonal start: in the coordinates of a `Basis` the curvature is about the mean of p (1 - p)
times that of the rows; it is exact at zero, and half the rows' is its bound (Böhning 1992,
"Multinomial logistic regression algorithm"). The sum is convex, so that the slope alone tells a
step that went too far, and rounding of the sum never matters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.heads.feature_basis import Floats, blocks

ABSENT = -1e4
"""The bias of a class without a row: its probability is 0, and so is the slope."""

_MEMORY = 6
"""Steps that L-BFGS remembers."""
_STEPS = 1000
"""Steps at most."""
_SHORTENINGS = 20
"""Times at most that a step is made shorter."""
_OVERSHOT = 0.5
"""The slope at the end of a step, as a share of that at its start, from which it was too long."""


@dataclass(frozen=True)
class Problem:
    """One training set.

    `rows (N, R) float32`: coordinates, the first column ones; `labels (N,)`; `weights (N,)
    float32` of the rows; `curvature (R,)`: the weighted sum of the square of each column.
    """

    rows: Floats
    labels: NDArray[np.integer]
    weights: Floats
    curvature: NDArray[np.float64]


@dataclass(frozen=True)
class Batch:
    """Problems side by side, B of them, filled up with rows of no weight and columns of zeros."""

    rows: Floats
    labels: NDArray[np.intp]
    weights: Floats
    curvature: Floats


def stack(problems: Sequence[Problem]) -> Batch:
    """The batch of problems: rows (B, N, R), labels and weights (B, N), curvature (B, R)."""
    if len(problems) == 1:  # which may be large: nothing is copied
        [only] = problems
        curvature = only.curvature.astype(np.float32)
        labels = only.labels.astype(np.intp)
        return Batch(only.rows[None], labels[None], only.weights[None], curvature[None])
    height = max(len(problem.rows) for problem in problems)
    width = max(problem.rows.shape[1] for problem in problems)
    batch = Batch(
        np.zeros((len(problems), height, width), np.float32),
        np.zeros((len(problems), height), np.intp),
        np.zeros((len(problems), height), np.float32),
        np.zeros((len(problems), width), np.float32),
    )
    for index, problem in enumerate(problems):
        rows, columns = problem.rows.shape
        batch.rows[index, :rows, :columns] = problem.rows
        batch.labels[index, :rows] = problem.labels
        batch.weights[index, :rows] = problem.weights
        batch.curvature[index, :columns] = problem.curvature
    return batch


def start(batch: Batch, class_count: int) -> Floats:
    """Where to start from, (B, K, R) float32: all zero but for the bias of absent classes."""
    solution = np.zeros((len(batch.rows), class_count, batch.rows.shape[2]), np.float32)
    for index, (labels, weights) in enumerate(zip(batch.labels, batch.weights, strict=True)):
        there = np.bincount(labels, weights > 0, class_count) > 0
        solution[index, ~there, 0] = ABSENT
    return solution


def minimise(
    batch: Batch, penalty: NDArray[np.float64], solution: Floats, tolerance: float
) -> Floats:
    """The weights and biases, (B, K, R) float32, of each problem; column 0 holds the biases.

    `penalty (B,)`; `solution`: where to start from. A problem is done when the square of its
    gradient, measured by the inverse of the approximate curvature, is below `tolerance` times the
    sum of its weights: about twice the mean loss that is still to be gained, in nats.
    """
    penalties = np.repeat(penalty.astype(np.float32)[:, None, None], solution.shape[2], axis=2)
    penalties[:, :, 0] = 0
    enough = tolerance * batch.weights.sum(axis=1)
    steps: list[tuple[Floats, Floats, Floats]] = []
    gradient, doubt = _slope(batch, penalties, solution)
    stuck = np.zeros(len(solution), bool)
    for _ in range(_STEPS):
        curvature = doubt * batch.curvature[:, None] + penalties
        going = (_dot(gradient, gradient / curvature) > enough) & ~stuck
        if not going.any():
            break
        way = _direction(gradient, curvature, steps) * going[:, None, None]
        before = _dot(gradient, way)
        length = np.ones(len(way), np.float32)
        for _ in range(_SHORTENINGS):
            moved = solution + length[:, None, None] * way
            gradient_there, doubt = _slope(batch, penalties, moved)
            after = _dot(gradient_there, way)
            far = after > -_OVERSHOT * before
            if not far.any():
                break
            secant = before[far] / (before - after)[far]
            length[far] *= np.clip(np.nan_to_num(secant), 0.1, 0.9)
        stuck |= far  # there is nothing left but rounding
        step, change = moved - solution, gradient_there - gradient
        product = _dot(step, change)
        inverse = np.divide(1, product, where=product > 0, out=np.zeros_like(product))
        steps = [*steps[1 - _MEMORY :], (step, change, inverse)]
        solution, gradient = moved, gradient_there
    return solution


def log_likelihood(
    solution: Floats, rows: Floats, labels: NDArray[np.integer]
) -> NDArray[np.float64]:
    """The log, (N,), of the probability that one `solution (K, R)` gives each row's label."""
    logits = (rows @ solution.T).astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    own = logits[np.arange(len(rows)), labels]
    likelihood: NDArray[np.float64] = own - np.log(np.exp(logits).sum(axis=1))
    return likelihood


def probabilities(logits: Floats, axis: int = -1) -> Floats:
    """The softmax of `logits` along an axis; `logits` is overwritten."""
    logits -= logits.max(axis=axis, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=axis, keepdims=True)
    return logits


def _slope(batch: Batch, penalties: Floats, solution: Floats) -> tuple[Floats, Floats]:
    """The gradient (B, K, R), and the mean of p (1 - p) of each problem, (B, 1, 1)."""
    count, classes, _ = solution.shape
    gradient = penalties * solution
    doubt = np.zeros(count, np.float32)
    problem = np.arange(count)[:, None]
    for block in blocks(batch.rows.shape[1], count * classes):
        rows, weights = batch.rows[:, block], batch.weights[:, block]
        share = probabilities(solution @ rows.transpose(0, 2, 1), axis=1)
        doubt += np.einsum("bn,bn->b", weights, 1 - np.einsum("bkn,bkn->bn", share, share))
        share[problem, batch.labels[:, block], np.arange(rows.shape[1])] -= 1
        share *= weights[:, None]
        gradient += share @ rows
    doubt /= classes * batch.weights.sum(axis=1)
    return gradient, np.maximum(doubt, np.float32(1e-6))[:, None, None]


def _direction(
    gradient: Floats, curvature: Floats, steps: list[tuple[Floats, Floats, Floats]]
) -> Floats:
    """Where L-BFGS goes, (B, K, R): its two loops over the steps that are remembered."""
    way = -gradient
    shares = []
    for step, change, inverse in reversed(steps):
        shares.append((inverse * _dot(step, way))[:, None, None])
        way -= shares[-1] * change
    way /= curvature
    if steps:
        _, change, inverse = steps[-1]
        size = inverse * _dot(change, change / curvature)
        way /= np.where(size > 0, size, 1)[:, None, None]
    for (step, change, inverse), share in zip(steps, reversed(shares), strict=True):
        way += step * (share - (inverse * _dot(change, way))[:, None, None])
    return way


def _dot(one: Floats, other: Floats) -> Floats:
    product: Floats = np.einsum("bkr,bkr->b", one, other)
    return product
