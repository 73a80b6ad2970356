"""Photos with several labels: found in rows, columns and cells, and left out, combined or asked."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.report_text import listed

CHOICES = ("ask", "leave-out", "combine")
"""What may become of photos with several labels."""
JOINED = " + "
"""Between the names of a combined class."""
_SEPARATORS = ("|", ";", ",", " ")
_LIST = re.compile(r"\[.*\]", re.DOTALL)
_QUOTES = re.compile(r"[\[\]'\"]")
_SHOWN = 3


def check_choice(choice: str) -> None:
    """Raise `UserError` for a setting that is none of `CHOICES`."""
    if choice not in CHOICES:
        raise UserError(
            f"several_labels: expected one of {', '.join(map(repr, CHOICES))}, got {choice!r}; "
            "choose one"
        )


def cut_cells(cells: Sequence[str], header: str) -> list[list[str]]:
    """The labels in each cell of a column: several where parts of cells come as whole cells too.

    Blanks separate labels only where the header says that there are several: tags, labels.
    """
    if all(map(_LIST.fullmatch, filter(None, cells))):  # as pandas writes them
        return [_parts(_QUOTES.sub("", cell), ",") for cell in cells]
    whole = set(cells)
    for separator in _SEPARATORS:
        if separator == " " and not re.search(r"(tag|label|class|finding)e?s\b", header.lower()):
            continue
        parts = {cell: _parts(cell, separator) for cell in whole}
        several = [each for each in parts.values() if len(each) > 1]
        times = Counter(part for each in parts.values() for part in each)
        known = sum(all(times[part] > 1 for part in each) for each in several)
        if (
            several
            and 2 * known >= len(several)
            and any(part in whole for each in several for part in each)
        ):
            return [parts[cell] for cell in cells]
    return [[cell] if cell else [] for cell in cells]


def _parts(cell: str, separator: str) -> list[str]:
    return list(dict.fromkeys(filter(None, (part.strip() for part in cell.split(separator)))))


def combined(labels: Iterable[str]) -> str:
    """The class of photos that have all those labels."""
    return JOINED.join(sorted(labels))


def reason(labels: Sequence[str]) -> str:
    """Why a photo with several labels is left out."""
    return (
        f'It has {len(labels)} labels: {", ".join(sorted(labels))}; several_labels = "combine" '
        "makes one class of them."
    )


def question(source: str, labels: Mapping[str, Sequence[str]], several: Sequence[str]) -> str:
    """What is asked where `several` of the photos in `labels` have more than one, in a line."""
    named = [f"{path} ({', '.join(sorted(labels[path]))})" for path in several]
    return (
        f"{source}: expected one label a photo, got several for {len(several):,} of "
        f'{len(labels):,} photos: {listed(named, _SHOWN)}; several_labels = "leave-out" studies '
        'the others, several_labels = "combine" makes a class of each combination'
    )
