"""Which column of a table names photos, and which say their class, split, fold and group.

The column that names photos is the one whose cells do; the header decides between several. The
class is in the column that is called so, in the only one that is left, or in columns of 0 and 1.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.file_names import safe_suffix
from diamond_cutter.precompute.photos.labels.split_names import are_folds, split_of
from diamond_cutter.precompute.photos.report_text import listed, printable

_NAMES = (  # the surest first; small letters and figures alone
    *("path", "paths", "filepath", "filepaths", "fullpath", "relativepath", "imagepath", "imgpath"),
    *("photopath", "filename", "filenames", "file", "files", "imagefile", "imagefilename"),
    *("imagename", "imgname", "image", "images", "img", "photo", "photos", "picture", "imageindex"),
    *("url", "imageurl", "uri", "imageuri", "imageid", "imgid", "photoid", "id", "idcode"),
    *("isicid", "uuid", "key", "name"),
)
_LABELS = (
    *("label", "labels", "class", "classes", "classname", "classlabel", "labelname", "category"),
    *("categories", "target", "y", "breed", "species", "diagnosis", "diagnoses", "dx", "tag"),
    *("tags", "finding", "findings", "findinglabels", "disease", "type", "categoryname"),
    *("classid", "labelid", "categoryid"),
)
_SPLITS = ("split", "set", "subset", "dataset", "partition", "usage", "phase", "datasplit")
_FOLDS = ("fold", "folds", "kfold", "cv", "cvfold", "foldid")
_ONES, _NOUGHTS = {"1", "1.0", "true", "yes"}, {"0", "0.0", "", "false", "no", "-1", "-1.0"}
_LOOK = 300
"""Rows, all over the table, that are looked at."""


class LabelsError(UserError):
    """A table names photos, but which column says their class, if any does, can't be told."""


@dataclass(frozen=True)
class Columns:
    """The places of a table's columns, and its header, empty without one.

    `labels`: one, or one a class where `one_hot`, or none; `are_called_so`: whether the header says
    that those are labels, or the settings. `split`, `fold` and `group` are None without.
    """

    header: list[str]
    name: int
    labels: list[int]
    one_hot: bool
    split: int | None = None
    fold: int | None = None
    group: int | None = None
    are_called_so: bool = True


def find_columns(
    rows: Sequence[list[str]],
    known: Callable[[str], bool],
    settings: DatasetSettings,
    table: str,
    *,
    labelled: bool = True,
) -> Columns:
    """The columns of a table whose rows are not empty; `known`: whether a photo is called so.

    Raises `UserError` where no column names photos, and for columns that the settings name and
    that are not there; `LabelsError` where none says the class, or several may, which matters only
    if photos are to be `labelled`.
    """
    width = max(map(len, rows))
    every = max(1, len(rows) // _LOOK)
    sample = [_padded(row, width) for row in rows[1::every]] or [_padded(rows[0], width)]
    found = [_hits([row[at] for row in sample], known) for at in range(width)]
    photos = [sum(bool(safe_suffix(row[at])) for row in sample) for at in range(width)]
    first = _padded(rows[0], width)
    words = [re.sub(r"[\W_]", "", cell.lower()) for cell in first]
    is_header = not any(known(cell) or safe_suffix(cell) for cell in first) and (
        len(rows) == 1 or any(found) or any(photos) or bool({*words} & {*_NAMES})
    )
    if not is_header:
        words = [""] * width
        sample.append(first)
        found = [count + known(cell) for count, cell in zip(found, first, strict=True)]
    header = first if is_header else []
    name = _column_of_names(words, found, photos, table, header or first)
    rest = [at for at in range(width) if at != name]
    values = {at: [row[at] for row in sample] for at in rest}
    splits = [at for at in rest if _are_splits(values[at], is_called_so=words[at] in _SPLITS)]
    split = next((at for at in rest if words[at] == "split"), splits[0] if splits else None)
    fold = next((at for at in rest if words[at] in _FOLDS and _are_folds(values[at])), None)
    group = _named(settings.groups, "groups", header, width, table) if settings.groups else None
    rest = [at for at in rest if at not in (split, fold, group) and (words[at] or not is_header)]
    if settings.labels:
        labels, one_hot = [_named(settings.labels, "labels", header, width, table)], False
    else:
        try:
            labels, one_hot = _columns_of_labels(rest, words, values, header, table)
        except LabelsError:
            if labelled:
                raise
            labels, one_hot = [], False
    called = one_hot or bool(settings.labels) or any(words[at] in _LABELS for at in labels)
    return Columns(header, name, labels, one_hot, split, fold, group, called)


def ones(cells: Sequence[str]) -> list[int]:
    """Which of a row's cells, of columns of 0 and 1, are 1."""
    return [place for place, cell in enumerate(cells) if cell.lower() in _ONES]


def _hits(cells: Sequence[str], known: Callable[[str], bool]) -> int:
    """How many cells name photos; none where the same few come again and again."""
    return sum(map(known, cells)) if 4 * len(set(cells)) >= len(cells) else 0


def _column_of_names(
    words: Sequence[str],
    found: Sequence[int],
    photos: Sequence[int],
    table: str,
    shown: Sequence[str],
) -> int:
    hits = list(found) if any(found) else list(photos)
    named = [at for at, word in enumerate(words) if word in _NAMES]
    candidates = [at for at, count in enumerate(hits) if count and 2 * count >= max(hits)] or named
    if not candidates:
        raise UserError(
            f"{table}: expected a CSV with a column that names photos, got {_shown(shown)}, none "
            "of which does; call the column path, or mend its paths"
        )

    def rank(at: int) -> tuple[int, int, int]:
        word = _NAMES.index(words[at]) if words[at] in _NAMES else len(_NAMES)
        return word, -photos[at], at

    return min(candidates, key=rank)


def _columns_of_labels(
    rest: Sequence[int],
    words: Sequence[str],
    values: dict[int, list[str]],
    header: Sequence[str],
    table: str,
) -> tuple[list[int], bool]:
    """The columns that say the class, and whether each is one of the classes."""
    called = [at for at in rest if words[at] in _LABELS]
    if len(called) == 1:
        return called, False
    binary = [at for at in rest if {cell.lower() for cell in values[at]} <= _ONES | _NOUGHTS]
    binary = [at for at in binary if any(values[at])]
    if header and not called and len(binary) > 1:
        return binary, True
    likely = called or [at for at in rest if _may_be_classes(values[at])]
    likely = likely or (list(rest) if len(rest) == 1 else [])
    alike = [at for at in likely if _pairs(values, likely[0], at) == _pairs(values, at, at)]
    if len(likely) > 1 and len(alike) == len(likely):  # numbers and names of the same classes
        likely = sorted(likely, key=lambda at: (all(map(_is_number, values[at])), at))[:1]
    if len(likely) == 1:
        return likely, False
    if not likely:
        raise LabelsError(
            f"{table}: expected a CSV with a column of labels beside that of photos, got "
            f"{_shown(header) if header else 'one column'}; add the column label"
        )
    names = [header[at] if header else f"number {at + 1}" for at in likely]
    raise LabelsError(
        f"{table}: expected one column of labels, got {_shown(names)}, of which each may be; name "
        f"one: labels = {names[0]!r}"
    )


def _pairs(values: dict[int, list[str]], one: int, other: int) -> int:
    return len(set(zip(values[one], values[other], strict=True)))


def _may_be_classes(cells: Sequence[str]) -> bool:
    """Whether values come several times each, as classes do and measurements don't."""
    return 1 < len(set(cells)) <= max(2, len(cells) // 2) and not any(
        _is_number(cell) and "." in cell for cell in cells
    )


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"[-+]?[0-9]+([.,][0-9]*)?", cell))


def _are_splits(cells: Sequence[str], *, is_called_so: bool) -> bool:
    """Whether all cells are parts of a split; of a column called otherwise, one of them train."""
    splits = {split_of(cell) for cell in cells if cell}
    return None not in splits and (bool(splits) if is_called_so else {"train"} < splits)


def _are_folds(cells: Sequence[str]) -> bool:
    names = sorted(set(cells))
    return len(names) > 1 and (are_folds(names) or all(name.isdecimal() for name in names))


def _named(column: str, setting: str, header: Sequence[str], width: int, table: str) -> int:
    plain = [cell.lower() for cell in header] or [f"number {at + 1}" for at in range(width)]
    if column.strip().lower() in plain:
        return plain.index(column.strip().lower())
    got = f"the columns {_shown(header or plain)}"
    raise UserError(
        f"{table}: expected a CSV with the column {column!r}, which {setting} names, got {got}; "
        f"mend its header or {setting}"
    )


def _padded(row: list[str], width: int) -> list[str]:
    return row + [""] * (width - len(row))


def _shown(names: Sequence[str]) -> str:
    text = listed(names, 12)
    return printable(text if len(text) <= 200 else f"{text[:200]}…")
