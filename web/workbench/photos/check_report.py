"""The report of a check as the page of photos shows it: classes with samples, and what to mind."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from diamond_cutter.build.pages.dataset.dataset_view import DatasetView, dataset_view
from diamond_cutter.build.pages.dataset.duplicate_rows import GroupsOfKind, find_groups
from diamond_cutter.precompute.stores.study.dataset_report import File, Report, from_json

SAMPLES = 8
"""Photos of a class that are shown at first."""
MORE = 120
"""And then at a time."""
CLASSES = 200
"""Classes that are listed, at most: those of the most photos."""


@dataclass(frozen=True)
class Thumb:
    """A photo and where its thumbnail is."""

    path: str
    address: str


@dataclass(frozen=True)
class ClassRow:
    """A class as the photos have it, `name`, and what the settings call it, `called`.

    length: of its bar, a part of the longest one, 0..100.
    """

    name: str
    called: str
    photos: int
    length: float
    samples: tuple[Thumb, ...]


@dataclass(frozen=True)
class CheckReport:
    """What a check found; `more`: classes that are not listed. See `DatasetView` for `view`."""

    view: DatasetView
    classes: tuple[ClassRow, ...]
    more: int
    duplicates: tuple[GroupsOfKind[Thumb], ...]


def check_report(document: dict[str, Any]) -> CheckReport:
    """The report that `diamond check-data --json` printed."""
    report = report_of(document)
    photos: dict[tuple[str, str], list[File]] = {}
    for file in report.photos:
        photos.setdefault((original_class(file), file.label), []).append(file)
    rows = sorted(photos.items(), key=lambda item: (-len(item[1]), item[0]))
    most = len(rows[0][1]) if rows else 1
    listed = [
        ClassRow(name, called, len(files), round(100 * len(files) / most, 1), _samples(files))
        for (name, called), files in rows[:CLASSES]
    ]
    listed.sort(key=lambda row: (row.called.casefold(), row.name.casefold()))
    return CheckReport(
        dataset_view(report), tuple(listed), len(rows) - len(listed), find_groups(report, _thumb)
    )


def photos_of(document: dict[str, Any], name: str, first: int) -> tuple[list[Thumb], int]:
    """Photos of a class from the `first` on, `MORE` at most, and how many there are in all."""
    files = [file for file in report_of(document).photos if original_class(file) == name]
    shown = files[first : first + MORE]
    return [thumb for file in shown if (thumb := _thumb(file))], len(files)


def report_of(document: dict[str, Any]) -> Report:
    """The report itself, without what is counted beside it."""
    return from_json({item.name: document[item.name] for item in fields(Report)})


def original_class(file: File) -> str:
    """The class of a photo as the dataset has it."""
    return file.original or file.label


def _samples(files: Sequence[File]) -> tuple[Thumb, ...]:
    """Photos from all over a class."""
    step = max(1, len(files) / SAMPLES)
    chosen = [files[int(step * place)] for place in range(min(SAMPLES, len(files)))]
    return tuple(thumb for file in chosen if (thumb := _thumb(file)))


def _thumb(file: File) -> Thumb | None:
    return Thumb(file.path, f"/thumbnails/{file.digest}.webp") if file.digest else None
