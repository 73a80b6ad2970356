"""Groups of files that show the same picture, as the page of a dataset has them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from diamond_cutter.build.page_text import shown
from diamond_cutter.precompute.stores.study.dataset_report import Duplicates, File, Report

Tile = TypeVar("Tile")
"""What shows a photo."""
GROUPS = 40
"""Groups of duplicates shown at most, of each kind."""
MEMBERS = 12
"""Photos of a group shown at most."""
_HOW = {"exact": "the same bytes or pixels", "near": "the same picture, changed a little"}


@dataclass(frozen=True)
class Member(Generic[Tile]):
    """A file of a group of duplicates; `tile` is None if nothing shows it.

    label, split: only where the files of the group differ in it, else empty.
    """

    tile: Tile | None
    name: str
    label: str
    split: str


@dataclass(frozen=True)
class Group(Generic[Tile]):
    """Files that show the same picture: the first of them, and how many `more` there are.

    label: the class that all of them are of; empty if they are of several.
    """

    how: str
    label: str
    members: tuple[Member[Tile], ...]
    more: int


@dataclass(frozen=True)
class GroupsOfKind(Generic[Tile]):
    """The groups of duplicates that mean the same: as many as have room, of `count`."""

    title: str
    note: str
    groups: tuple[Group[Tile], ...]
    count: int


def find_groups(
    report: Report, tile: Callable[[File], Tile | None]
) -> tuple[GroupsOfKind[Tile], ...]:
    """The groups of duplicates of a dataset, the worst kind first; `tile` gives what shows one."""
    files = {file.path: file for file in report.files}
    are_grouped = report.near_duplicates == "group"
    kinds = (
        (
            "classes",
            "The same picture in different classes",
            "At least one label of each group is wrong, unless its photos only look alike.",
        ),
        (
            "split",
            "The same picture on both sides of the split",
            "What is tested was trained on: the accuracy would flatter.",
        ),
        (
            "",
            "The same picture within a class",
            "Held out together, so that none is trained on while its twin is tested."
            if are_grouped
            else "Near duplicates are dealt out as if they were different, as the settings say.",
        ),
    )
    made = []
    for across, title, note in kinds:
        groups = [group for group in report.duplicates if group.across == across]
        if groups:
            shown_groups = tuple(_group(group, tile, files) for group in groups[:GROUPS])
            made.append(GroupsOfKind(title, note, shown_groups, len(groups)))
    return tuple(made)


def _group(
    group: Duplicates, tile: Callable[[File], Tile | None], files: Mapping[str, File]
) -> Group[Tile]:
    known = [files[path] for path in group.paths if path in files]
    labels, splits = {file.label for file in known}, {file.split for file in known}
    members = []
    for path in group.paths[:MEMBERS]:
        file = files.get(path)
        members.append(
            Member(
                tile=None if file is None else tile(file),
                name=shown(path),
                label=shown(file.label) if file is not None and len(labels) > 1 else "",
                split=file.split if file is not None and len(splits) > 1 else "",
            )
        )
    return Group(
        how=_HOW[group.kind],
        label=shown(labels.pop()) if len(labels) == 1 else "",
        members=tuple(members),
        more=len(group.paths) - len(members),
    )
