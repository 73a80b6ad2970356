"""Settings as fields of a form: their names, defaults and lines are those of the options."""

import re
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, fields
from typing import Any

from diamond_cutter.command.configuration import given
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import PREFIXES, STUDY_TABLES, StudySettings
from diamond_cutter.web.workbench.settings_editor import SettingsEditor, Value

TABLES: dict[str, type] = {"": StudySettings, **STUDY_TABLES}
"""The tables of a study by name; "": its own."""


@dataclass(frozen=True)
class SettingField:
    """A setting in a form: `value` and `default` as one types them.

    choices: the words that it takes, those in quotes in its line; empty where it takes others, too.
    """

    name: str
    label: str
    help: str
    value: str
    default: str
    choices: tuple[str, ...]
    is_number: bool


def setting_fields(settings: Any, names: Iterable[str]) -> list[SettingField]:
    """The fields of some settings of a table, in the order of `names`."""
    known = {item.name: item for item in fields(settings)}
    return [_field(known[name], getattr(settings, name)) for name in names]


@dataclass(frozen=True)
class FilledForm:
    """What a form says of a table: `values` as typed; `seen`: what the file said beforehand."""

    values: dict[str, str]
    seen: dict[str, Any]


def save_settings(editor: SettingsEditor, study: str, forms: Mapping[str, FilledForm]) -> None:
    """Write what forms say into [study.NAME], under "", and into tables in it, all or nothing.

    What is by default as it was is not written. Raises `UserError` for what is no value of a
    setting, and `ChangedError` where the file says another thing than was seen.
    """
    changes: dict[Sequence[str], dict[str, Value | None]] = {}
    seen: dict[Sequence[str], dict[str, Value | None]] = {}
    for table, form in forms.items():
        kind = TABLES.get(table)
        if kind is None:
            raise UserError(f"table {table[:60]!r}: expected one of a study; reload the page")
        names = ("study", study, *([table] if table else []))
        now, by_default = editor.table(*names), kind()
        changed: dict[str, Value | None] = {
            key: value
            for key, value in typed_values(kind, form.values).items()
            if now.get(key) != value and (key in now or value != plain(getattr(by_default, key)))
        }
        if changed:
            changes[names] = changed
            seen[names] = {key: form.seen.get(key) for key in changed}
    if changes:
        editor.edit(changes, seen)


def typed_values(kind: type, values: Mapping[str, str]) -> dict[str, Value]:
    """The texts of a form as the values of a table's settings; read as options are.

    Raises `UserError` for names and values that are not known.
    """
    known = {item.name for item in fields(kind) if "help" in item.metadata}
    for name, text in values.items():
        if name not in known or not isinstance(text, str):
            raise UserError(f"setting {name[:60]!r}: expected one of a study; reload the page")
    before = PREFIXES.get(kind, "")
    read: Any = given(kind, Namespace(**{f"{before}{name}": text for name, text in values.items()}))
    return {name: plain(getattr(read, name)) for name in values}


def plain(value: Any) -> Value:
    """A value as a settings file has it."""
    return list(value) if isinstance(value, tuple) else value


def _field(item: Field[Any], value: Any) -> SettingField:
    text = item.metadata["help"]
    words = tuple(dict.fromkeys(re.findall(r'"([\w-]+)"', text)))
    known = words if item.type is str and item.default in words else ()
    return SettingField(
        name=item.name,
        label=item.name.replace("_", " ").capitalize(),
        help=text[:1].upper() + text[1:] + ".",
        value=_text(value),
        default=_text(item.default),
        choices=known,
        is_number=item.type in (int, float),
    )


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
