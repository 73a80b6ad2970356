"""Which class and split a file belongs to, from the folders that it lies in."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.stores.study.dataset_report import Split

_SPLITS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}

_AGAIN = "The dataset has this path more than once; only the first is taken: rename the others."


def arrange(entries: Iterable[Entry], unlabelled: str = "") -> list[Entry]:
    """The entries by path, those to be examined with the class and split of their folders.

    The class is the first folder, deeper ones belong to it. A single folder around all classes
    is no class, and neither are folders called train, val and test where all of them are called
    so and at least two are there. What lies in no class folder gets the class `unlabelled`; without
    one it is rejected. So is a path's second entry.
    """
    entries = unique(entries)
    photos = [entry.path.split("/") for entry in entries if entry.outcome is None]
    depth = _wrapping(photos)
    tops = {parts[depth] for parts in photos if len(parts) > depth + 1}
    splits = {split_of(top) for top in tops}
    split = None not in splits and len(splits) > 1
    return [
        _placed(entry, depth, split, unlabelled) if entry.outcome is None else entry
        for entry in entries
    ]


def unique(entries: Iterable[Entry]) -> list[Entry]:
    """The entries by path; of those with the same path all but the first given are rejected."""
    found: dict[str, Entry] = {}
    copies: Counter[str] = Counter()
    for entry in entries:
        path = entry.path
        while path in found:
            copies[entry.path] += 1
            path = f"{entry.path} (copy {copies[entry.path]})"
        if path != entry.path and entry.outcome is None:
            entry = replace(entry, file=None, outcome="reject", reason=_AGAIN)
        found[path] = replace(entry, path=path)
    return [found[path] for path in sorted(found)]


def split_of(name: str) -> Split | None:
    """The split that a folder or a value of that name means; None if none."""
    return _SPLITS.get(name.strip().lower())


def class_name(name: str) -> str:
    """The name of a class as all its photos have it: macOS writes accents apart, others don't."""
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", name).strip())


def _wrapping(photos: list[list[str]]) -> int:
    """How many folders lie around all classes."""
    depth = 0
    while True:
        below: dict[str, set[str]] = defaultdict(set)
        for parts in photos:
            if len(parts) > depth + 1:
                below[parts[depth]].add(parts[depth + 1] if len(parts) > depth + 2 else "")
        if len(below) != 1:
            return depth
        (inside,) = below.values()
        if not inside - {""} or ("" in inside and len(inside) == 2):
            return depth
        depth += 1


def _placed(entry: Entry, depth: int, split: bool, unlabelled: str) -> Entry:
    folders = entry.path.split("/")[depth:-1]
    of: Split = (split_of(folders[0]) or "") if split and folders else ""
    folders = folders[1:] if split else folders
    label = class_name(folders[0]) if folders else unlabelled
    if not label:
        reason = (
            "In no class folder: expected CLASS/NAME; put it into the folder of its class, or "
            "name a CSV with the columns path and label."
        )
        return replace(entry, file=None, outcome="reject", reason=reason, split=of)
    return replace(entry, label=label, split=of)
