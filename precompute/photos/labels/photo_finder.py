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


class PhotoFinder:
    """Finds the photos of a folder or an archive."""

    def __init__(self, photos: Iterable[Entry], table: str) -> None:
        """Those of a table whose path among them is `table`: what is nearer to it is preferred."""
        self._by_path: dict[str, Entry] = {}
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._folder, _, name = table.rpartition("/")
        self._part = parts_of([name.rpartition(".")[0]])
        for entry in photos:
            self._by_path[entry.path] = entry
            base = entry.path.rpartition("/")[2].lower()
            for key in {base, _without_suffix(base)}:
                self._by_name[key].append(entry.path)

    def find(self, name: str) -> Entry | None:
        """As `Finder` has it."""
        wanted = _plain(name)
        if not wanted or len(wanted) > _LONGEST:
            return None
        for path in (f"{self._folder}/{wanted}" if self._folder else wanted, wanted):
            if path in self._by_path:
                return self._by_path[path]
        base = wanted.rpartition("/")[2].lower()
        found = self._by_name.get(base) or self._by_name.get(_without_suffix(base))
        found = found or self._numbered.get(base.lstrip("0") or "0", [])
        nearest = self._nearest(wanted.lower().split("/"), found)
        return self._by_path[nearest[0]] if len(nearest) == 1 else None

    @cached_property
    def _numbered(self) -> dict[str, list[str]]:
        """The photos whose names are numbers, without the zeros that spreadsheets take away."""
        return {
            key.lstrip("0") or "0": paths
            for key, paths in self._by_name.items()
            if key.isdecimal() and len(paths) == 1
        }

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
        return PhotoFinder(photos, self._table.name)


def _plain(name: str) -> str:
    """A name as paths are written here, from wherever it starts."""
    path = re.sub(r"^[A-Za-z]:", "", name.strip().replace("\\", "/"))
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
