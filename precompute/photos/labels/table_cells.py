"""The cells of a table in a text file: its encoding and its separator, as the content tells."""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.file_names import PHOTO_SUFFIXES, safe_suffix
from diamond_cutter.precompute.photos.labels.text_encoding import find_encoding
from diamond_cutter.precompute.photos.size_limits import MAX_ENTRIES

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
_START = 1 << 24
"""Bytes that are read to find the encoding."""
_LOOK = 200
"""Lines that are read to find the separator."""
_MOST = 0.9
"""The share of lines that have as many words, where each of them is a cell."""
_NAME = re.compile(rf"(.+?\.(?:{PHOTO_SUFFIXES}))\s+(.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Cells:
    """The rows of a table, none of them empty, with their cells stripped; and its separator.

    `guess`: the encoding where nothing says it, as Python calls it; else empty.
    """

    rows: list[list[str]]
    separator: str
    guess: str


def read_cells(file: Path, name: str) -> Cells:
    """The cells of a table in any encoding; `name` is what messages call it.

    What stands above them, as a title, is left out. Raises `UserError` for what is no such text.
    """
    try:
        with file.open("rb") as opened:
            start = opened.read(_START)
        encoding, is_guess = find_encoding(start)
        if b"\0" in start and not encoding.startswith("utf-16"):
            raise UserError(f"{name}: expected a CSV, got a file that is no text; name another")
        with file.open(encoding=encoding, newline="") as lines:
            separator = _separator(list(islice((line for line in lines if line.strip()), _LOOK)))
        with file.open(encoding=encoding, newline="") as lines:
            read = _words(lines) if separator == " " else _rows(lines, separator)
            rows = _below_title(list(islice(read, MAX_ENTRIES + 1)))
    except UnicodeError as error:
        byte = error.object[error.start] if isinstance(error, UnicodeDecodeError) else 0
        raise UserError(
            f"{name}: expected a CSV in {encoding}, as it begins, got byte {byte:#04x} that is "
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
    if not rows:
        raise UserError(f"{name}: expected a CSV of photos and labels, got an empty file; fill it")
    if len(rows) > MAX_ENTRIES:
        raise UserError(
            f"{name}: expected at most {MAX_ENTRIES:,} rows, got more; split the dataset"
        )
    return Cells(rows, separator, encoding if is_guess else "")


def _rows(lines: Iterable[str], separator: str) -> Iterable[list[str]]:
    for cells in csv.reader(lines, delimiter=separator, skipinitialspace=True):
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            yield stripped


def _words(lines: Iterable[str]) -> list[list[str]]:
    """The cells between blanks; two a line, its photo and the rest, where their number varies."""
    lines = [line.strip() for line in islice(lines, MAX_ENTRIES + 1) if line.strip()]
    rows = [line.split() for line in lines]
    widths = Counter(map(len, rows))
    if max(widths.values(), default=0) >= _MOST * len(rows):
        return rows
    named = [_NAME.fullmatch(line) for line in lines]
    return [
        list(match.groups()) if match else line.split(maxsplit=1)
        for match, line in zip(named, lines, strict=True)
    ]


def _below_title(rows: list[list[str]]) -> list[list[str]]:
    """The rows but for those above, of one cell, of a table that has more: a title, or "sep=;".

    A photo's path is none, though its label be missing.
    A header without a name for the first column, as R writes it, gets an empty one.
    """
    filled = [sum(map(bool, row)) for row in rows]
    if 2 * sum(count > 1 for count in filled) <= len(rows):
        return rows
    are_photos = [any(map(safe_suffix, row)) for row in rows]
    start = next(place for place, count in enumerate(filled) if count > 1 or are_photos[place])
    header, *below = rows[start:]
    is_longer = [len(row) == len(header) + 1 and bool(row[-1]) for row in below]
    is_short = any(is_longer) and all(is_longer) and not are_photos[start]
    return [["", *header] if is_short else header, *below]


def _separator(lines: list[str]) -> str:
    """The one that cuts most lines into as many cells, two or more; of equals the first.

    Blanks do only where nothing else cuts half of them.
    """

    def fit(separator: str) -> int:
        widths = Counter(map(len, _rows(lines, separator)))
        return max((count for width, count in widths.items() if width > 1), default=0)

    best = max((separator for separator in SEPARATORS if separator != " "), key=fit)
    are_several = 2 * sum(len(line.split()) > 1 for line in lines) > len(lines)
    return " " if are_several and 2 * fit(best) < len(lines) else best
