"""The cells of a table in a text file: its encoding and its separator, as the content tells."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.size_limits import MAX_ENTRIES

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LOOK = 200
"""Lines that are read to find the separator."""


@dataclass(frozen=True)
class Cells:
    """The rows of a table, none of them empty, with their cells stripped; and its separator."""

    rows: list[list[str]]
    separator: str


def read_cells(file: Path, name: str) -> Cells:
    """The cells of a table: UTF-8, or UTF-16 with its mark; `name` is what messages call it.

    Raises `UserError` for what is no such text.
    """
    try:
        with file.open("rb") as opened:
            is_wide = opened.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        encoding = "utf-16" if is_wide else "utf-8-sig"
        with file.open(encoding=encoding, newline="") as lines:
            separator = _separator(list(islice((line for line in lines if line.strip()), _LOOK)))
        with file.open(encoding=encoding, newline="") as lines:
            rows = list(islice(_rows(lines, separator), MAX_ENTRIES + 1))
    except UnicodeError as error:
        byte = error.object[error.start] if isinstance(error, UnicodeDecodeError) else 0
        raise UserError(
            f"{name}: expected a CSV in UTF-8, got byte {byte:#04x} that is none; save it as UTF-8"
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
    return Cells(rows, separator)


def _rows(lines: Iterable[str], separator: str) -> Iterable[list[str]]:
    for cells in csv.reader(lines, delimiter=separator, skipinitialspace=True):
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            yield stripped


def _separator(lines: list[str]) -> str:
    """The one that cuts most lines into as many cells, two or more; of equals the first."""

    def fit(separator: str) -> float:
        widths = Counter(map(len, _rows(lines, separator)))
        return max((count for width, count in widths.items() if width > 1), default=0)

    return max(SEPARATORS, key=fit)
