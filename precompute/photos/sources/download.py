"""Files from other machines, kept in the cache; what has arrived of one is never fetched twice.

Neither fsspec's caches nor pooch resume: where a connection broke, `filecache` and pooch 1.9 begin
anew, and `simplecache` and `blockcache` (fsspec 2026.9) give out what came for the whole file.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.cache_folder import digest, filling, place
from diamond_cutter.precompute.photos.file_entry import Progress
from diamond_cutter.precompute.photos.file_names import safe_suffix
from diamond_cutter.precompute.photos.size_limits import MAX_FILE, Budget, LimitError
from diamond_cutter.precompute.photos.sources.remote_files import (
    AbsentError,
    Remote,
    System,
    UnreachableError,
)

TRIES = 5
"""Times in a row that a connection may break without bringing anything."""
PAUSE = 1.0
"""Seconds before the second try; each further one waits twice as long."""
_AT_ONCE = 8
"""Photos of a folder that are fetched at the same time."""
_ARRIVING = ".arriving"


def download(system: System, cache: Path, progress: Progress) -> Path:
    """The file at the system's address, fetched unless this version of it is there already.

    A download that broke goes on where it was if the host can do that and the file is still the
    same, else it begins anew. Without an answer the version that is there is taken.
    Raises `UserError` if the file can't be had; what has arrived is kept.
    """
    folder = place(cache, "downloads", system.address)
    try:
        remote = system.look()
    except UnreachableError:
        whole = [path for path in folder.glob("*") if path.suffix != _ARRIVING]
        if not whole:
            raise
        return whole[0]
    target = folder / digest(remote.version, remote.size)
    if remote.is_known and target.is_file():
        return target
    with filling(folder):
        arriving = target.with_suffix(_ARRIVING)
        for other in folder.iterdir():
            if other not in (target, arriving) or not remote.is_known:
                other.unlink()
        budget = Budget(system.address, folder, None)
        if remote.size is not None:
            have = arriving.stat().st_size if arriving.exists() else 0
            budget.check(remote.size - have)

        def advance(done: int, new: int) -> None:
            budget.spend(new)
            progress("downloading", done, remote.size or 0)

        _fetch(system, remote, arriving, advance)
        # What HTTP sends is of one version; other systems are read piece by piece.
        if not system.http and remote.is_known and system.look() != remote:
            raise UserError(
                f"{system.address}: expected one file, got another one while it was downloaded; "
                "run it again"
            )
        arriving.replace(target)
    return target


def download_photos(
    system: System, photos: Sequence[tuple[str, Remote]], cache: Path, progress: Progress
) -> list[tuple[Path | None, str]]:
    """The files at several addresses of a system, each with its path: where they lie, in order.

    A photo that is too large or not there is None and the reason, a sentence. Raises `UserError`
    if there is no answer; what has arrived is kept.
    """
    folder = place(cache, "photos", system.address)
    results: list[tuple[Path | None, str]] = []
    with filling(folder), ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting = [pool.submit(_photo, system, path, remote, folder) for path, remote in photos]
        try:
            for future in waiting:
                results.append(future.result())
                progress("downloading photos", len(results), len(photos))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return results


def _photo(system: System, path: str, remote: Remote, folder: Path) -> tuple[Path | None, str]:
    limit = Budget(path, folder, MAX_FILE)
    try:
        if not remote.version:
            remote = system.look(remote.address)
        name = digest(remote.address, remote.version, remote.size)
        target = folder / name[:2] / f"{name}{safe_suffix(path)}"
        if remote.is_known and target.exists():
            return target, ""
        target.parent.mkdir(exist_ok=True)
        arriving = target.with_suffix(_ARRIVING)
        if not remote.is_known:
            arriving.unlink(missing_ok=True)
        _fetch(system, remote, arriving, lambda _done, new: limit.spend(new))
        arriving.replace(target)
    except (AbsentError, LimitError) as error:
        return None, f"It can't be fetched: {error}."
    return target, ""


def _fetch(
    system: System, remote: Remote, target: Path, advance: Callable[[int, int], None]
) -> None:
    """Bring `target`, which may hold the beginning of a file, to all of it."""
    target.touch()
    failures = 0
    with target.open("r+b") as file:
        end = file.seek(0, 2)
        while end != remote.size:
            before = end
            try:
                for start, chunk in system.read(remote, end):
                    if start != end:
                        file.seek(start)
                        file.truncate()
                    end = start + file.write(chunk)
                    advance(end, len(chunk))
                    if remote.size is not None and end > remote.size:
                        break
                if remote.size in (None, end):
                    return
                problem = f"{end:,} bytes of {remote.size:,}"
            except UnreachableError as error:
                problem = str(error)
            if remote.size is None or end > remote.size:  # it can't be known where it broke
                end = file.seek(0)
                file.truncate()
            failures = 0 if end > before else failures + 1
            if failures == TRIES:
                raise UnreachableError(
                    f"{remote.address}: expected the whole file, got after {TRIES} tries: "
                    f"{problem}; what has arrived is kept: run it again to go on"
                )
            time.sleep(PAUSE * 2**failures)
