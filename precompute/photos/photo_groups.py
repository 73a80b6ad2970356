"""Photos that stay together: of the same picture, or of one value in a column of the table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from scipy.cluster.hierarchy import DisjointSet

from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.stores.study.dataset_report import Grouping


def join_groups(entries: Sequence[Entry], near: Mapping[int, int]) -> dict[int, int]:
    """For each place of `near` the number of its group, 0 or more.

    `near`: the same number for near duplicates, by place. Two photos are of one group where they
    are near duplicates or the table has one value for both, or others join them so.
    """
    joined: DisjointSet[int | str] = DisjointSet(near.values())
    for place, number in near.items():
        if value := entries[place].group:
            joined.add(value)
            joined.merge(number, value)
    numbers: dict[int | str, int] = {}
    return {
        place: numbers.setdefault(joined[number], len(numbers)) for place, number in near.items()
    }


def describe_groups(column: str, entries: Sequence[Entry], taken: Sequence[int]) -> Grouping | None:
    """What a column of the table says of the photos at the places `taken`; None without one."""
    if not column:
        return None
    sizes: dict[str, int] = defaultdict(int)
    splits: dict[str, set[str]] = defaultdict(set)
    for place in taken:
        sizes[entries[place].group] += 1
        splits[entries[place].group].add(entries[place].split or "train")  # what has none trains
    alone = sizes.pop("", 0)
    return Grouping(
        column=column,
        count=len(sizes),
        largest=max(sizes.values(), default=0),
        alone=alone,
        across=sorted(value for value in sizes if {"train"} < splits[value]),
    )


def note_groups(
    grouping: Grouping | None, entries: Sequence[Entry], taken: Sequence[int]
) -> dict[str, str]:
    """For the path of each photo of a group on both sides of a split, that it is, in a sentence."""
    if grouping is None:
        return {}
    first: dict[str, dict[str, Entry]] = {value: {} for value in grouping.across}
    torn = [entries[place] for place in taken if entries[place].group in first]
    for entry in torn:
        first[entry.group].setdefault(entry.split or "train", entry)
    notes = {}
    for entry in torn:
        own = entry.split or "train"
        other = next(each for split, each in first[entry.group].items() if split != own)
        notes[entry.path] = (
            f"Its {grouping.column} is {entry.group}, as that of {other.path}, which is in "
            f"{other.split or 'no split'}."
        )
    return notes
