"""Archives unpacked into the cache, so that nothing they say can matter to the machine.

Files are kept under numbers, never under the names that the archive gives; the names stand in an
index beside them. They are unpacked into a folder of their own, which is moved to its place when
it is complete.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.structuring import structure, unstructure
from diamond_cutter.precompute.photos.archives.archive_member import (
    LOCKED,
    DamagedError,
    Member,
    reading,
)
from diamond_cutter.precompute.photos.archives.tar_members import tar_members
from diamond_cutter.precompute.photos.archives.zip_members import zip_members
from diamond_cutter.precompute.photos.cache_folder import filling, place
from diamond_cutter.precompute.photos.file_entry import Entry, Progress
from diamond_cutter.precompute.photos.file_names import (
    is_table,
    judge,
    member_path,
    safe_suffix,
)
from diamond_cutter.precompute.photos.picture_kinds import HEAD
from diamond_cutter.precompute.photos.size_limits import (
    MAX_ENTRIES,
    MAX_FILE,
    Budget,
    unpacked_limit,
)
from diamond_cutter.precompute.stores.study.dataset_report import Outcome

_VERSION = 2
"""Of the folder's layout and of the judgement of members: another one unpacks anew."""
_IN_FOLDER = 1000
"""Files in one folder of the cache."""
_READERS = {"zip": zip_members, "tar": tar_members}


@dataclass(frozen=True)
class _Kept:
    """A member as the index has it: `file` below the index's folder and its bytes, if kept."""

    path: str
    file: str
    size: int
    outcome: Outcome | None
    reason: str


def unpack(archive: Path, kind: str, name: str, cache: Path, progress: Progress) -> list[Entry]:
    """Every file of an archive, unpacked below `cache`, not arranged into classes yet.

    `kind` is "zip" or "tar", packed further or not; `name` is what messages call the archive.
    What was unpacked completely before is taken as it is. A member that can't be used is an entry
    that says why; an archive that can't raises `UserError`, and leaves nothing unpacked.
    """
    status = archive.stat()
    key = (archive.absolute(), status.st_size, status.st_mtime_ns, _VERSION)
    folder = place(cache, "unpacked", *key)
    files, stage = folder / "files", folder / "stage"
    kept = _read_index(files)
    if kept is None:
        with filling(folder):
            kept = _read_index(files)  # another process may have been faster
            if kept is None:
                kept = _unpacked(archive, kind, name, files, stage, progress)
    return [
        Entry(one.path, files / one.file if one.file else None, "", "", one.outcome, one.reason)
        for one in kept
    ]


def _unpacked(
    archive: Path, kind: str, name: str, files: Path, stage: Path, progress: Progress
) -> list[_Kept]:
    """Unpack an archive into `stage`, and move that to `files` when it is complete."""
    for leftover in (files, stage):
        shutil.rmtree(leftover, ignore_errors=True)
    before = archive.stat()
    try:
        stage.mkdir()
        kept = _fill(stage, archive, kind, name, progress)
        after = archive.stat()
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise UserError(
                f"{name}: expected a finished archive, got one that is still written; "
                "run it again when it is complete"
            )
        (stage / "index.json").write_text(json.dumps(unstructure(kept)))
        stage.rename(files)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return kept


def _read_index(files: Path) -> list[_Kept] | None:
    """The members unpacked before; None if they are not all there."""
    try:
        kept = structure(json.loads((files / "index.json").read_text()), list[_Kept])
        whole = all((files / one.file).stat().st_size == one.size for one in kept if one.file)
    except (OSError, ValueError):
        return None
    return kept if whole else None


def _fill(stage: Path, archive: Path, kind: str, name: str, progress: Progress) -> list[_Kept]:
    kept: list[_Kept] = []
    size = archive.stat().st_size
    budget = Budget(name, stage, unpacked_limit(size))
    try:
        for member in _READERS[kind](archive, budget):
            kept.append(_keep(member, stage, len(kept), budget))
            if len(kept) > MAX_ENTRIES:
                raise UserError(
                    f"{name}: expected at most {MAX_ENTRIES:,} files in an archive, got more; "
                    "name another dataset, or unpack it yourself"
                )
            progress("unpacking", member.position, size)
    except DamagedError as error:
        raise UserError(
            f"{name}: expected a whole archive, got one that can't be read: {error}; "
            "fetch it or pack it again"
        ) from error
    progress("unpacking", size, size)
    _check_passwords(kept, name)
    return kept


def _keep(member: Member, stage: Path, number: int, budget: Budget) -> _Kept:
    path, problem = member_path(member.name)
    problem = problem or member.problem
    if not problem and member.size > MAX_FILE:
        problem = (
            f"A file of {member.size / 1e9:.1f} GB: expected a photo of at most "
            f"{MAX_FILE / 1e9:.1f} GB; make it smaller."
        )
    if problem:
        return _Kept(path, "", 0, "reject", problem)
    try:
        outcome, reason = judge(path, lambda: _head(member))
        if outcome is not None and not (outcome == "ignore" and is_table(path)):
            return _Kept(path, "", 0, outcome, reason)
        file = f"{number // _IN_FOLDER:03}/{number:06}{safe_suffix(path)}"
        return _Kept(path, file, _copy(member, stage / file, budget), outcome, reason)
    except DamagedError as error:
        if member.stream:  # what follows in it can't be trusted
            raise
        reason = f"It can't be unpacked: {error}; pack it again."
        return _Kept(path, "", 0, "reject", reason)


def _head(member: Member) -> bytes:
    with reading():
        return member.opened().peek(HEAD)[:HEAD]


def _copy(member: Member, target: Path, budget: Budget) -> int:
    """Write a member's bytes, how many there are; a damaged one leaves no file."""
    written = 0
    target.parent.mkdir(exist_ok=True)
    try:
        with target.open("xb") as file:
            for chunk in _chunks(member):
                budget.spend(0 if member.stream else len(chunk))
                written += file.write(chunk)
    except DamagedError:
        target.unlink()
        raise
    return written


def _chunks(member: Member) -> Iterator[bytes]:
    while True:
        with reading():
            chunk = member.opened().read(member.step)
        if not chunk:
            return
        yield chunk


def _check_passwords(kept: list[_Kept], name: str) -> None:
    locked = any(one.reason == LOCKED for one in kept)
    if locked and not any(one.outcome is None for one in kept):
        raise UserError(
            f"{name}: expected photos that can be read, got an archive protected by a password; "
            "pack it without one, or unpack it yourself"
        )
