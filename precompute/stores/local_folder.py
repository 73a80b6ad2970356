"""What only a store in a local folder needs: a lock, room on the disk, no leftovers."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.folder_lock import HeldError, lock_folder
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
    """Hold the folder's lock.

    Raises `UserError` if another process holds it. What a killed run left half-written is removed
    on entry, and on leaving what its last workers left since.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_folder(folder))
        except HeldError as error:
            raise UserError(f"{folder}: another {naming.writer}; wait for it or stop it") from error
        stack.callback(_remove_leftovers, folder)
        _remove_leftovers(folder)
        yield


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
