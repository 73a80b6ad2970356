"""The entries of a dataset whose labels stand in tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.file_entry import Entry, Listing
from diamond_cutter.precompute.photos.labels import several_labels
from diamond_cutter.precompute.photos.labels.class_folders import unique
from diamond_cutter.precompute.photos.labels.folder_tree import grow
from diamond_cutter.precompute.photos.labels.label_table import Row, Table
from diamond_cutter.precompute.photos.labels.split_names import parts_of, split_of
from diamond_cutter.precompute.photos.size_limits import MAX_NAME
from diamond_cutter.precompute.stores.study.dataset_report import Split


def tabulate(
    tables: Sequence[Table],
    photos: Iterable[Entry],
    settings: DatasetSettings,
    unlabelled: str = "",
) -> Listing:
    """What tables say of the `photos` of a dataset, and of others that they name.

    `unlabelled`: the class of those that have none or several, which are left out without one.
    Where no column says the split, the names of several tables do, or the photos' first folders.
    """
    several_labels.check_choice(settings.several_labels)
    parts = parts_by_name(tables)
    labels: dict[str, list[str]] = {}
    named: dict[str, Entry] = {}
    left_out: dict[str, Entry] = {}
    unknown: list[Entry] = []
    for table in tables:
        for row in table.rows:
            reason = _problem(row, unlabelled)
            if row.photo is None:
                path = row.name[:200] or "(no path)"
                unknown.append(Entry(path, None, " ".join(row.labels), "", "reject", reason))
            elif reason:
                left_out[row.photo.path] = _left_out(row.photo, reason)
            else:
                path = row.photo.path
                known = labels.setdefault(path, [])
                known += [label for label in row.labels if label not in known]
                split: Split = split_of(row.split) or parts.get(table.name, "")
                photo = replace(row.photo, split=split, fold=row.fold, group=row.group)
                named.setdefault(path, photo)
    reading = [table.reading for table in tables]
    if not any(entry.split for entry in named.values()):
        named, told = split_by_folders(named)
        reading += told
    several = [path for path, known in labels.items() if len(known) > 1]
    question = ""
    if several and settings.several_labels == "combine":
        many = "1 photo has" if len(several) == 1 else f"{len(several):,} photos have"
        reading.append(f"{many} several labels: each combination is a class.")
    elif several and settings.several_labels == "ask" and not unlabelled:
        question = several_labels.question(settings.dataset, labels, several)
    entries = {
        path: _labelled(photo, labels[path], settings, unlabelled) for path, photo in named.items()
    }
    for path, entry in left_out.items():
        entries.setdefault(path, entry)
    where = " and ".join(table.name for table in tables)
    names = f"{where} {'does' if len(tables) == 1 else 'do'}n't name it"
    for photo in photos:
        reason = f"{names}: add a row with its path and label."
        rest = replace(photo, label=unlabelled) if unlabelled else _left_out(photo, reason)
        entries.setdefault(photo.path, rest)
    return Listing(unique([*entries.values(), *unknown]), reading, question)


def parts_by_name(tables: Sequence[Table]) -> dict[str, Split]:
    """The split that each of several tables is called by, those of one folder: "train.csv"."""
    names = {table.name: table.name.rpartition("/")[2].rpartition(".")[0] for table in tables}
    found = {name: split_of(stem) for name, stem in names.items()}
    if len(set(found.values()) - {None}) < 2:
        return {}
    return {name: split for name, split in found.items() if split}


def split_by_folders(photos: Mapping[str, Entry]) -> tuple[dict[str, Entry], list[str]]:
    """The photos with the splits that their first folders are, if all of these are such."""
    top = grow(photos.values()).unwrapped()
    parts = parts_of(top.folders)
    splits = {name: split for name in parts if (split := split_of(name) or split_of(parts[name]))}
    if top.photos or splits.keys() != top.folders.keys() or len(set(splits.values())) < 2:
        return dict(photos), []
    placed = {
        entry.path: replace(entry, split=splits[name])
        for name, folder in top.folders.items()
        for entry in folder.all_photos()
    }
    told = ", ".join(f"{name} is {split}" for name, split in sorted(splits.items()))
    return placed, [f"Splits by folders: {told}."]


def _problem(row: Row, unlabelled: str) -> str:
    """Why a row can't be used, a sentence; empty if it can."""
    if not row.name:
        return "A row without a path; fill it in or remove it."
    if len(row.name) > MAX_NAME:
        return f"A path of more than {MAX_NAME:,} characters; mend it."
    if row.photo is None:
        return "No photo is called so, or more than one; mend the path, or remove the row."
    if not row.labels and not unlabelled:
        return "A row without a label; fill it in."
    if row.split and split_of(row.split) is None:
        return f"A split of {row.split[:60]!r}: expected train, val, test or nothing; mend it."
    return ""


def _labelled(
    photo: Entry, labels: Sequence[str], settings: DatasetSettings, unlabelled: str
) -> Entry:
    if len(labels) == 1:
        return replace(photo, label=labels[0])
    if settings.several_labels == "combine":
        return replace(photo, label=several_labels.combined(labels) or unlabelled)
    if unlabelled:
        return replace(photo, label=unlabelled)
    return _left_out(photo, several_labels.reason(labels))


def _left_out(photo: Entry, reason: str) -> Entry:
    return replace(photo, file=None, outcome="reject", reason=reason, split="")
