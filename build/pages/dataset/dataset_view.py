"""What the page of a dataset says of its report, and the workbench before a study is made."""

from collections.abc import Sequence
from dataclasses import dataclass

from diamond_cutter.build.page_text import apart, number, percent, shown
from diamond_cutter.precompute.stores.study.dataset_report import (
    LEFT_OUT,
    Grouping,
    Outcome,
    Report,
)

CLASSES = 100
"""Classes listed at most: of more, the largest and the smallest."""
REASONS = 30
NAMES = 30
"""Reasons, and names for each, listed at most."""


@dataclass(frozen=True)
class ClassBar:
    """A class: its photos, and their bar as a part of the longest one, 0..100."""

    name: str
    photos: int
    share: str
    length: float
    small: bool


@dataclass(frozen=True)
class Reason:
    """Files with the same reason: the names of the first, and how many there are."""

    reason: str
    names: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Files:
    """The files of one outcome by reason, most files first; `more`: reasons not listed."""

    title: str
    note: str
    count: int
    reasons: tuple[Reason, ...]
    more: int


@dataclass(frozen=True, kw_only=True)
class DatasetView:
    """A dataset report in words.

    verdict: what can be made of it, in words; `problem` says why no study can, empty if one can.
    reading: how classes and splits were found. warnings: what to mind. largest, smallest: classes
    by count; `smallest` is empty where `largest` holds all, `between` are neither. sizes, splits,
    imbalance, values, groups: in words, empty where not known.
    """

    source: str
    verdict: str
    problem: str
    reading: tuple[str, ...]
    warnings: tuple[str, ...]
    largest: tuple[ClassBar, ...]
    smallest: tuple[ClassBar, ...]
    between: int
    imbalance: str
    sizes: str
    values: str
    splits: str
    groups: str
    files: tuple[Files, ...]


def dataset_view(report: Report) -> DatasetView:
    """What there is to say of a report."""
    bars = _bars(report)
    half = CLASSES // 2
    all_there = len(bars) <= CLASSES
    return DatasetView(
        source=shown(report.source),
        verdict=(
            f"{number(len(report.photos), 'photo')} of "
            f"{number(len(report.classes), 'class', 'classes')} "
            f"from {number(len(report.files), 'file')}"
        ),
        problem=shown(report.problem),
        reading=tuple(map(shown, report.reading)),
        warnings=_warnings(report),
        largest=bars if all_there else bars[:half],
        smallest=() if all_there else bars[-half:],
        between=0 if all_there else len(bars) - 2 * half,
        imbalance=_imbalance(report),
        sizes=_sizes(report),
        values=_values(report),
        splits=", ".join(
            f"{number(count, 'photo')} to {_split(name)}" for name, count in report.splits.items()
        )
        or ", ".join(
            f"{number(count, 'photo')} in {shown(name)}" for name, count in report.folds.items()
        ),
        groups=_groups(report.grouping),
        files=_files(report),
    )


def _bars(report: Report) -> tuple[ClassBar, ...]:
    """The classes, the largest first."""
    most, total = max(report.classes.values(), default=0), sum(report.classes.values())
    small = set(report.small)
    return tuple(
        ClassBar(
            name=shown(name),
            photos=count,
            share=percent(count / total) if total else "",
            length=round(100 * count / most, 1) if most else 0.0,
            small=name in small,
        )
        for name, count in sorted(report.classes.items(), key=lambda item: (-item[1], item[0]))
    )


def _imbalance(report: Report) -> str:
    if len(report.classes) < 2:
        return ""
    if report.imbalance < 1.05:
        return "All classes have about the same number of photos."
    return f"The largest class has {report.imbalance:.1f} times the photos of the smallest."


def _sizes(report: Report) -> str:
    if len(report.sides) != 3:
        return ""
    least, median, greatest = report.sides
    if least == greatest:
        return f"The shorter side of every photo has {least} pixels."
    return (
        f"The shorter side of a photo has {least} to {greatest} pixels; half of the photos have "
        f"{median} or more."
    )


def _values(report: Report) -> str:
    if report.value_range is None:
        return ""
    black, white = report.value_range
    return (
        f"Of photos of more than 8 bits, values from {black:.10g} to {white:.10g} became black to "
        "white: one range for all of them."
    )


def _split(name: str) -> str:
    known = {"train": "train", "val": "validate", "test": "test"}
    return known.get(name, shown(name))


def _groups(grouping: Grouping | None) -> str:
    if grouping is None:
        return ""
    alone = f"; {number(grouping.alone, 'photo')} without one" if grouping.alone else ""
    return (
        f"{number(grouping.count, 'group')} by {apart(grouping.column)}, none trained on while it "
        f"is held out; the largest has {number(grouping.largest, 'photo')}{alone}."
    )


_TORN = {
    True: "those in train are left out of training",
    False: "near duplicates in train are trained on all the same, and the accuracy flatters",
}


def _warnings(report: Report) -> tuple[str, ...]:
    across = [group.across for group in report.duplicates]
    classes, split = across.count("classes"), across.count("split")
    rejected = sum(file.outcome == "reject" and file.reason != LEFT_OUT for file in report.files)
    found = []
    if classes:
        found.append(
            f"{number(classes, 'group')} of photos with the same picture and different classes: "
            "at least one of the labels is wrong, unless they only look alike."
        )
    if split:
        found.append(
            f"{number(split, 'group')} of photos with the same picture on both sides of the given "
            f"split: {_TORN[report.near_duplicates == 'group']}."
        )
    if report.grouping is not None and report.grouping.across:
        found.append(
            f"{number(len(report.grouping.across), 'group')} by {apart(report.grouping.column)} on "
            "both sides of the given split: those in train are left out of training."
        )
    if report.faint:
        found.append(
            f"{number(report.faint, 'photo')} with next to nothing to be seen: nearly one colour."
        )
    if report.small:
        names = ", ".join(apart(name) for name in report.small[:10])
        more = f" and {len(report.small) - 10} more" if len(report.small) > 10 else ""
        found.append(
            f"{number(len(report.small), 'class', 'classes')} of too few photos to be judged: "
            f"{names}{more}."
        )
    if rejected:
        found.append(f"{number(rejected, 'file')} left out that could not be used.")
    return tuple(found)


def _files(report: Report) -> tuple[Files, ...]:
    kinds: tuple[tuple[Outcome, str, str], ...] = (
        ("reject", "Left out", "Photos that could not be used, or were not to be."),
        ("note", "Taken with a note", "Photos of the study that needed some care."),
        ("ignore", "No photos", "Files that were passed over."),
    )
    made = []
    for outcome, title, note in kinds:
        names: dict[str, list[str]] = {}
        for file in report.files:
            if file.outcome == outcome and file.path not in report.tables:
                names.setdefault(file.reason, []).append(file.path)
        reasons = sorted(names.items(), key=lambda item: (-len(item[1]), item[0]))
        if reasons:
            made.append(
                Files(
                    title=title,
                    note=note,
                    count=sum(len(paths) for _, paths in reasons),
                    reasons=tuple(_reason(*each) for each in reasons[:REASONS]),
                    more=max(0, len(reasons) - REASONS),
                )
            )
    return tuple(made)


def _reason(reason: str, paths: Sequence[str]) -> Reason:
    text = shown(reason) or "No reason given."
    return Reason(
        text[:1].upper() + text[1:], tuple(shown(path) for path in paths[:NAMES]), len(paths)
    )
