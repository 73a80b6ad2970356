"""The trial of one cut: a head trained in every fold, and what held-out photos say of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.contract.study import Metrics
from diamond_cutter.precompute.heads.training import Trained, train_cuts
from diamond_cutter.precompute.study.metrics import measure
from diamond_cutter.precompute.study.sample import Sample


@dataclass(frozen=True, eq=False)
class Trial:
    """A cut that was tried.

    `features`: D, the activations that its head reads; `right`: (held out,) bool, of each photo
    whether its surest class is its own; `confusion`: (K, K).
    """

    features: int
    trained: Trained
    metrics: Metrics
    confusion: NDArray[np.int64]
    right: NDArray[np.bool_]


def train_heads(
    cuts: Sequence[Callable[[], NDArray[np.float32]]], sample: Sample, settings: StudySettings
) -> Iterator[Trained]:
    """Train a head in every fold, and one with all photos, on the (N, V, D) features of cuts.

    `cuts` read them; the heads of several cuts are trained at a time, and come in order.
    """
    return train_cuts(
        cuts,
        sample.label,
        len(sample.classes),
        sample.folds,
        settings.training,
        settings.seed,
    )


def measure_heads(trained: Trained, sample: Sample) -> Trial:
    """Measure the heads of a cut on the photos that they did not see."""
    label, probability = sample.label[sample.held_out], trained.probability[sample.held_out]
    metrics, confusion = measure(label, probability, sample.classes, sample.resamples)
    right = probability.argmax(axis=1) == label
    return Trial(len(trained.head.layers[0].weight), trained, metrics, confusion, right)
