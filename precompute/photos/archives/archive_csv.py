"""A table that lies in an archive beside its photos, and says their classes."""

from dataclasses import replace
from pathlib import Path

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.file_names import member_path
from diamond_cutter.precompute.photos.labels.class_folders import unique
from diamond_cutter.precompute.photos.labels.label_table import read_rows, tabulate


def is_table(path: str) -> bool:
    """Whether the file of that path, with "/", may say the classes of an archive's photos."""
    return path.lower().endswith(".csv") and path.count("/") <= 1 and "/." not in f"/{path}"


def apply_table(entries: list[Entry], groups: str = "") -> list[Entry] | None:
    """The entries of an archive with the classes of its one table; None if it has no such table.

    The table is the one entry that has a file and yet is no photo. It may name photos below its
    own folder, and has to name one at least. Where it is to say the `groups`, raises `UserError`
    as `read_rows` does.
    """
    tables = [entry for entry in entries if entry.outcome == "ignore" and entry.file]
    if len(tables) != 1 or tables[0].file is None:
        return None
    try:
        rows = read_rows(tables[0].file, tables[0].path, groups)
    except UserError:
        if groups:
            raise
        return None
    table = tables[0].path
    folder = table.rpartition("/")[0]
    photos = {entry.path: entry for entry in entries if entry.outcome is None}
    rows = [replace(row, path=_inside(folder, row.path)) for row in rows]
    named = {row.path for row in rows} & photos.keys()
    if not named:
        return None

    def locate(path: str) -> tuple[Path | None, str]:
        if path in photos:
            return photos[path].file, ""
        return None, member_path(path)[1] or f"{table} names it, but the archive has no such photo."

    reason = f"{table} doesn't name it: add a row with its path and label."
    rest = [
        replace(entry, file=None, outcome="reject", reason=reason)
        if entry.outcome is None
        else entry
        for entry in entries
        if entry.path not in named
    ]
    return unique([*tabulate(rows, locate), *rest])


def _inside(folder: str, path: str) -> str:
    """The path in the archive of what a table in `folder` calls `path`; that, if it leads out."""
    inside, problem = member_path(path)
    return path if problem or not folder else f"{folder}/{inside}"
