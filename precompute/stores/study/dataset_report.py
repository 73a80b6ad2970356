"""The dataset report: what the reader made of every file, and of the set as a whole.

`diamond check-data --json` prints it, a study keeps it, the site shows it.
"""

from dataclasses import dataclass
from typing import Literal

from diamond_cutter.command.structuring import structure, unstructure

Outcome = Literal["accept", "note", "reject", "ignore"]
Split = Literal["", "train", "val", "test"]


@dataclass(frozen=True)
class File:
    """One file of the dataset.

    `path` as the dataset has it, in its archive or below its folder, with "/". `outcome`: taken,
    taken with a note, left out because it can't be used, or no photo to begin with; `reason` says
    why, in a sentence, and is empty for "accept". `label` is its class, empty where it has none.
    `width` and `height` in pixels as shown, 0 where not known; `digest`: SHA-256 of the content.
    """

    path: str
    outcome: Outcome
    reason: str
    label: str = ""
    split: Split = ""
    width: int = 0
    height: int = 0
    digest: str = ""


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
    `grouping`: None where no column was named.
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

    @property
    def photos(self) -> list[File]:
        """The files that were taken, in order: the photos of a study."""
        return [file for file in self.files if file.outcome in ("accept", "note")]


def to_json(report: Report) -> dict[str, object]:
    """The report as JSON has it."""
    document: dict[str, object] = unstructure(report)
    return document


def from_json(document: dict[str, object]) -> Report:
    """The report that `to_json` made the document of."""
    return structure(document, Report)
