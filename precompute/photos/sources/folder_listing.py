"""The files of a folder on this machine."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.file_entry import Entry, Progress
from diamond_cutter.precompute.photos.file_names import is_table, judge, readable
from diamond_cutter.precompute.photos.picture_kinds import HEAD
from diamond_cutter.precompute.photos.size_limits import MAX_ENTRIES
from diamond_cutter.precompute.stores.study.dataset_report import Outcome

_STEP = 1000
"""Files between two reports of progress."""


LINKS = ("inside", "all", "none")
"""Which links to folders are followed: to what the dataset's folder holds, all, or none."""


@dataclass(frozen=True)
class _Below:
    """A folder that is still to be read: its path below the root, where it is, and the way there.

    `way`: the folders from the root to it, without links in their paths, the last of them its own.
    """

    prefix: str
    folder: str
    way: tuple[str, ...]


def list_folder(folder: Path, progress: Progress, links: str = "inside") -> list[Entry]:
    """Every file below `folder`, not arranged into classes yet.

    Links to files are followed, wherever they lead: it is the user's own folder. Links to folders
    are as `links`, one of `LINKS`, says, but for those to a folder that they lie in.
    Raises `UserError` if the folder can't be read, or holds more than `MAX_ENTRIES` files.
    """
    if links not in LINKS:
        raise UserError(
            f"links: expected one of {', '.join(map(repr, LINKS))}, got {links!r}; choose one"
        )
    entries = []
    for entry in _walk(folder, links):
        entries.append(entry)
        if len(entries) > MAX_ENTRIES:
            raise UserError(
                f"{folder}: expected at most {MAX_ENTRIES:,} files, got more; "
                "name the folder of the photos, or split the dataset"
            )
        if len(entries) % _STEP == 0:
            progress("listing", len(entries), 0)
    progress("listing", len(entries), len(entries))
    return entries


def _walk(root: Path, links: str) -> Iterator[Entry]:
    top = os.path.realpath(root)
    folders = [_Below("", str(root), (top,))]
    while folders:
        below = folders.pop()
        prefix = below.prefix
        try:
            with os.scandir(below.folder) as found:
                items = sorted(found, key=lambda item: item.name)
        except OSError as error:
            if not prefix:
                raise UserError(
                    f"{root}: expected a folder of photos that can be read, got: "
                    f"{error.strerror}; mend its permissions or name another dataset"
                ) from error
            yield _left_out(prefix, f"The folder can't be read: {error.strerror}; mend it.")
            continue
        for item in items:
            path = prefix + readable(item.name)
            if item.is_dir(follow_symlinks=False):
                real = os.path.join(below.way[-1], item.name)  # noqa: PTH118 (no Path for each)
                folders.append(_Below(f"{path}/", item.path, (*below.way, real)))
            elif item.is_symlink() and _is_folder(item):
                real = os.path.realpath(item.path)
                if reason := _refused(real, top, below.way, links):
                    yield _left_out(path, reason)
                else:
                    folders.append(_Below(f"{path}/", item.path, (*below.way, real)))
            else:
                yield _examined(path, item)


def _is_folder(item: "os.DirEntry[str]") -> bool:
    try:
        return item.is_dir()
    except OSError:  # links in a circle
        return False


def _refused(real: str, top: str, way: tuple[str, ...], links: str) -> str:
    """Why a link to the folder `real` is not followed, in a sentence; empty if it is."""
    if any(Path(each).is_relative_to(real) for each in way):
        return "A link to a folder that it lies in, which would go on for ever; remove it."
    if links == "none":
        return 'A link to a folder: links = "inside" follows those to folders of the dataset.'
    if links == "inside" and not Path(real).is_relative_to(top):
        return 'A link to a folder outside the dataset; links = "all" follows it.'
    return ""


def _examined(path: str, item: "os.DirEntry[str]") -> Entry:
    try:
        if not item.is_file():
            missing = item.is_symlink() and not Path(item.path).exists()
            what = "A link to nothing" if missing else "A device, pipe or socket"
            return _left_out(path, f"{what}: expected a file; remove it.")
        outcome, reason = judge(path, lambda: read_head(Path(item.path)))
    except OSError as error:
        return _left_out(path, f"It can't be read: {error.strerror}; mend its permissions.")
    is_read = outcome is None or (outcome == "ignore" and is_table(path))
    return Entry(path, Path(item.path) if is_read else None, "", "", outcome, reason)


def read_head(file: Path) -> bytes:
    """The first `HEAD` bytes of a file."""
    with file.open("rb") as opened:
        return opened.read(HEAD)


def _left_out(path: str, reason: str, outcome: Outcome = "reject") -> Entry:
    return Entry(path, None, "", "", outcome, reason)
