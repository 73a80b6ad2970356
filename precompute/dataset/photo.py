"""The photos of a dataset, as a study takes them."""

from dataclasses import dataclass
from pathlib import Path

from diamond_cutter.precompute.contract.report import Report, Split


@dataclass(frozen=True)
class Photo:
    """One photo.

    `file`: where it lies on this machine; `path`: as the dataset has it; `label`: index into the
    dataset's classes; `digest`: SHA-256 of the file's content, hex; `group`: the same for near
    duplicates, else its own.
    """

    file: Path
    path: str
    label: int
    split: Split
    digest: str
    group: int


@dataclass(frozen=True)
class Dataset:
    """The photos that the report accepts, in its order, and the classes' names, sorted."""

    report: Report
    photos: list[Photo]
    classes: list[str]
