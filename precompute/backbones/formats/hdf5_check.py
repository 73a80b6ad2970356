"""Whether HDF5 gets through a file of the user's: tried in another process.

In some damaged files the library goes round for ever, or crashes, where Python can't stop it.
"""

import io
import subprocess
import sys
import zipfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import h5py

from diamond_cutter.command.errors import UserError

LONGEST = 10
"""Seconds of a processor: a file of 3,000 weights takes one."""

WEIGHTS = "model.weights.h5"
"""The HDF5 file in a `.keras` archive."""


def check_hdf5(path: Path) -> None:
    """Raise `UserError` for a `.h5` or `.keras` file in which HDF5 hangs or crashes.

    What else may be wrong with it is told by who reads it.
    """
    if not path.is_file():
        return
    state = path.stat()
    if not _is_passed(path, state.st_ino, state.st_size, state.st_mtime_ns):
        raise UserError(
            f"{path}: expected a file that HDF5 can read, got one that is damaged, so that it "
            "hangs or crashes in it; save it anew with `model.save`, or copy it again"
        )


@lru_cache(maxsize=64)
def _is_passed(path: Path, *_state: int) -> bool:
    command = [sys.executable, "-P", "-m", __name__, str(path), str(LONGEST)]
    try:  # far longer where a processor's time can't be limited
        done = subprocess.run(  # noqa: S603  # our own
            command, capture_output=True, timeout=60 * LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    except OSError:  # no process can be had
        return True
    return done.returncode in (0, 1)  # 1: an error of Python's


def _walk(path: Path) -> None:
    """Read what h5py may meet: all attributes, and where the parts of datasets lie."""
    source: Any = path
    if path.suffix.lower() == ".keras":
        with zipfile.ZipFile(path) as archive:
            source = io.BytesIO(archive.read(WEIGHTS))
    with h5py.File(source) as file:
        _read("", file)
        file.visititems(_read)


def _read(_name: str, entry: Any) -> None:
    with suppress(Exception):  # h5py raises what it meets
        names = list(entry.attrs)
        for name in names:
            with suppress(Exception):
                entry.attrs[name]
        if isinstance(entry, h5py.Dataset) and entry.chunks:
            entry.id.get_num_chunks()


if __name__ == "__main__":
    with suppress(ImportError):  # of Unix alone
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]),) * 2)
    _walk(Path(sys.argv[1]))
