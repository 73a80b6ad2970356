"""What the workbench works on: the settings file, read anew each time, and where things lie."""

import shlex
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from diamond_cutter.command.configuration import load, load_studies
from diamond_cutter.command.settings import SiteSettings, StudySettings, WorkbenchSettings
from diamond_cutter.web.workbench.settings_editor import SettingsEditor


@dataclass(frozen=True)
class Project:
    """The settings file, `diamond.toml` here where None was named, and what it says.

    Paths in it are those of the commands: below the folder in which the workbench was started.
    Everything that reads the file raises `UserError` where it is wrong.
    """

    config: str | None = None

    @property
    def file(self) -> Path:
        """The settings file, which need not be there yet."""
        return Path(self.config or "diamond.toml")

    @property
    def folder(self) -> Path:
        """Where uploads, the queue and exports lie."""
        return Path(load(WorkbenchSettings, self._options).folder)

    @property
    def roots(self) -> list[Path]:
        """The folders in which photos may be chosen and results be put, whole."""
        named = load(WorkbenchSettings, self._options).roots
        return [Path(each).expanduser().resolve() for each in named]

    @property
    def upload_limit(self) -> int:
        """Bytes of an upload, at most."""
        return load(WorkbenchSettings, self._options).upload_limit * 10**9

    @property
    def editor(self) -> SettingsEditor:
        """What writes into the settings file."""
        return SettingsEditor(self.file, self.folder / "settings.lock")

    @property
    def site(self) -> Path:
        """The folder of the built site."""
        return Path(load(SiteSettings, self._options).output)

    def studies(self) -> dict[str, StudySettings]:
        """The studies of the file by name, in its order."""
        return load_studies(self._options)

    def allows(self, path: Path) -> bool:
        """Whether a path of this machine, its links followed, lies in a folder that may be used."""
        whole = path.expanduser().resolve()
        return any(whole.is_relative_to(root) for root in self.roots)

    def arguments(self, *words: str) -> tuple[str, ...]:
        """The arguments of `diamond` for a command on this settings file."""
        return words if self.config is None else (*words, "--config", self.config)

    @property
    def _options(self) -> Namespace:
        return Namespace(config=self.config)


def command_text(arguments: Sequence[str]) -> str:
    """A command as one types it."""
    return f"diamond {shlex.join(arguments)}"
