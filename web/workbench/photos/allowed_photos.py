"""Which photos may be named in the browser: in folders that were allowed, or at an address."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from diamond_cutter.command.errors import UserError

_ADDRESS = re.compile(r"(https?|s3|gs|gcs|gdrive)://[^\s:]+(:\d+)?[^\s:]*")
"""No chain of them, "zip://a::file://b": its last part would be any file of this machine."""
_ARCHIVE = re.compile(r".*\.(zip|tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz)|csv|tsv)", re.IGNORECASE)
MOST_ENTRIES = 2000
"""Entries of a folder that are listed."""


@dataclass(frozen=True)
class Place:
    """A folder as one chooses in it: absolute paths; `above` is None where it may not be left.

    `folders` and `archives` hold names, sorted; `more`: entries that are not listed.
    """

    path: str
    above: str | None
    folders: tuple[str, ...]
    archives: tuple[str, ...]
    photos: int
    more: int


@dataclass(frozen=True)
class AllowedPhotos:
    """The folders `roots` and what lies below them, and addresses of other machines."""

    roots: tuple[Path, ...]

    def check(self, dataset: str, project: Path) -> str:
        """The address as the settings are to name it; paths start from the folder `project`.

        Raises `UserError` for what is not allowed.
        """
        if not dataset:
            raise UserError(
                "photos: expected a folder, an archive or an address, got none; name one"
            )
        if "://" in dataset or "::" in dataset:
            if not _ADDRESS.fullmatch(dataset):
                raise UserError(
                    f"{dataset[:200]}: expected an address with http://, https://, s3://, gs:// or "
                    "gdrive://, got another one; mend it, or name a folder of this machine"
                )
            return dataset
        path = self._inside(dataset, project)
        return str(path.relative_to(project)) if path.is_relative_to(project) else str(path)

    def place(self, path: str, project: Path) -> Place:
        """What there is to choose in a folder; the first that is allowed where `path` is empty.

        Raises `UserError` as `check` does, and for a folder that can't be read.
        """
        folder = self._inside(path, project) if path else self._existing()[0]
        folders, archives, photos, seen = [], [], 0, 0
        try:
            for entry in _entries(folder):
                seen += 1
                if seen > MOST_ENTRIES:
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif _ARCHIVE.fullmatch(entry.name):
                    archives.append(entry.name)
                else:
                    photos += 1
        except OSError as error:
            raise UserError(
                f"{folder}: expected a folder that can be read, got: {error.strerror}; choose "
                "another"
            ) from error
        above = None if folder in self._existing() else str(folder.parent)
        return Place(
            str(folder),
            above,
            tuple(sorted(folders, key=str.casefold)),
            tuple(sorted(archives, key=str.casefold)),
            photos,
            max(0, seen - MOST_ENTRIES),
        )

    def _existing(self) -> list[Path]:
        found = [root.resolve() for root in self.roots if root.is_dir()]
        if not found:
            raise UserError(
                "roots: expected folders of [workbench] that are there, got none; mend it"
            )
        return found

    def _inside(self, path: str, project: Path) -> Path:
        """A path without links, of something that is there, below a root."""
        try:
            found = (project / Path(path).expanduser()).resolve(strict=True)
        except (OSError, ValueError, RuntimeError) as error:
            found, problem = None, error
        if found is not None and any(found.is_relative_to(root) for root in self._existing()):
            return found
        roots = ", ".join(str(root) for root in self._existing())
        raise UserError(
            f"{path[:200]}: expected a folder or an archive that is there, in {roots}, got none; "
            "choose another, or add its folder to roots of [workbench]"
        ) from (problem if found is None else None)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What is not hidden."""
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if not entry.name.startswith("."))
