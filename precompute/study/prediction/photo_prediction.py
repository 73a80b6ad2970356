"""New photos classified as a study would: read by the same code, a few at a time."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.jobs.display import StepProgress, open_display
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.photo import Photo, PhotoError, read_image
from diamond_cutter.precompute.photos.reading_progress import show_reading
from diamond_cutter.precompute.stores.study.dataset_report import Report
from diamond_cutter.precompute.study.prediction.photo_classifier import PhotoClassifier


@dataclass(frozen=True)
class Prediction:
    """What a photo is taken for.

    `label`: its class as the dataset has it, empty where that is none of the classifier's;
    `probability` (K,); `is_known`: the photo is one that trained the classifier.
    """

    path: str
    label: str
    probability: NDArray[np.floating]
    is_known: bool


@dataclass(frozen=True)
class Predicted:
    """The report of photos that were classified, and their figures.

    `confusion` (K, K) int64: photos with a label by class (row) and predicted class (column);
    `known`: how many of those trained the classifier.
    """

    report: Report
    confusion: NDArray[np.int64]
    known: int


def predict(
    classifier: PhotoClassifier,
    settings: DatasetSettings,
    cache: Path,
    tell: Callable[[Prediction], None],
) -> Predicted:
    """Classify the photos that `settings` name, and `tell` each, in the order of their paths.

    They are checked as those of a study, but for near duplicates, and need no labels. Raises
    `UserError` where there are none, or the dataset can't be read.
    """
    display = open_display(sys.stderr)
    try:
        steps = StepProgress(display)
        dataset = read_dataset(
            replace(
                settings,
                near_duplicates="ignore",
                rename=settings.rename or dict(classifier.rename),
            ),
            cache,
            show_reading(steps),
            labelled=False,
            value_range=classifier.value_range,
        )
        if dataset.report.problem:
            raise UserError(dataset.report.problem)
        names = {name: index for index, name in enumerate(classifier.classes)}
        confusion = np.zeros((len(names), len(names)), np.int64)
        known = 0
        contents = {file.path: file.digest for file in dataset.report.photos}
        progress = steps.progress("photos")
        probabilities = _classify(classifier, dataset.photos)
        for done, (photo, probability) in enumerate(
            zip(dataset.photos, probabilities, strict=True), 1
        ):
            label = dataset.classes[photo.label]
            is_known = contents[photo.path] in classifier.trained_on
            if label in names:
                confusion[names[label], int(probability.argmax())] += 1
                known += is_known
            tell(Prediction(photo.path, label if label in names else "", probability, is_known))
            progress("predicting", done, len(dataset.photos))
    except PhotoError as error:
        raise UserError(f"{error}; it was there before: run the same command again") from error
    finally:
        display.close()
    return Predicted(dataset.report, confusion, known)


def _classify(
    classifier: PhotoClassifier, photos: Sequence[Photo]
) -> Iterator[NDArray[np.floating]]:
    """The probabilities of each photo, (K,); threads decode some photos ahead of the network."""
    left = iter(photos)
    jobs: deque[Future[Any]] = deque()
    executor = ThreadPoolExecutor(os.cpu_count())

    def read(photo: Photo) -> Any:
        return classifier.prepare(read_image(photo))

    ahead = max(2 * classifier.batch, os.cpu_count() or 1)
    try:
        while True:
            jobs.extend(executor.submit(read, photo) for photo in islice(left, ahead - len(jobs)))
            if not jobs:
                return
            batch = [jobs.popleft().result() for _ in range(min(classifier.batch, len(jobs)))]
            yield from classifier.classify(batch)
    finally:
        executor.shutdown(cancel_futures=True)
