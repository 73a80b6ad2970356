"""The photos of a study as arrays: their classes, and who is held out when."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.dataset.photo import Dataset
from diamond_cutter.precompute.heads.folds import Fold, held_out_in, make_folds
from diamond_cutter.precompute.study.resampling import Resamples, resample


@dataclass(frozen=True, eq=False)
class Sample:
    """N photos of some classes.

    `label`, `group` and `fold`, (N,) int32: class, the same for near duplicates, and the fold in
    which the photo is held out, -1 for none. `resamples` are of the photos that are held out.
    """

    classes: list[str]
    label: NDArray[np.int32]
    group: NDArray[np.int32]
    fold: NDArray[np.int32]
    folds: list[Fold]
    resamples: Resamples

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """Which photos are held out in some fold, (N,) bool."""
        held: NDArray[np.bool_] = self.fold >= 0
        return held


def take_sample(dataset: Dataset, folds: int, seed: int) -> Sample:
    """The photos of a dataset in `folds` folds, or in its own split.

    Raises `UserError` for a split that leaves nothing to train with.
    """
    label = np.array([photo.label for photo in dataset.photos], np.int32)
    group = np.array([photo.group for photo in dataset.photos], np.int32)
    splits = [photo.split for photo in dataset.photos]
    parts = make_folds(label, group, splits, folds, seed)
    fold = held_out_in(parts, len(label))
    resamples = resample(group[fold >= 0], seed)
    return Sample(dataset.classes, label, group, fold, parts, resamples)
