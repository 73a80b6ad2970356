"""The report of a dataset: what becomes of each file, and if a study can be made of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from statistics import median_low

from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.duplicates.duplicate_groups import (
    describe_repeats,
    find_repeats,
    note_repeats,
)
from diamond_cutter.precompute.photos.examination import Examined
from diamond_cutter.precompute.photos.examination_cache import Finding
from diamond_cutter.precompute.photos.file_entry import Entry, Listing
from diamond_cutter.precompute.photos.images.image_decoding import FORMATS
from diamond_cutter.precompute.photos.photo_groups import describe_groups, note_groups
from diamond_cutter.precompute.photos.picture_kinds import PHOTO_KINDS
from diamond_cutter.precompute.stores.study.dataset_report import File, Report

SMALL = 10
"""Different photos; with fewer, the accuracy of a class can be anything."""

NAMED = 3
"""Kinds of files that are named where there is no photo."""

LEAST = 2
"""Different photos that a class needs: to train with one while another is held out."""


def report(
    settings: DatasetSettings,
    listing: Listing,
    examined: Examined,
    joined: Mapping[int, int],
    *,
    labelled: bool = True,
) -> Report:
    """The report of all entries of a listing, in their order.

    `joined`: the group of each photo by place, as `join_groups` makes them.
    Where no study can be made of it, `problem` says why; where it need not be `labelled`, photos
    are all that is asked for.
    """
    entries, source = listing.entries, settings.dataset
    is_grouped = any(entry.group for entry in entries)
    groups = settings.groups or ("folder" if is_grouped else "")
    different = _different(entries, joined)
    unfit = _unfit(entries, joined, different, groups) if labelled else {}
    taken = [place for place in examined.groups if entries[place].label not in unfit]
    repeats = find_repeats(entries, examined, taken)
    grouping = describe_groups(groups, entries, taken)
    mend = "add photos"
    if settings.near_duplicates == "group" and examined.groups != examined.exact:
        mend += ', or give near_duplicates = "report" if near duplicates only look alike'
    notes = (note_repeats(entries, repeats), note_groups(grouping, entries, taken))
    files = [
        _file(
            entry,
            examined.findings.get(place),
            unfit.get(entry.label, ""),
            [said[entry.path] for said in notes if entry.path in said],
        )
        for place, entry in enumerate(entries)
    ]
    classes = _count(entries[place].label for place in taken)
    sides = sorted(min(files[place].width, files[place].height) for place in taken)
    return Report(
        source=source,
        classes=classes,
        splits=_count(entries[place].split for place in taken if entries[place].split),
        imbalance=max(classes.values()) / min(classes.values()) if classes else 0.0,
        small=[name for name in classes if different[name] < SMALL],
        sides=[sides[0], median_low(sides), sides[-1]] if sides else [],
        duplicates=repeats,
        problem=listing.question
        or (
            _problem(source, entries, joined, classes, groups, mend, map(_kind, files))
            if labelled or not classes
            else ""
        ),
        files=files,
        grouping=grouping,
        reading=[
            *listing.reading,
            *(describe_repeats(repeats, settings.near_duplicates) if labelled else []),
        ],
        folds=_count(entries[place].fold for place in taken if entries[place].fold),
        value_range=examined.value_range,
        near_duplicates=settings.near_duplicates,
        tables=listing.tables,
        renamed={entry.original: entry.label for entry in entries if entry.original},
        original_classes=_count(entries[place].original or entries[place].label for place in taken)
        if any(entry.original for entry in entries)
        else {},
        leave_out=list(settings.leave_out),
        faint=sum(examined.findings[place].faint for place in taken),
    )


def _count(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _different(entries: Sequence[Entry], joined: Mapping[int, int]) -> dict[str, int]:
    """How many groups the photos of each class form."""
    found = defaultdict(set)
    for place, group in joined.items():
        found[entries[place].label].add(group)
    return {label: len(numbers) for label, numbers in found.items()}


def _counted(count: int, groups: str) -> str:
    """How many groups of photos that is, by the column `groups` or, if empty, by their pictures."""
    one, many = (
        (f"group by {groups}", f"groups by {groups}")
        if groups
        else ("different photo", "different photos")
    )
    return f"{count} {one if count == 1 else many}"


def _unfit(
    entries: Sequence[Entry], joined: Mapping[int, int], different: Mapping[str, int], groups: str
) -> dict[str, str]:
    """The classes that can't be studied, and why, in a sentence about one of their photos."""
    splits = {entries[place].split for place in joined}
    judged = {joined[place] for place in joined if entries[place].split in ("test", "val")}
    trained = {
        entries[place].label
        for place in joined
        if entries[place].split == "train" and joined[place] not in judged
    }
    folds = defaultdict(set)
    for place in joined:
        folds[entries[place].label].add(entries[place].fold)
    unfit = {}
    for label, count in different.items():
        if count < LEAST:
            unfit[label] = (
                f"Its class has {_counted(count, groups)}: expected {LEAST} or more, to train with "
                "one while another is held out; add some."
            )
        elif "train" in splits and label not in trained:
            unfit[label] = (
                "Its class has no photos in train that belong with none of test or val: expected "
                "some there; add some."
            )
        elif len(splits) == 1 and folds[label] != {""} and len(folds[label]) < LEAST:
            unfit[label] = (
                "Its class is in one fold alone: expected two or more, to train with one while "
                "another is held out; add some."
            )
    return unfit


def _file(entry: Entry, finding: Finding | None, unfit: str, said: Sequence[str]) -> File:
    if finding is None:
        return File(
            path=entry.path,
            outcome=entry.outcome or "reject",
            reason=entry.reason,
            label=entry.label,
            split=entry.split,
            original=entry.original,
        )
    suffix = PurePosixPath(entry.path).suffix.lower()
    notes = [finding.note, *said]
    if not finding.problem and suffix and suffix not in FORMATS[finding.format]:
        notes.insert(0, f"Named {suffix}, but {finding.format} by its content, and read as that.")
    note = " ".join(filter(None, notes))
    problem = finding.problem or unfit
    return File(
        path=entry.path,
        outcome="reject" if problem else "note" if note else "accept",
        reason=problem or note,
        label=entry.label,
        split=entry.split,
        width=finding.width,
        height=finding.height,
        digest=finding.digest,
        fold=entry.fold,
        original=entry.original,
    )


def _kind(file: File) -> str:
    """What a file is that can't be used: by the reason why not, or the end of its name."""
    suffix = PurePosixPath(file.path).suffix
    if file.outcome == "ignore" and suffix:
        return f"a {suffix} file"
    kind = file.reason.partition(":")[0].rstrip(".")
    return kind[:1].lower() + kind[1:]


def _kinds(kinds: Iterable[str]) -> str:
    """What files are that can't be used: the commonest of `kinds`, in brackets."""
    named = [f"{many:,}: {kind}" for kind, many in Counter(filter(None, kinds)).most_common(NAMED)]
    return f" ({'; '.join(named)})" if named else ""


def _problem(
    source: str,
    entries: Sequence[Entry],
    joined: Mapping[int, int],
    classes: Mapping[str, int],
    groups: str,
    mend: str,
    kinds: Iterable[str],
) -> str:
    """Why no study can be made of the dataset, in a line; empty if one can."""
    found = _count(entries[place].label for place in joined)
    splits = _count(entries[place].split for place in joined if entries[place].split)
    if not found:
        many = "1 file" if len(entries) == 1 else f"{len(entries):,} files"
        files = f"none among {many}" if entries else "no file at all"
        return (
            f"{source}: expected a folder for each class with photos in it ({PHOTO_KINDS}), got "
            f"{files}{_kinds(kinds)}; mend the address or the files"
        )
    if len(found) == 1:
        (only,) = found
        return (
            f"{source}: expected photos of two classes or more, got {found[only]:,}, all of class "
            f"{only!r}; add a folder for each other class, or a CSV of the labels"
        )
    if splits and ("train" not in splits or len(splits) < 2):
        return (
            f"{source}: expected photos in train, and in val or test, got some in "
            f"{' and '.join(splits)} alone; add those that lack, or give no split"
        )
    if len(classes) < 2:
        return (
            f"{source}: expected two classes or more with {_counted(LEAST, groups)} each, got "
            f"{len(classes)} of {len(found)}, of {len(joined):,} photos in all; {mend}"
        )
    return ""
