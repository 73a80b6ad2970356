"""The figures of a cut as its page shows them: measured values, and those of its classes."""

from dataclasses import dataclass

from diamond_cutter.build.page_text import percent, percent_interval, shown
from diamond_cutter.precompute.stores.study.study_layout import ClassFigures, Metrics

BAR = 100
"""Length of a recall's bar, in the drawing's units: from none of the photos to all of them."""


@dataclass(frozen=True)
class Figure:
    """A measured figure and its interval as text, empty if it has none."""

    name: str
    value: str
    interval: str


@dataclass(frozen=True)
class RecallBar:
    """A recall and its interval along the bar, in its units."""

    at: float
    start: float
    length: float
    text: str


@dataclass(frozen=True)
class ClassRow:
    """One class; `recall` is None, and the figures are empty, where no photo was held out."""

    index: int
    name: str
    photos: int
    precision: str
    recall: str
    bar: RecallBar | None
    f1: str


def figures(metrics: Metrics) -> tuple[Figure, ...]:
    """What was measured beside the accuracy."""
    loss = metrics.log_loss
    return (
        Figure(
            "balanced accuracy",
            percent(metrics.balanced_accuracy.value),
            percent_interval(metrics.balanced_accuracy.interval),
        ),
        Figure(
            "macro-F1", percent(metrics.macro_f1.value), percent_interval(metrics.macro_f1.interval)
        ),
        Figure(
            "log loss", f"{loss.value:.3f}", f"{loss.interval[0]:.3f} to {loss.interval[1]:.3f}"
        ),
        *(
            Figure(f"right class among the {count} surest", percent(share), "")
            for count, share in metrics.top_k.items()
        ),
    )


def class_rows(classes: list[ClassFigures]) -> tuple[ClassRow, ...]:
    """The classes, worst recall first, those that no photo was held out of last."""
    rows = [(each, class_row(index, each)) for index, each in enumerate(classes)]
    return tuple(row for _, row in sorted(rows, key=_badness))


def class_row(index: int, each: ClassFigures) -> ClassRow:
    """The class at that place among those of its study."""
    precision = "" if each.precision is None else percent(each.precision)
    if each.recall is None or each.f1 is None:
        return ClassRow(index, shown(each.name), each.photos, precision, "", None, "")
    low, high = each.recall_interval
    bar = RecallBar(
        at=_rounded(each.recall),
        start=_rounded(low),
        length=_rounded(high - low),
        text=f"recall {percent(each.recall)}, {percent_interval(each.recall_interval)}",
    )
    return ClassRow(
        index, shown(each.name), each.photos, precision, percent(each.recall), bar, percent(each.f1)
    )


def _badness(pair: tuple[ClassFigures, ClassRow]) -> tuple[bool, float, int]:
    each, row = pair
    return row.bar is None, each.recall or 0.0, row.index


def _rounded(share: float) -> float:
    return round(BAR * share, 1)
