"""Where the labels of a dataset are: in its folders, or in a table that lies beside its photos."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.file_entry import Entry, Listing
from diamond_cutter.precompute.photos.file_names import is_table, safe_suffix
from diamond_cutter.precompute.photos.labels import name_classes
from diamond_cutter.precompute.photos.labels.class_folders import arrange, unique
from diamond_cutter.precompute.photos.labels.label_table import Table, read_table
from diamond_cutter.precompute.photos.labels.photo_finder import PhotoFinder, PhotoNames
from diamond_cutter.precompute.photos.labels.split_names import are_series, is_place
from diamond_cutter.precompute.photos.labels.table_columns import LabelsError
from diamond_cutter.precompute.photos.labels.table_entries import parts_by_name, tabulate
from diamond_cutter.precompute.photos.report_text import listed

_MOST = 0.5
"""The share of its rows, or of all photos, that a table has to name to be one of them."""
_TABLES = 100
"""Tables that are read: some datasets have one for each photo, of other things."""
_SUBMISSION = "submission"
"""In the names of tables that are to be filled in."""


def label(entries: Sequence[Entry], settings: DatasetSettings, unlabelled: str = "") -> Listing:
    """The entries of a folder or an archive by path, with their labels.

    They stand in the one table that names the photos, or in several that name other photos each,
    or, if the settings have it so, in the names of files; else the folders say them. Where folders
    and tables do, and say other classes, that is asked. `unlabelled`: the class of photos without
    one, which need none. Raises `UserError` where two readings are possible, and where no table is
    what the settings say of one.
    """
    name_classes.check_choice(settings.file_names)
    entries = unique(entries)
    try:
        found = _labelled(entries, settings, unlabelled)
    except UserError as error:
        if not unlabelled or _table_setting(settings):
            raise
        found = arrange(entries, replace(settings, folders="classes"), unlabelled)
        found = replace(found, reading=[f"No labels are read: {error}"])
    return _closed(found)


def _labelled(entries: Sequence[Entry], settings: DatasetSettings, unlabelled: str) -> Listing:
    photos = [entry for entry in entries if entry.outcome is None]
    is_named = bool(_table_setting(settings))
    if settings.file_names == "classes":
        if is_named:
            raise _table_and_names(settings)
        return name_classes.label_by_names(entries, unlabelled)
    tables, problem = _tables(entries, settings)
    if is_named and not tables:
        raise problem or _no_table(settings)
    chosen = _together(tables, settings) if tables else []
    if chosen and (
        is_named or (settings.folders == "auto" and not _by_folders(chosen, entries, settings))
    ):
        found = tabulate(chosen, photos, settings, unlabelled)
        rest = [entry for entry in entries if entry.outcome is not None]
        found = replace(found, entries=unique([*found.entries, *rest]))
    else:
        found, chosen = arrange(entries, settings, unlabelled), []
        classes = {entry.label for entry in found.entries if entry.outcome is None}
        if len(classes) < 2 and not unlabelled:
            if problem:
                raise problem
            found = replace(found, question=name_classes.question(settings.dataset, photos))
    others = [table.name for table in tables if table not in chosen]
    said = [f"Not used: {', '.join(others)}."] if others else []
    tables_read = [table.name for table in chosen]
    files = [
        replace(entry, reason="Read: the labels stand in it.")
        if entry.path in tables_read
        else entry
        for entry in found.entries
    ]
    return replace(found, entries=files, reading=[*found.reading, *said], tables=tables_read)


def _table_setting(settings: DatasetSettings) -> str:
    """The setting that asks for a table; empty if none does."""
    return next((name for name in ("table", "groups", "labels") if getattr(settings, name)), "")


def _closed(listing: Listing) -> Listing:
    """The listing without the files of what is no photo: tables were read."""
    entries = [replace(entry, file=None) if entry.outcome else entry for entry in listing.entries]
    return replace(listing, entries=entries)


def _tables(
    entries: Sequence[Entry], settings: DatasetSettings
) -> tuple[list[Table], UserError | None]:
    """The tables that name photos and their labels, the largest first; what is wrong with others.

    That is of the first which is none. The one that the settings name is taken as it is.
    """
    names = PhotoNames(entry for entry in entries if entry.outcome is None)
    tables: list[Table] = []
    problem: UserError | None = None
    for file, path in _files(entries, names, settings.table):
        try:
            table = read_table(file, path, PhotoFinder(names, path), settings)
        except UserError as error:
            if path == settings.table or not _is_text(path) or isinstance(error, LabelsError):
                problem = problem or error
            continue
        if path == settings.table or _says_labels(table, len(names.by_path)):
            tables.append(table)
        else:
            problem = problem or _refusal(table)
    return sorted(tables, key=lambda table: (-len(table.labels()), table.name)), problem


def _files(entries: Sequence[Entry], names: PhotoNames, named: str) -> list[tuple[Path, str]]:
    """The files that may be tables, each with its path: the one that is named, or the uppermost.

    Texts come last, and those that are called as a photo tell of that photo alone.
    """
    files = [
        (entry.file, entry.path)
        for entry in entries
        if entry.file is not None
        and entry.outcome == "ignore"
        and is_table(entry.path)
        and (entry.path == named or not names.has_note(entry))
    ]
    if named:
        return [(file, path) for file, path in files if path == named]
    files = [(file, path) for file, path in files if _SUBMISSION not in path.lower()]
    return sorted(files, key=lambda each: (_is_text(each[1]), each[1].count("/"), each[1]))[
        :_TABLES
    ]


def _is_text(path: str) -> bool:
    """Whether a file is likelier none of the tables: a text may be anything."""
    return path.lower().endswith(".txt")


def _says_labels(table: Table, photos: int) -> bool:
    labels = table.labels()
    classes = len(set().union(*labels.values()))
    are_paths = any(safe_suffix(row.name) for row in table.rows)
    most = max(2 if are_paths else 0, len(labels) / 2)  # captions and boxes are more
    return (
        classes > 1
        and (table.is_sure or classes <= most)
        and max(len(labels) / photos, table.found) >= _MOST
    )


def _refusal(table: Table) -> UserError | None:
    """What is wrong with a table of labels that names few photos, or gives each another label."""
    labels = table.labels()
    strange = next((row.name for row in table.rows if row.photo is None), "")
    if table.is_sure and strange and table.found < _MOST:
        return UserError(
            f"{table.name}: expected rows of photos that are there, got {strange[:60]!r} and "
            "others, which are not; mend its paths, or the folder"
        )
    if table.found < _MOST or len(set().union(*labels.values())) < max(3, len(labels)):
        return None
    return UserError(
        f"{table.name}: expected the class of each photo, got a value of its own for each; join it "
        "with what says the classes to a CSV with the columns path and label"
    )


def _together(tables: Sequence[Table], settings: DatasetSettings) -> list[Table]:
    """The tables that are read together: each names photos that none before it does.

    Those whose header does not call their labels so count only where no other does, those that are
    called as no part of a split only where no others are, and those of few photos that say other
    labels not at all. Raises `UserError` where two say different labels of the same photos, or no
    label in common.
    """
    tables = [table for table in tables if table.is_sure] or tables
    parts = parts_by_name(tables)
    tables = [table for table in tables if table.name in parts] or tables
    chosen = [tables[0]]
    known = dict(tables[0].labels())
    for table in tables[1:]:
        labels = table.labels()
        if labels.keys() <= known.keys() and len(labels) < _MOST * len(known):
            continue
        both = labels.keys() & known.keys()
        classes, others = set().union(*known.values()), set().union(*labels.values())
        if any(labels[path] != known[path] for path in both) or not classes & others:
            raise UserError(
                f"{settings.dataset}: expected one table of the photos, got {chosen[0].name} "
                f"(classes {listed(sorted(classes))}) and {table.name} (classes "
                f"{listed(sorted(others))}); say which: "
                f'table = "{chosen[0].name}" or table = "{table.name}"'
            )
        if not both:
            chosen.append(table)
            known.update(labels)
    return chosen


def _by_folders(
    tables: Sequence[Table], entries: Sequence[Entry], settings: DatasetSettings
) -> bool:
    """Whether the folders say the classes, though tables do.

    Not where tables say the same of these photos, and more: of further ones, or of a split. Raises
    `UserError` where both say classes, and not the same ones.
    """
    try:
        found = arrange(entries, settings).entries
    except UserError:
        return False
    folders = {entry.path: entry.label for entry in found if entry.outcome is None}
    labels = {path: each for table in tables for path, each in table.labels().items()}
    both = folders.keys() & labels.keys()
    classes = sorted(set(folders.values()))
    is_sure = all(table.is_sure for table in tables)
    is_apart = len(both) < _MOST * len(folders)
    say_no_class = are_series(classes) or any(map(is_place, classes))
    if len(classes) < 2 or (say_no_class and (is_sure or not is_apart)):
        return False
    if is_apart or not is_sure:
        return True
    pairs = {(folders[path], " ".join(sorted(labels[path]))) for path in both}
    if len({one for one, _ in pairs}) == len(pairs) == len({other for _, other in pairs}):
        say_more = len(labels) > len(folders) or any(
            row.split or row.fold for table in tables for row in table.rows
        )
        return not (say_more and folders.keys() <= labels.keys())
    others = set().union(*labels.values())
    raise UserError(
        f"{settings.dataset}: expected to know what says the classes, got folders "
        f"({listed(classes)}) and {tables[0].name} ({listed(sorted(others))}), which say other "
        f'ones; folders = "classes" takes the folders, table = "{tables[0].name}" the table'
    )


def _table_and_names(settings: DatasetSettings) -> UserError:
    return UserError(
        f'{settings.dataset}: expected classes by file_names = "classes" or by a CSV, got '
        f"{_table_setting(settings)} too, which needs a CSV; leave one of them out"
    )


def _no_table(settings: DatasetSettings) -> UserError:
    setting = _table_setting(settings)
    named = getattr(settings, setting)
    if setting == "table":
        return UserError(
            f"{settings.dataset}: expected the CSV {named!r} in it, which table names, "
            "got none there; give its path in the dataset"
        )
    return UserError(
        f"{settings.dataset}: expected a CSV with the column {named!r}, which {setting} names, "
        f"got no table of the photos; add a CSV with the columns path, label and {named}, or "
        f"leave {setting} out"
    )
