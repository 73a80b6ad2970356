"""What a write that failed left behind."""

import shutil
from contextlib import suppress
from pathlib import Path


def discard(path: Path) -> None:
    """Remove a file or a folder that may be there; what a disk refuses to remove stays."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):  # of a read-only disk, though nothing is there
            path.unlink()
