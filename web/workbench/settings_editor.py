"""What people choose, written into `diamond.toml`: its comments and its order stay."""

import os
import shutil
import tomllib
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import Any

import tomlkit
from filelock import FileLock
from tomlkit.exceptions import TOMLKitError

from diamond_cutter.command.configuration import load_studies
from diamond_cutter.command.errors import UserError

IN_A_LINE = 4
"""Values of a list that stand in one line, at most."""
Value = str | int | float | list[str] | dict[str, str]
"""What a setting may be; None stands for one that the file does not name."""


class ChangedError(UserError):
    """The file has changed in what is edited since its reader looked at it."""


@dataclass(frozen=True)
class SettingsEditor:
    """The settings file `path`, which need not be there yet; `lock` is held while it is edited."""

    path: Path
    lock: Path

    def table(self, *names: str) -> dict[str, Any]:
        """What the file says in a table, `("study", "digits")` say; empty where it has none.

        Raises `UserError` for a file that can't be read.
        """
        found: Any = self._read().unwrap()
        for name in names:
            found = found.get(name, {}) if isinstance(found, dict) else {}
        return found if isinstance(found, dict) else {}

    def add_study(self, name: str, values: Mapping[str, Value]) -> str:
        """A new table [study.NAME] with these settings; its name, with a number where it is taken.

        Raises `UserError` as `edit` does.
        """
        with self._locked():
            taken = {
                each.lower() for each in self.table("study")
            }  # a folder of the site is named so
            names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
            free = next(each for each in names if each.lower() not in taken)
            self._change({("study", free): values})
        return free

    def edit(
        self,
        changes: Mapping[Sequence[str], Mapping[str, Value | None]],
        seen: Mapping[Sequence[str], Mapping[str, Value | None]],
    ) -> None:
        """Write settings, by table; None takes one out of the file.

        `seen`: what they were when whoever changes them looked: a `ChangedError` if that has
        changed, and nothing is written. Raises `UserError` for what no settings file may say.
        """
        with self._locked():
            for names, values in seen.items():
                now = self.table(*names)
                for key, value in values.items():
                    if now.get(key) != value:
                        raise ChangedError(
                            f"{self.path}: expected {key} of [{'.'.join(names)}] to be "
                            f"{value!r}, as it was, got {now.get(key)!r}: it was changed "
                            "meanwhile; look at it again, and change it then"
                        )
            self._change(changes)

    def remove(self, *names: str) -> None:
        """Take a table out of the file."""
        with self._locked():
            document = self._read()
            parent: Any = document
            for name in names[:-1]:
                parent = parent.get(name, {})
            if names[-1] in parent:
                del parent[names[-1]]
                self._write(document)

    def _change(self, changes: Mapping[Sequence[str], Mapping[str, Value | None]]) -> None:
        before = self._read()
        expected = before.unwrap()
        for names, values in changes.items():
            _merge(expected, names, values)
        for make in (
            tomlkit.table,
            tomlkit.inline_table,
        ):  # the second where the table above is one
            document = self._read()
            with suppress(TOMLKitError, ValueError):
                for names, values in changes.items():
                    _fill(document, names, values, make)
                if tomllib.loads(tomlkit.dumps(document)) == expected:
                    self._write(document)
                    return
        raise UserError(
            f"{self.path}: expected tables that can be edited here, got them written in another "
            f"way; write {as_toml((), _merge({}, names, values))!r} there by hand"
        )

    def _read(self) -> tomlkit.TOMLDocument:
        try:
            return tomlkit.parse(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return tomlkit.document()
        except (OSError, ValueError, TOMLKitError) as error:
            raise UserError(
                f"{self.path}: expected a readable TOML file, got: {error}; mend the file"
            ) from error

    def _write(self, document: tomlkit.TOMLDocument) -> None:
        """Put a file beside the settings that the commands read, too, then in their place."""
        target = self.path.resolve()  # which may lie elsewhere
        try:
            handle, name = mkstemp(prefix=f".{target.name}.", dir=target.parent)
            beside = Path(name)
            try:
                with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                    file.write(tomlkit.dumps(document))
                    file.flush()
                    os.fsync(file.fileno())
                _check(beside, self.path)
                beside.chmod(0o644)
                with suppress(FileNotFoundError):
                    shutil.copymode(target, beside)
                beside.replace(target)
            finally:
                beside.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(
                f"{self.path}: expected a settings file that can be written, got: "
                f"{error.strerror or error}; mend that, and save again"
            ) from error

    def _locked(self) -> FileLock:
        self.lock.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.lock)


def as_toml(names: Sequence[str], values: Mapping[str, Any]) -> str:
    """A table as a settings file has it."""
    table: dict[str, Any] = dict(values)
    for name in reversed(names):
        table = {name: table}
    return tomlkit.dumps(table).strip()


def _merge(
    content: dict[str, Any], names: Sequence[str], values: Mapping[str, Value | None]
) -> dict[str, Any]:
    """What `content` is with these settings."""
    table = content
    for name in names:
        table = table.setdefault(name, {})
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
    return content


def _fill(
    document: tomlkit.TOMLDocument,
    names: Sequence[str],
    values: Mapping[str, Value | None],
    make: Callable[[], Any],
) -> None:
    """Write settings into their table, which `make` makes where there is none."""
    table: Any = document
    for depth, name in enumerate(names):
        if name not in table:
            is_above = make is tomlkit.table and depth < len(names) - 1
            table[name] = tomlkit.table(is_super_table=True) if is_above else make()
            table[name].trivia.indent = "\n" if make is tomlkit.table else ""
        table = table[name]
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        elif table.get(key) != value:
            _put(table, key, value)


def _put(table: Any, key: str, value: Value) -> None:
    """Set a value; the comment behind it stays in its column as far as there is room."""
    item: Any = tomlkit.item(value)
    if isinstance(value, dict):
        item = tomlkit.inline_table()
        item.update(value)
    if isinstance(value, list) and len(value) > IN_A_LINE:
        item.multiline(multiline=True)
    before = len(table[key].as_string()) if key in table else 0
    table[key] = item
    trivia = table[key].trivia
    if trivia.comment:
        room = len(trivia.comment_ws) + before - len(item.as_string())
        trivia.comment_ws = " " * max(2, room)


def _check(beside: Path, path: Path) -> None:
    """Whether the commands take a file; what is wrong is told of the one whose place it takes."""
    try:
        load_studies(Namespace(config=str(beside)))
    except UserError as error:
        raise UserError(str(error).replace(str(beside), str(path))) from error
