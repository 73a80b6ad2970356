"""Classes in the names of files: what stands before their number, as in cat.0.jpg."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.file_entry import Entry, Listing
from diamond_cutter.precompute.photos.labels.class_folders import class_name
from diamond_cutter.precompute.photos.labels.table_entries import split_by_folders
from diamond_cutter.precompute.photos.report_text import listed

CHOICES = ("nothing", "classes")
"""What the names of files may be said to say."""
_NUMBERED = re.compile(r"(.*?\w)(([\W_]+\(?\d+\)?)+|(?<=[^\W\d_])\d+)")
_NO_CLASS = "Its name has no class before a number, as cat.0.jpg has; rename it."
_SHARE = 0.5
"""Of photos that have to be called so, for it to be offered."""


def check_choice(choice: str) -> None:
    """Raise `UserError` for a setting that is none of `CHOICES`."""
    if choice not in CHOICES:
        raise UserError(
            f"file_names: expected one of {', '.join(map(repr, CHOICES))}, got {choice!r}; "
            "choose one"
        )


def label_by_names(entries: Sequence[Entry], unlabelled: str = "") -> Listing:
    """The entries with the classes that their names begin with, and splits by their folders.

    Those without get the class `unlabelled`; without one they are rejected.
    """
    placed = {}
    for entry in entries:
        label = _class_of(entry.path) or unlabelled
        if entry.outcome is None and label:
            entry = replace(entry, label=label)
        elif entry.outcome is None:
            entry = replace(entry, file=None, outcome="reject", reason=_NO_CLASS)
        placed[entry.path] = entry
    photos = {path: entry for path, entry in placed.items() if entry.outcome is None}
    split, told = split_by_folders(photos)
    return Listing(
        list({**placed, **split}.values()),
        ["Classes by what the names of files begin with.", *told],
    )


def question(source: str, photos: Iterable[Entry]) -> str:
    """What is asked where folders say no classes, and names seem to, in a line; else empty."""
    names = [_class_of(entry.path) for entry in photos]
    classes = {name: count for name, count in Counter(names).items() if name and count > 1}
    count = sum(classes.values())
    if len(classes) < 2 or count < _SHARE * len(names):
        return ""
    return (
        f"{source}: expected a folder for each class, got none, and {count:,} photos whose names "
        f"begin with {listed(sorted(classes))}; "
        'file_names = "classes" takes these for their classes'
    )


def _class_of(path: str) -> str:
    stem = path.rpartition("/")[2].rpartition(".")[0]
    match = _NUMBERED.fullmatch(stem)
    return class_name(match[1]) if match and not match[1].isdecimal() else ""
