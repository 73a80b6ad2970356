"""From `diamond.toml` and the options given to settings; what is not known is refused."""

import csv
import io
import json
import os
import re
import tomllib
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Iterable
from dataclasses import MISSING, Field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_origin

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import (
    PREFIXES,
    STUDY_TABLES,
    TABLES,
    Configuration,
    ModelSettings,
    StudySettings,
)
from diamond_cutter.command.structuring import CALLED, TABLE, MismatchError, structure, unstructure

T = TypeVar("T")
SHARED = "DIAMOND_CUTTER_MODELS"
"""The variable of the environment that hands the tables [models.NAME] on to worker processes."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
"""What may be a folder of the site, and so a part of an address that needs no quoting."""


def add_options(parser: ArgumentParser, *tables: type, only: Collection[str] | None = None) -> None:
    """Add `--config` and an option for each setting of `tables`, or for those named in `only`."""
    parser.add_argument(
        "--config", metavar="FILE", help="the settings file (default: diamond.toml)"
    )
    add_settings(parser, *tables, only=only)


def add_settings(
    parser: ArgumentParser, *tables: type, only: Collection[str] | None = None
) -> None:
    """Add an option for each setting of `tables`, or for those named in `only`."""
    for name, item in ((_option(table, item), item) for table in tables for item in _items(table)):
        if only is not None and item.name not in only:
            continue
        default: Any = "" if item.default is MISSING else item.default
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
    name = next(name for name, known in TABLES.items() if known is table)
    settings: T = getattr(_read(options), name)
    return replace(settings, **_given(table, options))  # type: ignore[type-var]


def given(table: type[T], options: Namespace) -> T:
    """The settings of one table by its defaults and the options given, whatever the file says."""
    return table(**_given(table, options))


def load_studies(options: Namespace) -> dict[str, StudySettings]:
    """The studies of the file by name, each with its training; no option counts.

    Raises `UserError` as `load` does.
    """
    return _read(options).study


def load_study(name: str, options: Namespace) -> StudySettings:
    """The settings of one study: defaults, then the file, then the options given.

    Raises `UserError` as `load` does, and where neither file nor options say which photos.
    """
    check_name(name)
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
    os.environ[SHARED] = json.dumps(unstructure(_read(options).models))


def shared_models() -> dict[str, ModelSettings]:
    """The tables [models.NAME] that `share_models` made known, by name."""
    return structure(json.loads(os.environ.get(SHARED, "{}")), dict[str, ModelSettings])


def _model(path: Path, name: str, settings: ModelSettings) -> ModelSettings:
    check_name(name, "model")
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


def check_name(name: str, kind: str = "study") -> None:
    """Raise `UserError` for a name that can't be part of an address of the site."""
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{kind} {name!r}: expected a name of letters, figures, and _ . + - that can be part "
            "of an address; rename it"
        )


def _read(options: Namespace) -> Configuration:
    """What the settings file says, all of it checked; the paths of networks are absolute."""
    path = Path(options.config or "diamond.toml")
    try:
        content = structure(tomllib.loads(path.read_text(encoding="utf-8")), Configuration)
    except FileNotFoundError as error:
        if options.config is None:
            return Configuration()
        raise UserError(
            f"{path}: no such settings file; name another with --config, or leave it out"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(
            f"{path}: expected a readable TOML file, got: {error}; mend the file"
        ) from error
    except MismatchError as error:
        raise UserError(f"{path}: {_told(error)}") from error
    for name in content.study:
        check_name(name)
    models = {name: _model(path, name, settings) for name, settings in content.models.items()}
    return replace(content, models=models)


def _told(error: MismatchError) -> str:
    """What is wrong in a settings file, where, and what to do."""
    if error.expected == TABLE:
        return f"expected a table [{'.'.join(error.path)}], got {error.got}; mend the file"
    if error.unknown and error.path:
        return (
            f"[{'.'.join(error.path)}] has {error.got}, expected {error.expected}"
            f"{_meant(error)}; rename or remove it"
        )
    if error.unknown:
        return (
            f"expected the tables {_listed(TABLES)}, 'study.NAME' and 'models.NAME', "
            f"got {error.got}; rename or remove it"
        )
    *tables, name = error.path
    return (
        f"[{'.'.join(tables)}] {name}: expected {error.expected}, got {error.got}; mend the value"
    )


def _meant(error: MismatchError) -> str:
    """The name that is nearest to one that is not known; empty if none is near."""
    known = error.expected.replace("'", "").removeprefix("one of ").split(", ")
    near = get_close_matches(error.got.strip("'"), known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _given(table: type, options: Namespace) -> dict[str, Any]:
    values = {item: getattr(options, _option(table, item), None) for item in _items(table)}
    return {
        item.name: _from_text(_option(table, item), item, text)
        for item, text in values.items()
        if text is not None
    }


def _from_text(name: str, item: Field[Any], text: str) -> Any:
    """An option's value; by hand, for here a text does stand for a list or a number."""
    if _is_list(item):
        return _parts(text)
    if get_origin(item.type) is dict:
        return dict(_pair(name, part) for part in _parts(text))
    if item.type is str:
        return text
    try:
        return item.type(text)  # type: ignore[operator]
    except ValueError as error:
        option, expected = name.replace("_", "-"), CALLED[item.type]
        raise UserError(
            f"--{option}: expected {expected}, got {text!r}; give {expected}"
        ) from error


def listed_option(values: Iterable[str]) -> str:
    """Texts as the value of an option that takes several: what holds a comma is quoted."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue()


def _parts(text: str) -> tuple[str, ...]:
    """What stands between commas, as a CSV has it: what holds a comma stands in double quotes."""
    return tuple(
        part.strip()
        for row in csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
        for part in row
        if part.strip()
    )


def _pair(name: str, text: str) -> tuple[str, str]:
    """The two sides of "old=new"."""
    old, equals, new = (part.strip() for part in text.partition("="))
    if not (old and equals):
        raise UserError(
            f"--{name.replace('_', '-')}: expected old=new, or several with commas between, got "
            f"{text!r}; names with = in them can stand in the settings file"
        )
    return old, new


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
