"""A head: the dense layers from pooled activations to class probabilities, and what trains them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.heads import softmax_regression
from diamond_cutter.precompute.heads.feature_basis import Floats
from diamond_cutter.precompute.heads.folds import Rows


@dataclass(frozen=True)
class Dense:
    """A dense layer: `weight (D, U)` and `bias (U,)`, float32."""

    weight: Floats
    bias: Floats


@dataclass(frozen=True)
class Head:
    """Dense layers, ReLU between them, logits at the end; scaling is inside the first."""

    layers: list[Dense]


def probabilities(head: Head, features: Floats) -> Floats:
    """The class probabilities, (N, K) float32, of pooled activations `features (N, D)`."""
    values = features
    for layer in head.layers[:-1]:
        values = np.maximum(values @ layer.weight + layer.bias, 0)
    last = head.layers[-1]
    return softmax_regression.probabilities(values @ last.weight + last.bias)


def scaled_layer(
    weight: NDArray[np.floating],
    bias: NDArray[np.floating],
    mean: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> Dense:
    """The first layer for features as they are, from that for `(features - mean) / spread`."""
    unscaled = np.asarray(weight, np.float64) / spread[:, None]
    shifted = bias - mean @ unscaled
    return Dense(unscaled.astype(np.float32), shifted.astype(np.float32))


@dataclass(frozen=True)
class HeadTask:
    """The photos of a study as a cut sees them.

    `features (N, V, D) float32`: pooled activations of V views, the first of them the photo as it
    is; `labels (N,)`: 0..class_count-1; `balanced`: every class counts the same in training.
    """

    features: Floats
    labels: NDArray[np.integer]
    class_count: int
    balanced: bool


def class_weights(task: HeadTask, train: Rows) -> NDArray[np.float64]:
    """The weight of each class, (K,), in the training set `train`.

    Where classes are balanced n / (K n_k), as scikit-learn has it, with K the number of classes
    that `train` has; else 1, as for a class that it does not have.
    """
    counts = np.bincount(task.labels[train], minlength=task.class_count)
    if not task.balanced:
        return np.ones(task.class_count)
    present = np.count_nonzero(counts)
    return np.where(counts > 0, len(train) / (present * np.maximum(counts, 1)), 1.0)
