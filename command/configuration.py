"""From `diamond.toml` and the options given to settings; what is not known is refused."""

import json
import os
import re
import tomllib
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Mapping
from dataclasses import Field, asdict, fields, replace
from pathlib import Path
from typing import Any, TypeVar, get_origin

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import (
    PREFIXES,
    STUDY_TABLES,
    TABLES,
    ModelSettings,
    StudySettings,
)

T = TypeVar("T")
SHARED = "DIAMOND_CUTTER_MODELS"
"""The variable of the environment that hands the tables [models.NAME] on to worker processes."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
"""What may be a folder of the site, and so a part of an address that needs no quoting."""
COUNTS = ("channels", "photos")
"""Settings that are a text or a plain count."""
_EXPECTED: dict[Any, str] = {str: "a text", int: "a whole number", float: "a number"}


def add_options(parser: ArgumentParser, *tables: type, only: Collection[str] | None = None) -> None:
    """Add `--config` and an option for each setting of `tables`, or for those named in `only`."""
    parser.add_argument(
        "--config", metavar="FILE", help="the settings file (default: diamond.toml)"
    )
    for name, item in ((_option(table, item), item) for table in tables for item in _items(table)):
        if only is not None and item.name not in only:
            continue
        default: Any = item.default
        shown = ",".join(default) if _is_list(item) else default
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            metavar=item.name.upper(),
            help=f"{item.metadata['help']} (default: {shown})".replace("%", "%%"),
        )


def load(table: type[T], options: Namespace) -> T:
    """The settings of one table: defaults, then the file, then the options given.

    Raises `UserError` for a file that is not there or cannot be read, and for names and values
    that are not known; every table of the file is checked, not only the one asked for.
    """
    path, content = _read(options)
    name = next(name for name, known in TABLES.items() if known is table)
    values = _checked(path, name, table, content.get(name, {}))
    return table(**(values | _given(table, options)))


def load_studies(options: Namespace) -> dict[str, StudySettings]:
    """The studies of the file by name, each with its training; no option counts.

    Raises `UserError` as `load` does.
    """
    path, content = _read(options)
    tables = _named_tables(path, content)
    return {name: _study(path, name, values) for name, values in tables.items()}


def load_study(name: str, options: Namespace) -> StudySettings:
    """The settings of one study: defaults, then the file, then the options given.

    Raises `UserError` as `load` does, and where neither file nor options say which photos.
    """
    _check_name(name)
    found = load_studies(options)
    study = found.get(name, StudySettings())
    inside = {
        key: replace(getattr(study, key), **_given(table, options))
        for key, table in STUDY_TABLES.items()
    }
    study = replace(study, **inside, **_given(StudySettings, options))
    if not study.dataset:
        path = options.config or "diamond.toml"
        there = f"the studies there are {_listed(found)}" if found else "there is no study there"
        raise UserError(
            f"{path}: expected [study.{name}] with a dataset, got none; {there}: add the table, or "
            "give --dataset"
        )
    return study


def share_models(options: Namespace) -> None:
    """Make the tables [models.NAME] of the file known to this process and to its workers.

    Paths become absolute. Raises `UserError` as `load` does.
    """
    path, content = _read(options)
    os.environ[SHARED] = json.dumps(
        {name: asdict(_model(path, name, values)) for name, values in _models(path, content)}
    )


def shared_models() -> dict[str, ModelSettings]:
    """The tables [models.NAME] that `share_models` made known, by name."""
    shared = json.loads(os.environ.get(SHARED, "{}"))
    return {name: ModelSettings(**values) for name, values in shared.items()}


def _models(path: Path, content: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    tables = _table(path, "models", content.get("models", {}))
    return [(name, _table(path, f"models.{name}", values)) for name, values in tables.items()]


def _model(path: Path, name: str, values: Mapping[str, Any]) -> ModelSettings:
    _check_name(name, "model")
    settings = ModelSettings(**_checked(path, f"models.{name}", ModelSettings, values))
    if bool(settings.file) == bool(settings.weights):
        got = "both" if settings.file else "neither"
        raise UserError(
            f"{path}: [models.{name}] expected file, for a network of your own, or weights, for "
            f"one that `diamond models` lists, got {got}; give one of them"
        )
    where = {
        key: str(Path(value).absolute())
        for key in ("file", "weights", "labels")
        if (value := getattr(settings, key))
    }
    return replace(settings, **where)


def _study(path: Path, name: str, values: Mapping[str, Any]) -> StudySettings:
    own = {key: value for key, value in values.items() if key not in STUDY_TABLES}
    inside = {}
    for key, table in STUDY_TABLES.items():
        full = f"study.{name}.{key}"
        inside[key] = table(**_checked(path, full, table, _table(path, full, values.get(key, {}))))
    return StudySettings(**_checked(path, f"study.{name}", StudySettings, own), **inside)


def _named_tables(path: Path, content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    tables = _table(path, "study", content.get("study", {}))
    for name in tables:
        _check_name(name)
    return {name: _table(path, f"study.{name}", values) for name, values in tables.items()}


def _check_name(name: str, kind: str = "study") -> None:
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{kind} {name!r}: expected a name of letters, figures, and _ . + - that can be part "
            "of an address; rename it"
        )


def _read(options: Namespace) -> tuple[Path, dict[str, Any]]:
    """The path and the content of the settings file, all of it checked."""
    path = Path(options.config or "diamond.toml")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if options.config is None:
            return path, {}
        raise UserError(
            f"{path}: no such settings file; name another with --config, or leave it out"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(
            f"{path}: expected a readable TOML file, got: {error}; mend the file"
        ) from error
    for name, values in content.items():
        if name in TABLES:
            _checked(path, name, TABLES[name], _table(path, name, values))
        elif name not in ("study", "models"):
            raise UserError(
                f"{path}: expected the tables {_listed(TABLES)}, 'study.NAME' and 'models.NAME', "
                f"got {name!r}; rename or remove it"
            )
    for name, values in _named_tables(path, content).items():
        _study(path, name, values)
    for name, values in _models(path, content):
        _model(path, name, values)
    return path, content


def _table(path: Path, name: str, content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected a table [{name}], got {content!r}; mend the file")
    return content


def _checked(path: Path, name: str, table: type, content: Mapping[str, Any]) -> dict[str, Any]:
    known = _settings(table)
    for key in content:
        if key not in known:
            raise UserError(
                f"{path}: [{name}] has {key!r}, expected one of {_listed(known)}; "
                "rename or remove it"
            )
    return {key: _from_toml(path, name, known[key], value) for key, value in content.items()}


def _from_toml(path: Path, table: str, item: Field[Any], value: Any) -> Any:
    if _is_list(item):
        values = [value] if isinstance(value, str) else value
        filled = isinstance(values, list) and (values or not item.default)
        if filled and all(isinstance(entry, str) for entry in values):
            return tuple(values)
        expected = "a text or a list of texts"
    elif type(value) is item.type:
        return value
    elif item.type is float and type(value) is int:
        return float(value)
    elif item.name in COUNTS and type(value) is int:
        return str(value)
    else:
        expected = _EXPECTED[item.type]
    raise UserError(
        f"{path}: [{table}] {item.name}: expected {expected}, got {value!r}; mend the value"
    )


def _given(table: type, options: Namespace) -> dict[str, Any]:
    values = {item: getattr(options, _option(table, item), None) for item in _items(table)}
    return {
        item.name: _from_text(_option(table, item), item, text)
        for item, text in values.items()
        if text is not None
    }


def _from_text(name: str, item: Field[Any], text: str) -> Any:
    if _is_list(item):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if item.type is str:
        return text
    try:
        return item.type(text)  # type: ignore[operator]
    except ValueError as error:
        option, expected = name.replace("_", "-"), _EXPECTED[item.type]
        raise UserError(
            f"--{option}: expected {expected}, got {text!r}; give {expected}"
        ) from error


def _option(table: type, item: Field[Any]) -> str:
    """The name of a setting as an option, with underscores."""
    return f"{PREFIXES.get(table, '')}{item.name}"


def _items(table: type) -> list[Field[Any]]:
    return list(_settings(table).values())


def _settings(table: type) -> dict[str, Field[Any]]:
    """The fields that are settings, by name: each has its help; a table inside has none."""
    return {item.name: item for item in fields(table) if "help" in item.metadata}


def _is_list(item: Field[Any]) -> bool:
    return get_origin(item.type) is tuple


def _listed(names: Any) -> str:
    return ", ".join(repr(name) for name in names)
