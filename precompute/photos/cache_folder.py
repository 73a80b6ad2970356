"""Folders of the cache: one for each thing that is kept, filled by one process at a time."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from diamond_cutter.command.errors import UserError, error_elsewhere
from diamond_cutter.precompute.stores.local_folder import exclusive
from diamond_cutter.precompute.stores.store_address import Naming

_NAMING = Naming("photos", "cache", "photos", "cache", "run is filling it")


def place(cache: Path, kind: str, *key: object) -> Path:
    """The folder for what `key` names; `kind` is the first folder below the cache."""
    return cache.absolute() / kind / digest(*key)


def digest(*key: object) -> str:
    """A file name that depends on all of `key`, and holds nothing of it: 32 hex digits."""
    text = json.dumps([str(part) for part in key])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@contextmanager
def filling(folder: Path) -> Iterator[None]:
    """Hold a folder of the cache alone, made where it is not there.

    Raises `UserError` if another process holds it, and for what the system has against writing.
    """
    with writing(folder), exclusive(folder, _NAMING):
        yield


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what the system has against writing into `folder` to a `UserError`.

    One that names a file elsewhere is told of that.
    """
    try:
        yield
    except OSError as error:
        raise error_elsewhere(error, folder) or UserError(
            f"{folder}: expected a folder of the cache that can be written to, got: "
            f"{error.strerror or error}; free some disk, mend its permissions, or name another "
            "cache"
        ) from error
