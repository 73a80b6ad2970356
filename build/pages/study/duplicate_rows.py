"""Groups of files that show the same picture, as the page of a dataset has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diamond_cutter.build.page_text import shown
from diamond_cutter.build.tiles.photo_tiles import PhotoTile, photo_tile
from diamond_cutter.precompute.stores.study.dataset_report import Duplicates, File, Report

GROUPS = 40
"""Groups of duplicates shown at most, of each kind."""
MEMBERS = 12
"""Photos of a group shown at most."""
_HOW = {"exact": "the same bytes or pixels", "near": "the same picture, changed a little"}


@dataclass(frozen=True)
class Member:
    """A file of a group of duplicates; `tile` is None if it is no photo of the study.

    label, split: only where the files of the group differ in it, else empty.
    """

    tile: PhotoTile | None
    name: str
    label: str
    split: str


@dataclass(frozen=True)
class Group:
    """Files that show the same picture: the first of them, and how many `more` there are.

    label: the class that all of them are of; empty if they are of several.
    """

    how: str
    label: str
    members: tuple[Member, ...]
    more: int


@dataclass(frozen=True)
class GroupsOfKind:
    """The groups of duplicates that mean the same: as many as have room, of `count`."""

    title: str
    note: str
    groups: tuple[Group, ...]
    count: int


def find_groups(report: Report, photos: Sequence[File]) -> tuple[GroupsOfKind, ...]:
    """The groups of duplicates of a dataset, the worst kind first; `photos`: of the study."""
    places = {photo.path: index for index, photo in enumerate(photos)}
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
            shown_groups = tuple(_group(group, photos, places, files) for group in groups[:GROUPS])
            made.append(GroupsOfKind(title, note, shown_groups, len(groups)))
    return tuple(made)


def _group(
    group: Duplicates, photos: Sequence[File], places: Mapping[str, int], files: Mapping[str, File]
) -> Group:
    known = [files[path] for path in group.paths if path in files]
    labels, splits = {file.label for file in known}, {file.split for file in known}
    members = []
    for path in group.paths[:MEMBERS]:
        file, place = files.get(path), places.get(path)
        members.append(
            Member(
                tile=None if place is None else photo_tile(photos, place, "../"),
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
