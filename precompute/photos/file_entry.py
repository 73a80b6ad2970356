"""A file of a dataset before anybody has looked into it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from diamond_cutter.precompute.stores.study.dataset_report import Outcome, Split

Progress = Callable[[str, int, int], None]
"""Told the name of the step, how much of it is done and how much there is; 0: not known."""


@dataclass(frozen=True)
class Entry:
    """One file of a dataset.

    `path`: as the dataset has it, with "/", unlike that of any other entry, and valid Unicode; it
    may hold anything else, control characters too, so what shows it has to escape it. `file`:
    where it lies on this machine, None where it was left out. `label`: its class, never empty
    where `outcome` is None, which says that the file is to be examined. Else it was left out, and
    `reason` says why in a sentence. `group`: what its photo shares with all that belong with it,
    as the column of a table has it; empty where nothing says so. `fold`: the fold that the dataset
    deals it out to, by name; empty without one. `original`: its class as the dataset has it, where
    the settings give that another name; else empty.
    """

    path: str
    file: Path | None
    label: str
    split: Split
    outcome: Outcome | None
    reason: str
    group: str = ""
    fold: str = ""
    original: str = ""


@dataclass(frozen=True)
class Listing:
    """The files of a dataset, by path, and how classes and splits were found, in sentences.

    `question`: what the user has to say before a study can be made, in a line; empty if nothing.
    `tables`: the paths of those in the dataset in which the labels stand.
    """

    entries: list[Entry]
    reading: list[str]
    question: str = ""
    tables: list[str] = field(default_factory=list)
