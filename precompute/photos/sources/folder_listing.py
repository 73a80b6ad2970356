"""The files of a folder on this machine."""

import os
from collections.abc import Iterator
from pathlib import Path

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.file_entry import Entry, Progress
from diamond_cutter.precompute.photos.file_names import HEAD, is_table, judge, readable
from diamond_cutter.precompute.photos.size_limits import MAX_ENTRIES
from diamond_cutter.precompute.stores.study.dataset_report import Outcome

_STEP = 1000
"""Files between two reports of progress."""


def list_folder(folder: Path, progress: Progress) -> list[Entry]:
    """Every file below `folder`, not arranged into classes yet.

    Links to files are followed, wherever they lead: it is the user's own folder. Links to folders
    are not, so that there are no loops and nothing is found twice.
    Raises `UserError` if the folder can't be read, or holds more than `MAX_ENTRIES` files.
    """
    entries = []
    for entry in _walk(folder):
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


def _walk(root: Path) -> Iterator[Entry]:
    folders = [("", str(root))]
    while folders:
        prefix, folder = folders.pop()
        try:
            with os.scandir(folder) as found:
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
                folders.append((f"{path}/", item.path))
            else:
                yield _examined(path, item)


def _examined(path: str, item: "os.DirEntry[str]") -> Entry:
    try:
        if item.is_dir():
            return _left_out(
                path, "A link to a folder, which is not followed; put the folder in its place."
            )
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
