"""The photos that a table means: by path, by the end of a path, by name with or without suffix."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.file_names import safe_suffix
from diamond_cutter.precompute.photos.labels.split_names import parts_of

_LONGEST = 4096
_IMAGES = re.compile(r"(images?|imgs?|photos?|pictures?|jpe?g)")
"""What folders of photos are called, beside those of masks and the like."""


class Finder(Protocol):
    """Finds photos by what a table calls them."""

    def find(self, name: str) -> Entry | None:
        """The photo of that name; None if there is none, or if there are several."""


class PhotoNames:
    """The photos of a folder or an archive by what they may be called."""

    def __init__(self, photos: Iterable[Entry]) -> None:
        """By path, and by name in small letters, with suffix and without."""
        self.by_path: dict[str, Entry] = {}
        self.by_name: dict[str, list[str]] = defaultdict(list)
        for entry in photos:
            self.by_path[entry.path] = entry
            base = entry.path.rpartition("/")[2].lower()
            for key in {base, _without_suffix(base)}:
                self.by_name[key].append(entry.path)

    @cached_property
    def by_number(self) -> dict[str, list[str]]:
        """Those whose names are numbers, without zeros that spreadsheets take or add."""
        return {
            key.lstrip("0") or "0": paths
            for key, paths in self.by_name.items()
            if key.isdecimal() and len(paths) == 1
        }

    def has_note(self, entry: Entry) -> bool:
        """Whether a text tells of a single photo, as its boxes: it is called so."""
        stem, _, suffix = entry.path.lower().rpartition("/")[2].rpartition(".")
        return suffix == "txt" and stem in self.by_name


class PhotoFinder:
    """Finds the photos that a table in a folder or an archive means."""

    def __init__(self, names: PhotoNames, table: str) -> None:
        """`table`: its path among the photos; what is nearer to it is preferred."""
        self._names = names
        self._folder, _, name = table.rpartition("/")
        self._part = parts_of([name.rpartition(".")[0]])

    def find(self, name: str) -> Entry | None:
        """As `Finder` has it."""
        wanted = _plain(name)
        if not wanted or len(wanted) > _LONGEST:
            return None
        for path in (f"{self._folder}/{wanted}" if self._folder else wanted, wanted):
            if path in self._names.by_path:
                return self._names.by_path[path]
        base = wanted.rpartition("/")[2].lower()
        by_name = self._names.by_name
        found = by_name.get(base) or by_name.get(_without_suffix(base))
        found = found or self._names.by_number.get(base.removesuffix(".0").lstrip("0") or "0", [])
        nearest = self._nearest(wanted.lower().split("/"), found)
        return self._names.by_path[nearest[0]] if len(nearest) == 1 else None

    def _nearest(self, wanted: Sequence[str], paths: list[str]) -> list[str]:
        """Those of most folders in common with what is wanted, below the table, of its part."""
        for closeness in (
            lambda path: _common_end(path.lower().split("/"), wanted),
            lambda path: path.startswith(f"{self._folder}/") if self._folder else 0,
            lambda path: any(map(_IMAGES.fullmatch, path.lower().split("/")[:-1])),
            lambda path: bool(set(self._part.values()) & set(parts_of(path.split("/")).values())),
        ):
            paths = _closest(paths, closeness)
        return paths


class BesideFinder:
    """Finds the photos of a table of the user's own: from its folder, anywhere, or by their names.

    `listed` lists what is below a folder; it is asked where a path alone does not do, of the
    table's folder, and where that has no photos of the one above.
    """

    def __init__(self, table: Path, listed: Callable[[Path], Iterable[Entry]]) -> None:
        """The table need not be read yet."""
        self._table = table
        self._listed = listed

    def find(self, name: str) -> Entry | None:
        """As `Finder` has it."""
        for path in dict.fromkeys((name, name.replace("\\", "/"))):  # written on Windows
            try:
                file = self._table.parent / path
                if path and file.is_file():
                    return Entry(name, file, "", "", None, "")
            except (OSError, ValueError):
                continue
        return self._names.find(name)

    @cached_property
    def _names(self) -> PhotoFinder:
        folder = self._table.absolute().parent
        for around in (folder, folder.parent):
            photos = [entry for entry in self._listed(around) if entry.outcome is None]
            if photos:
                break
        return PhotoFinder(PhotoNames(photos), self._table.name)


def _plain(name: str) -> str:
    """A name as paths are written here, from wherever it starts."""
    path = re.sub(r"^[A-Za-z]:", "", name.strip().replace("\\", "/"))
    if "://" in path:
        path = re.sub(r"[?#].*", "", path)
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def _without_suffix(name: str) -> str:
    return name.removesuffix(safe_suffix(name))


def _common_end(one: Sequence[str], other: Sequence[str]) -> int:
    """How many folders before the names are the same, from the end."""
    count = 0
    for mine, theirs in zip(one[-2::-1], other[-2::-1], strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _closest(paths: list[str], closeness: Callable[[str], int]) -> list[str]:
    if len(paths) < 2:
        return paths
    most = max(map(closeness, paths))
    return [path for path in paths if closeness(path) == most]
