"""The one error that a user can mend."""

import os
from pathlib import Path


class UserError(Exception):
    """Something the user can mend: one line that says what, where, expected, got and what to do.

    The entry point prints it without a traceback and exits with 2, and IPython, which asks an
    error what to show of it, does so too; every other exception is a bug and keeps its traceback.
    """

    def _render_traceback_(self) -> list[str]:
        return [f"diamond: {' '.join(str(self).split())}"]


def error_elsewhere(error: OSError, *folders: Path | None) -> UserError | None:
    """What to say of a system error that names a file which has nothing to do with the folders.

    None if it may be of them: it names what lies in or above one of them, or no file at all, as
    errors of open files and of buckets do. A folder is None for a store that lies in none.
    """
    if not isinstance(error.filename, str | bytes | os.PathLike):
        return None
    file = Path(os.fsdecode(error.filename)).absolute()
    for folder in (each.absolute() for each in folders if each is not None):
        if file.is_relative_to(folder) or folder.is_relative_to(file):
            return None
    return UserError(f"{file}: {error.strerror}; mend that, and run the same command again")
