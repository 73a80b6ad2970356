"""Photos of a dataset that show the same picture, and what that means for a study."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal

from diamond_cutter.precompute.photos.examination import Examined
from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.stores.study.dataset_report import Duplicates


def find_repeats(
    entries: Sequence[Entry], examined: Examined, taken: Sequence[int]
) -> list[Duplicates]:
    """The sets of photos that show the same picture, among those at the places `taken`.

    Photos of the same pixels are one set; where others are near to them, all are another.
    """
    groups: dict[int, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for place in taken:
        pictures = groups[examined.groups[place]]
        pictures[examined.findings[place].pixels].append(entries[place])
    repeats = []
    for pictures in groups.values():
        repeats += [_repeat("exact", same) for same in pictures.values() if len(same) > 1]
        if len(pictures) > 1:
            repeats.append(_repeat("near", list(chain(*pictures.values()))))
    return repeats


def describe_repeats(repeats: Sequence[Duplicates], setting: str) -> Iterator[str]:
    """How many near duplicates there are and what became of them, as `setting` says, in a line."""
    if setting == "ignore":
        yield 'Near duplicates are not looked for: near_duplicates = "ignore".'
    sizes = [len(each.paths) for each in repeats if each.kind == "near"]
    if not sizes:
        return
    many = "1 set" if len(sizes) == 1 else f"{len(sizes):,} sets, the largest of {max(sizes):,}"
    found = f"{sum(sizes):,} photos are near duplicates of others, in {many}"
    if setting == "report":
        yield f'{found}: dealt out as if they were different, by near_duplicates = "report".'
    else:
        yield (
            f"{found}: each set stays on one side of every fold, and counts as one photo. If they "
            'only look alike, near_duplicates = "report" deals them out as different.'
        )


def note_repeats(entries: Sequence[Entry], repeats: Sequence[Duplicates]) -> dict[str, str]:
    """For the path of each photo in a set, what its owner should know, in sentences.

    Of the others in its set the one is named that matters most: of another class, or else in
    another split.
    """
    by_path = {entry.path: entry for entry in entries}
    exact: dict[str, set[str]] = {}
    notes: dict[str, list[str]] = defaultdict(list)
    for repeat in repeats:
        if repeat.kind == "exact":
            exact |= {path: set(repeat.paths) for path in repeat.paths}
        members = [by_path[path] for path in repeat.paths]
        for entry in members:
            same = exact.get(entry.path, set()) if repeat.kind == "near" else {entry.path}
            others = [other for other in members if other.path not in {entry.path, *same}]
            notes[entry.path].append(_sentence(repeat.kind, entry, others))
    return {path: " ".join(said) for path, said in notes.items()}


def _repeat(kind: Literal["exact", "near"], members: list[Entry]) -> Duplicates:
    across: Literal["", "classes", "split"] = ""
    if len({entry.label for entry in members}) > 1:
        across = "classes"
    elif len({entry.split for entry in members}) > 1:
        across = "split"
    return Duplicates(kind, across, sorted(entry.path for entry in members))


def _sentence(kind: str, entry: Entry, others: list[Entry]) -> str:
    first = min(others, key=lambda other: (other.label == entry.label, other.split == entry.split))
    said = [f"{kind.capitalize()} duplicate of {first.path}"]
    if first.label != entry.label:
        said.append(f"whose class is {first.label}")
    if first.split != entry.split:
        said.append(f"which is in {first.split or 'no split'}")
    if len(others) > 1:
        said.append(f"and of {len(others) - 1:,} more")
    return ", ".join(said) + "."
