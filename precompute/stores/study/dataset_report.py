"""The dataset report: what the reader made of every file, and of the set as a whole.

`diamond check-data --json` prints it, a study keeps it, the site shows it.
"""

from dataclasses import dataclass, field
from typing import Literal

from diamond_cutter.command.structuring import structure, unstructure

Outcome = Literal["accept", "note", "reject", "ignore"]
Split = Literal["", "train", "val", "test"]

LEFT_OUT = "Left out: leave_out names it."
"""The reason of photos that could be used, but were not wanted."""


@dataclass(frozen=True)
class File:
    """One file of the dataset.

    `path` as the dataset has it, in its archive or below its folder, with "/". `outcome`: taken,
    taken with a note, left out because it can't be used, or no photo to begin with; `reason` says
    why, in a sentence, and is empty for "accept". `label` is its class, empty where it has none.
    `width` and `height` in pixels as shown, 0 where not known; `digest`: SHA-256 of the content.
    `fold`: the dataset's own, by name; `original`: its class as the dataset has it, where the
    settings give that another name.
    """

    path: str
    outcome: Outcome
    reason: str
    label: str = ""
    split: Split = ""
    width: int = 0
    height: int = 0
    digest: str = ""
    fold: str = ""
    original: str = ""


@dataclass(frozen=True)
class LeftOut:
    """Files that were not taken for the same reason, a sentence: the first, and how many."""

    reason: str
    first: str
    files: int


@dataclass(frozen=True)
class Duplicates:
    """Photos that show the same picture, by path, two or more.

    `kind`: "exact", the same bytes or pixels, or "near": re-encoded, resized, mirrored, slightly
    cropped. `across`: "classes" where they bear different labels, else "split" where they lie on
    both sides of a given split, else "" (all in one class).
    """

    kind: Literal["exact", "near"]
    across: Literal["", "classes", "split"]
    paths: list[str]


@dataclass(frozen=True)
class Grouping:
    """What a column of the dataset's table says of photos that belong together.

    `column`: as the user names it; `count`: different values that the photos taken have; `largest`:
    the photos of the commonest; `alone`: photos without a value. `across`: values that lie on both
    sides of a given split, sorted.
    """

    column: str
    count: int
    largest: int
    alone: int
    across: list[str]


@dataclass(frozen=True)
class Report:
    """A dataset as its reader sees it.

    `source`: the address as given. `classes`: photos taken, by class, sorted by name. `splits`:
    photos by split, empty without one. `imbalance`: the largest class over the smallest.
    `small`: classes of too few photos to be judged. `sides`: least, median and greatest shorter
    side in pixels. `problem`: why no study can be made of it, in a line; empty if one can.
    `grouping`: None where nothing says which photos belong together. `reading`: how classes, splits
    and groups were found, in sentences. `folds`: photos by the dataset's own fold. `value_range`:
    what became black and white in photos of more than 8 bits, None if there are none; `faint`:
    photos that look like a single colour; `near_duplicates`: what became of them, as the settings
    have it; `tables`: the paths of those in the dataset in which the labels stand. `renamed`: the
    classes that the settings give other names, old and new, `original_classes`: photos taken by
    class as the dataset has it, empty where none is renamed; `leave_out`: as the settings have it.
    """

    source: str
    classes: dict[str, int]
    splits: dict[str, int]
    imbalance: float
    small: list[str]
    sides: list[int]
    duplicates: list[Duplicates]
    problem: str
    files: list[File]
    grouping: Grouping | None = None
    reading: list[str] = field(default_factory=list)
    folds: dict[str, int] = field(default_factory=dict)
    value_range: tuple[float, float] | None = None
    faint: int = 0
    near_duplicates: str = "group"
    tables: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    original_classes: dict[str, int] = field(default_factory=dict)
    leave_out: list[str] = field(default_factory=list)

    @property
    def left_out(self) -> list[LeftOut]:
        """The files that could not or were not to be used, by reason, the commonest first."""
        paths: dict[str, list[str]] = {}
        for file in self.files:
            if file.outcome == "reject":
                paths.setdefault(file.reason, []).append(file.path)
        found = [LeftOut(reason, each[0], len(each)) for reason, each in paths.items()]
        return sorted(found, key=lambda each: (-each.files, each.first))

    @property
    def ignored(self) -> list[File]:
        """The files that are no photos, nor tables of their labels."""
        read = set(self.tables)
        return [file for file in self.files if file.outcome == "ignore" and file.path not in read]

    @property
    def photos(self) -> list[File]:
        """The files that were taken, in order: the photos of a study."""
        return [file for file in self.files if file.outcome in ("accept", "note")]


def to_json(report: Report) -> dict[str, object]:
    """The report as JSON has it."""
    document: dict[str, object] = unstructure(report)
    return document


def counts(report: Report) -> dict[str, object]:
    """What was taken and what was not, as JSON has it beside a study's figures."""
    return {
        "source": report.source,
        "reading": report.reading,
        "classes": report.classes,
        "splits": report.splits,
        "folds": report.folds,
        "left_out": [{"reason": each.reason, "files": each.files} for each in report.left_out],
        "value_range": report.value_range,
        "faint": report.faint,
        "tables": report.tables,
        "ignored": len(report.ignored),
    }


def from_json(document: dict[str, object]) -> Report:
    """The report that `to_json` made the document of."""
    return structure(document, Report)
