"""What came of new photos, as a person reads it in a terminal, and as JSON has it."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from rich.text import Text

from diamond_cutter.precompute.photos.dataset_reader import UNLABELLED
from diamond_cutter.precompute.photos.report_text import cautions, printable
from diamond_cutter.precompute.stores.study.dataset_report import counts
from diamond_cutter.precompute.stores.study.study_layout import Measured
from diamond_cutter.precompute.study.prediction.photo_prediction import Predicted
from diamond_cutter.precompute.study.resampling import wilson
from diamond_cutter.precompute.study.study_text import count, measured

MOST_CLASSES = 12
"""Of more, a table of all pairs has no room."""

CONFUSED = 10
"""Pairs of classes that are listed instead."""


def describe(predicted: Predicted, classes: Sequence[str]) -> Iterator[str]:
    """What was classified, what was left out, and how often labels were met, in lines."""
    report, confusion = predicted.report, predicted.confusion
    yield f"{count(len(report.photos), 'photo')} classified, of {count(len(report.files), 'file')}"
    yield from map(printable, report.reading)
    yield from cautions(report)
    judged = int(confusion.sum())
    if not judged:
        yield "No photo has a label that is one of the classes: no figures."
        return
    right = int(np.trace(confusion))
    figure = measured(_accuracy(confusion))
    yield f"Right: {right} of {count(judged, 'photo')} with a label, {figure}"
    strange = [name for name in report.classes if name not in (*classes, UNLABELLED)]
    if UNLABELLED in report.classes:
        yield f"Not judged, without a label: {count(report.classes[UNLABELLED], 'photo')}"
    if strange:
        named = ", ".join(printable(name) for name in strange[:MOST_CLASSES])
        yield f"Not judged, since that is none of the classes: {named}"
    if predicted.known:
        yield f"{count(predicted.known, 'photo')} of these trained the head: the figures flatter."


def confusion_table(confusion: NDArray[np.int64], classes: Sequence[str]) -> Table:
    """Photos by class and by what they were taken for; of many classes the worst pairs alone."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    many = len(classes) > MOST_CLASSES
    table.add_column("class" if many else "class, and taken for", overflow="fold")
    if many:
        table.add_column("taken for", overflow="fold")
        table.add_column("photos", justify="right")
        wrong = confusion - np.diag(np.diag(confusion))
        for at in np.argsort(-wrong, axis=None, kind="stable")[:CONFUSED]:
            true, taken = np.unravel_index(at, wrong.shape)
            if wrong[true, taken]:
                names = (Text(printable(classes[each])) for each in (true, taken))
                table.add_row(*names, f"{wrong[true, taken]:,}")
        return table
    for name in classes:
        table.add_column(Text(printable(name)), justify="right", overflow="fold")
    for name, row in zip(classes, confusion, strict=True):
        table.add_row(Text(printable(name)), *(f"{number:,}" for number in row))
    return table


def document(
    name: str, predicted: Predicted, classes: Sequence[str], photos: list[dict[str, Any]]
) -> dict[str, Any]:
    """All of it, as JSON has it: shares 0..1, `confusion` by class and predicted class."""
    judged = int(predicted.confusion.sum())
    figures: dict[str, Any] = {}
    if judged:
        accuracy = _accuracy(predicted.confusion)
        figures = {
            "accuracy": accuracy.value,
            "interval": list(accuracy.interval),
            "confusion": predicted.confusion.tolist(),
        }
    return {
        "classifier": name,
        "classes": list(classes),
        "dataset": counts(predicted.report),
        "judged": judged,
        "trained_on": predicted.known,
        **figures,
        "photos": photos,
    }


def _accuracy(confusion: NDArray[np.int64]) -> Measured:
    judged = int(confusion.sum())
    share = float(np.trace(confusion) / judged)
    return Measured(share, wilson(share, judged))
