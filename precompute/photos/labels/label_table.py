"""CSV files with the path and the label of every photo."""

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.labels.class_folders import class_name, unique
from diamond_cutter.precompute.photos.labels.split_names import split_of
from diamond_cutter.precompute.photos.size_limits import MAX_ENTRIES, MAX_NAME
from diamond_cutter.precompute.stores.study.dataset_report import Split

_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class LabelRow:
    """A photo as the table has it: `split` and `group` are empty where it says none."""

    path: str
    label: str
    split: str
    group: str


Locate = Callable[[str], tuple[Path | None, str]]
"""Where the photo of a path lies, or None and why it can't be used, a sentence."""


def read_rows(file: Path, name: str, groups: str = "") -> list[LabelRow]:
    """The rows of a CSV, without its header; `name` is what messages call it.

    With a header, in any case, it has the columns path and label, and may have split and others;
    without one it has two columns, path and label. Commas, semicolons or tabs; UTF-8.
    `groups`: the column of what photos share that belong together, in any case; empty: none.
    Raises `UserError` for any other.
    """
    try:
        with file.open("rb") as opened:
            is_wide = opened.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        with file.open(encoding="utf-16" if is_wide else "utf-8-sig", newline="") as lines:
            return list(_rows(lines, name, groups))
    except UnicodeDecodeError as error:
        raise UserError(
            f"{name}: expected a CSV in UTF-8, got byte {error.object[error.start]:#04x} that is "
            "none; save it as UTF-8"
        ) from error
    except csv.Error as error:
        raise UserError(
            f"{name}: expected a CSV, got one that is broken: {error}; mend it"
        ) from error
    except OSError as error:
        raise UserError(
            f"{name}: expected a CSV that can be read, got: {error.strerror}; mend its permissions"
        ) from error


def tabulate(rows: Iterable[LabelRow], locate: Locate) -> list[Entry]:
    """The photos that a table names, by path; `locate` says where they lie."""
    return unique(_entry(row, locate) for row in rows)


def beside(file: Path) -> Locate:
    """Where photos lie that a table of the user's own names: below its folder, or anywhere."""

    def locate(path: str) -> tuple[Path | None, str]:
        try:
            found = file.parent / path
            if "\\" in path and not found.exists():
                found = file.parent / path.replace("\\", "/")  # written on Windows
            if found.is_file():
                return found, ""
            if found.exists():
                return None, "No file but a folder or device: expected a photo; mend the path."
        except (OSError, ValueError) as error:
            return None, f"It can't be reached: {error}; mend the path."
        return None, "Nothing there: expected a photo; mend the path, relative to the CSV's folder."

    return locate


def _rows(lines: Iterable[str], name: str, groups: str) -> Iterator[LabelRow]:
    lines = iter(lines)
    first = next((line for line in lines if line.strip()), "")
    delimiter, header = _layout(first, name)
    if not header:
        lines = _chain(first, lines)
    known = header or ["path", "label"]
    columns: dict[str, int] = {
        column: known.index(column) for column in ("path", "label", "split") if column in known
    }
    if groups:
        columns["group"] = _column_of_groups(groups, header, name)
    for count, cells in enumerate(csv.reader(lines, delimiter=delimiter, skipinitialspace=True)):
        if count == MAX_ENTRIES:
            raise UserError(
                f"{name}: expected at most {MAX_ENTRIES:,} rows, got more; split the dataset"
            )
        found = [cells[at].strip() if at < len(cells) else "" for at in columns.values()]
        if any(found):
            row = dict(zip(columns, found, strict=True))
            yield LabelRow(row["path"], row["label"], row.get("split", ""), row.get("group", ""))


def _chain(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


def _column_of_groups(groups: str, header: list[str], name: str) -> int:
    if groups.strip().lower() in header:
        return header.index(groups.strip().lower())
    got = f"the columns {', '.join(header)}" if header else "one without a header"
    raise UserError(
        f"{name}: expected a CSV with the column {groups!r}, which groups names, got {got}; mend "
        "its header or groups"
    )


def _layout(first: str, name: str) -> tuple[str, list[str]]:
    """The delimiter, and the columns of the header in small letters; none if there is no header."""
    cells: list[str] = []
    headerless = ""
    for delimiter in _DELIMITERS:
        cells = [
            cell.strip()
            for cell in next(csv.reader([first], delimiter=delimiter, skipinitialspace=True), [])
        ]
        header = [cell.lower() for cell in cells]
        if "path" in header and "label" in header:
            return delimiter, header
        if len(cells) == 2 and all(cells):
            headerless = headerless or delimiter
    if headerless:
        return headerless, []
    got = repr(re.sub(r"\s+", " ", first.strip())[:60]) if first else "an empty file"
    raise UserError(
        f"{name}: expected a CSV whose first line has the columns path and label, or two columns, "
        f"got {got}; mend its header"
    )


def _entry(row: LabelRow, locate: Locate) -> Entry:
    split = split_of(row.split) if row.split else ""
    label = class_name(row.label)
    path, file = row.path, None
    if not path:
        path, reason = "(no path)", "A row without a path; fill it in or remove it."
    elif len(path) > MAX_NAME:
        path = f"{path[:200]}…"
        reason = f"A path of more than {MAX_NAME:,} characters; mend it."
    elif not label:
        reason = "A row without a label; fill it in."
    elif split is None:
        reason = f"A split of {row.split[:60]!r}: expected train, val, test or nothing; mend it."
    else:
        file, reason = locate(path)
    of: Split = split or ""
    return Entry(path, file, label, of, None if file else "reject", reason, row.group)
