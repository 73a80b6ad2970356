"""The lock of a folder, which one process holds at a time, and lets go of however it ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, SoftFileLock, Timeout, lock_descriptor

PATIENCE = 1.0
"""Seconds, in which a file that a killed process left as its lock is found out."""


class HeldError(Exception):
    """Another process holds the lock."""


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold a folder that is there. Raises `HeldError` if another process does.

    The folder itself is locked, which leaves nothing behind, where the system and its file system
    can do that. Elsewhere, as on Windows and some network file systems, it is a file beside it.
    """
    with ExitStack() as stack:
        if not _lock_itself(folder, stack):
            kind = FileLock if sys.platform == "win32" else SoftFileLock
            try:
                stack.enter_context(kind(folder.with_name(f".{folder.name}.lock"), PATIENCE))
            except Timeout as error:
                raise HeldError from error
        yield


def _lock_itself(folder: Path, stack: ExitStack) -> bool:
    """Lock the folder until the stack ends; False where there is no such thing."""
    if sys.platform == "win32":  # opens files alone
        return False
    descriptor = os.open(folder, os.O_RDONLY)
    stack.callback(os.close, descriptor)
    try:
        free = lock_descriptor(descriptor, blocking=False)
    except OSError:
        return False
    if not free:
        raise HeldError
    return True
