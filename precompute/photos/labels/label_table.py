"""A table that says the labels of photos: its rows, with the photos that they mean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.labels.class_folders import class_name
from diamond_cutter.precompute.photos.labels.photo_finder import Finder
from diamond_cutter.precompute.photos.labels.several_labels import cut_cells
from diamond_cutter.precompute.photos.labels.table_cells import (
    SEPARATORS,
    Cells,
    read_cells,
)
from diamond_cutter.precompute.photos.labels.table_columns import Columns, find_columns, ones
from diamond_cutter.precompute.photos.report_text import listed


@dataclass(frozen=True)
class Row:
    """A photo as a table calls it, the photo if there is one, its labels, and what else is said.

    `split`, `fold` and `group` are empty where the table says none.
    """

    name: str
    photo: Entry | None
    labels: tuple[str, ...]
    split: str
    fold: str
    group: str


@dataclass(frozen=True)
class Table:
    """A table of photos: `name` is its path in the dataset, `reading` says how it was read.

    `is_sure`: whether its header says which are labels.
    """

    name: str
    rows: list[Row]
    reading: str
    is_sure: bool

    @property
    def found(self) -> float:
        """The share of rows whose photo is there, 0..1."""
        return sum(row.photo is not None for row in self.rows) / max(1, len(self.rows))

    def labels(self) -> dict[str, set[str]]:
        """The labels of each photo that is there, by its path."""
        found: dict[str, set[str]] = {}
        for row in self.rows:
            if row.photo is not None and row.labels:
                found.setdefault(row.photo.path, set()).update(row.labels)
        return found


def read_table(
    file: Path, name: str, finder: Finder, settings: DatasetSettings, *, labelled: bool = True
) -> Table:
    """The rows of a table, each with the photo that `finder` finds; `name` is how it is called.

    Not `labelled`: rows need say no class. Raises `UserError` for what is no table of photos and
    labels, as `read_cells` and `find_columns` have it.
    """
    cells = read_cells(file, name)
    columns = find_columns(
        cells.rows, lambda cell: bool(finder.find(cell)), settings, name, labelled=labelled
    )
    rows = cells.rows[1:] if columns.header else cells.rows
    labels = list(_labels(rows, columns))
    made = [
        Row(
            name=_cell(row, columns.name),
            photo=finder.find(_cell(row, columns.name)),
            labels=tuple(each),
            split=_cell(row, columns.split),
            fold=_cell(row, columns.fold),
            group=_cell(row, columns.group),
        )
        for row, each in zip(rows, labels, strict=True)
    ]
    return Table(name, made, _told(name, cells, columns), columns.are_called_so)


def _labels(rows: Sequence[list[str]], columns: Columns) -> Iterator[list[str]]:
    """The labels of each row."""
    if columns.one_hot:
        names = [class_name(columns.header[at]) for at in columns.labels]
        for row in rows:
            yield [names[place] for place in ones([_cell(row, at) for at in columns.labels])]
        return
    if not columns.labels:
        yield from ([] for _ in rows)
        return
    (at,) = columns.labels
    header = columns.header[at] if columns.header else ""
    for each in cut_cells([_cell(row, at) for row in rows], header):
        yield [class_name(label) for label in each]


def _cell(row: Sequence[str], at: int | None) -> str:
    return "" if at is None or at >= len(row) else row[at]


def _told(name: str, cells: Cells, columns: Columns) -> str:
    """How a table was read, in a sentence."""

    def called(*places: int) -> str:
        if not columns.header:
            return f"number {places[0] + 1}"
        names = [columns.header[at] or f"number {at + 1}" for at in places]
        return listed(names)

    guess = (
        f"in {cells.guess} as it seems (if names look wrong, save it as UTF-8), "
        if cells.guess
        else ""
    )
    header = "with a header" if columns.header else "without a header"
    classes = "a column a class" if columns.one_hot else "classes by the column"
    parts = [f"photos by the column {called(columns.name)}"]
    if columns.labels:
        parts.append(f"{classes} {called(*columns.labels)}")
    for at, what in (
        (columns.split, "splits"),
        (columns.fold, "folds"),
        (columns.group, "groups"),
    ):
        if at is not None:
            parts.append(f"{what} by {called(at)}")
    return f"Read from {name}, {guess}{SEPARATORS[cells.separator]}, {header}: {'; '.join(parts)}."
