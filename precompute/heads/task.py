"""What the heads of a cut are trained on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.heads.basis import Floats
from diamond_cutter.precompute.heads.folds import Rows


@dataclass(frozen=True)
class Task:
    """The photos of a study as a cut sees them.

    `features (N, V, D) float32`: pooled activations of V views, the first of them the photo as it
    is; `labels (N,)`: 0..class_count-1; `balanced`: every class counts the same in training.
    """

    features: Floats
    labels: NDArray[np.integer]
    class_count: int
    balanced: bool


def class_weights(task: Task, train: Rows) -> NDArray[np.float64]:
    """The weight of each class, (K,), in the training set `train`.

    Where classes are balanced n / (K n_k), as scikit-learn has it, with K the number of classes
    that `train` has; else 1, as for a class that it does not have.
    """
    counts = np.bincount(task.labels[train], minlength=task.class_count)
    if not task.balanced:
        return np.ones(task.class_count)
    present = np.count_nonzero(counts)
    return np.where(counts > 0, len(train) / (present * np.maximum(counts, 1)), 1.0)
