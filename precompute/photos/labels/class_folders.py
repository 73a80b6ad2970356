"""Which class, split, fold and group a file belongs to, from the folders that it lies in."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.file_entry import Entry, Listing
from diamond_cutter.precompute.photos.labels.folder_reading import read_folders
from diamond_cutter.precompute.photos.labels.folder_tree import grow
from diamond_cutter.precompute.stores.study.dataset_report import Split

_AGAIN = "The dataset has this path more than once; only the first is taken: rename the others."
_NO_CLASS = (
    "In no class folder: expected CLASS/NAME; put it into the folder of its class, or "
    "name a CSV with the columns path and label."
)


def arrange(entries: Iterable[Entry], settings: DatasetSettings, unlabelled: str = "") -> Listing:
    """The entries by path with what their folders say, and how those were read.

    The class is the first folder, deeper ones belong to it. A single folder around all classes is
    no class, and neither are folders around folders of the same names, as `read_folders` has it.
    What lies in no class folder gets the class `unlabelled`; without one it is rejected. So is a
    path's second entry. Raises `UserError` where folders can be read in two ways.
    """
    entries = unique(entries)
    top = grow(entry for entry in entries if entry.outcome is None)
    found = read_folders(top, settings.dataset, settings.folders)
    fields = {entry.path: what for folder, what in found.classes for entry in folder.all_photos()}
    reasons = {
        entry.path: reason for folder, reason in found.left_out for entry in folder.all_photos()
    }
    placed = []
    for entry in entries:
        what = fields.get(entry.path, {})
        label = class_name(what.get("label", "")) or unlabelled
        if entry.outcome is None and label:
            split = cast(Split, what.get("split", ""))
            fold, group = what.get("fold", ""), what.get("group", "")
            entry = replace(entry, label=label, split=split, fold=fold, group=group)
        elif entry.outcome is None:
            reason = reasons.get(entry.path, _NO_CLASS)
            entry = replace(entry, file=None, outcome="reject", reason=reason)
        placed.append(entry)
    return Listing(placed, list(dict.fromkeys(found.said)))


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


def class_name(name: str) -> str:
    """The name of a class as all its photos have it: macOS writes accents apart, others don't."""
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", name).strip())
