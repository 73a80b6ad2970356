"""What only a store in a local folder needs: a lock, room on the disk, no leftovers."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.store_address import Naming

LEFTOVER = "*.partial"
"""How Zarr's local store names a file that is being written."""


def check_folder(folder: Path, naming: Naming, size: int) -> None:
    """Refuse a folder that holds something else, can't be written to, or has too little room.

    `size` is what is going to be written, in bytes.
    """
    others = [path for path in _entries(folder, naming) if not path.match(LEFTOVER)]
    if others and not (folder / "zarr.json").exists():
        raise UserError(
            f"{folder}: expected {naming.a_noun} or an empty folder, got one that holds "
            f"{others[0].name!r}; name another --{naming.setting}"
        )
    base = next(parent for parent in (folder, *folder.parents) if parent.exists())
    trial = base / f"{uuid4().hex}.partial"
    try:
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as error:
        raise UserError(
            f"{base}: expected a folder that can be written to, got: {error.strerror}; "
            f"mend its permissions or name another --{naming.setting}"
        ) from error
    free = shutil.disk_usage(base).free
    if free < size:
        raise UserError(
            f"{base}: expected about {_megabytes(size)} of free disk for the {naming.contents} "
            f"asked for, got {_megabytes(free)}; free some, ask for fewer, or name another "
            f"--{naming.setting}"
        )


@contextmanager
def exclusive(folder: Path, naming: Naming) -> Iterator[None]:
    """Hold the folder's lock; the system lets go of it when the process ends, however it ends.

    Raises `UserError` if another process holds it. What a killed run left half-written is removed
    on entry, and on leaving what its last workers left since.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = _locked(folder, naming)
    try:
        _remove_leftovers(folder)
        yield
    finally:
        _remove_leftovers(folder)
        if descriptor is not None:
            os.close(descriptor)


def _locked(folder: Path, naming: Naming) -> int | None:
    """What holds the lock while it is open; None where folders can't be locked.

    Two runs at once are a waste there, but no harm: they write the same bytes.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise UserError(f"{folder}: another {naming.writer}; wait for it or stop it") from error
    except OSError:  # some network file systems
        os.close(descriptor)
        return None
    return descriptor


def _remove_leftovers(folder: Path) -> None:
    for path in folder.rglob(LEFTOVER):
        path.unlink(missing_ok=True)


def _entries(folder: Path, naming: Naming) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except NotADirectoryError as error:
        raise UserError(
            f"{folder}: expected a folder for the {naming.noun}, got a file; "
            f"name another --{naming.setting}"
        ) from error


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
