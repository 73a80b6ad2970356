"""Cross validation: who is held out when, a head trained in every fold, and what it reaches."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.heads.folds import Fold, held_out_in, make_folds
from diamond_cutter.precompute.heads.head_training import Trained, train_cuts
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.stores.study.study_layout import Metrics
from diamond_cutter.precompute.study.metrics import measure
from diamond_cutter.precompute.study.resampling import Resamples, resample

REPEATED, MOST_DEALINGS = 1000, 5
"""Photos are dealt out into folds so often that about so many are judged, but not more often."""

LEAST = np.exp(-5.0)
"""The probability that counts as the least: a single photo's log loss is 5 nats at most."""


@dataclass(frozen=True, eq=False)
class Sample:
    """N photos of some classes.

    `label`, `group` and `fold`, (N,) int32: class, the same for photos that stay on one side, and
    the fold in which the photo is held out, -1 for none. `again`: the folds of photos that were
    dealt out anew. `resamples` are of those held out.
    """

    classes: list[str]
    label: NDArray[np.int32]
    group: NDArray[np.int32]
    fold: NDArray[np.int32]
    folds: list[Fold]
    again: list[list[Fold]]
    resamples: Resamples

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """Which photos are held out in some fold, (N,) bool."""
        held: NDArray[np.bool_] = self.fold >= 0
        return held

    @property
    def held_out_groups(self) -> int:
        """How many groups the photos that are held out form."""
        return len(np.unique(self.group[self.held_out]))


def take_sample(dataset: Dataset, folds: int, seed: int, *, once: bool = False) -> Sample:
    """The photos of a dataset in `folds` folds, or in its own split or folds.

    Few photos are dealt out into folds several times: which photos train together and judge is a
    matter of chance, and the fewer there are, the more hangs on it. Not if `once`, for heads that
    take long to train.

    Raises `UserError` for a split that leaves nothing to train with.
    """
    label = np.array([photo.label for photo in dataset.photos], np.int32)
    group = np.array([photo.group for photo in dataset.photos], np.int32)
    splits = [photo.split for photo in dataset.photos]
    own = [photo.fold for photo in dataset.photos]
    parts = make_folds(label, group, splits, folds, seed, own)
    fold = held_out_in(parts, len(label))
    dealings = (
        1 if once or any(own) or len(parts) == 1 else min(MOST_DEALINGS, REPEATED // len(label))
    )
    seeds = np.random.SeedSequence([seed, *b"again"]).generate_state(MOST_DEALINGS)
    again = [
        make_folds(label, group, splits, folds, int(each)) for each in seeds[: max(0, dealings - 1)]
    ]
    resamples = resample(group[fold >= 0], seed)
    return Sample(dataset.classes, label, group, fold, parts, again, resamples)


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """A cut that was tried.

    `features`: D, the activations that its head reads; `confusion`: (K, K); `right`: (held out,)
    bool, of each photo whether its surest class is its own. Over all dealings into folds: `share`
    (held out,) float64, 0..1, how often it was so, and `likelihood` (held out,) float64, the mean
    log of its own class's probability, which counts as `LEAST` at least.
    """

    features: int
    trained: Trained
    metrics: Metrics
    confusion: NDArray[np.int64]
    right: NDArray[np.bool_]
    share: NDArray[np.float64]
    likelihood: NDArray[np.float64]


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
        sample.again,
    )


def measure_heads(trained: Trained, sample: Sample) -> CrossValidation:
    """Measure the heads of a cut on the photos that they did not see."""
    label, probability = sample.label[sample.held_out], trained.probability[sample.held_out]
    metrics, confusion = measure(label, probability, sample.classes, sample.resamples)
    dealings = trained.predictions[:, sample.held_out]
    right = dealings.argmax(axis=2) == label
    own = np.take_along_axis(dealings, label[None, :, None], axis=2)[..., 0].astype(np.float64)
    return CrossValidation(
        features=len(trained.head.layers[0].weight),
        trained=trained,
        metrics=metrics,
        confusion=confusion,
        right=right[0],
        share=right.mean(axis=0),
        likelihood=np.log(np.maximum(own, LEAST)).mean(axis=0),
    )
