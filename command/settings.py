"""The settings of `diamond.toml`: one dataclass a table, the truth for file, options and help."""

import tomllib
from argparse import ArgumentParser, Namespace
from collections.abc import Collection
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, get_origin

from diamond_cutter.command.errors import UserError


def setting(default: Any, description: str) -> Any:
    """A field with its default and the sentence that explains it, in the file and as an option."""
    return field(default=default, metadata={"help": description})


@dataclass(frozen=True)
class AtlasSettings:
    """What is rendered, where to, and by what."""

    store: str = setting(
        "data/atlas.zarr", "where the atlas is kept: a folder or any fsspec address"
    )
    models: tuple[str, ...] = setting(("efficientnet-lite0",), "the backbones to render")
    layers: tuple[str, ...] = setting(("cuts",), 'the layers to render: "cuts", "all" or names')
    channels: str = setting(
        "all", 'the channels of each layer: "all", a count, or ranges "0-63,100"'
    )
    recipe: str = setting("preview", 'the quality to reach: "preview" or "standard"')
    seed: int = setting(0, "the seed that every picture's own seed is derived from")
    workers: int = setting(0, "worker processes of one thread each; 0: one for each core")
    memory_limit: str = setting("4GiB", "memory at which a worker is restarted")
    scheduler: str = setting(
        "", "address of a running Dask scheduler to join; empty: a local cluster"
    )
    budget: str = setting("", 'time to spend, like "10m" or "1h30m": preview first, then better')


@dataclass(frozen=True)
class SiteSettings:
    """What is published, and where."""

    output: str = setting("site", "the folder that the site is written to")
    address: str = setting(
        "", "where the site will be hosted, https://..., for link previews; may be empty"
    )


T = TypeVar("T")
TABLES: dict[str, Any] = {"atlas": AtlasSettings, "site": SiteSettings}


def add_options(parser: ArgumentParser, *tables: type, only: Collection[str] | None = None) -> None:
    """Add `--config` and an option for each setting of `tables`, or for those named in `only`."""
    parser.add_argument(
        "--config", metavar="FILE", help="the settings file (default: diamond.toml)"
    )
    for table in tables:
        for item in fields(table):
            if only is not None and item.name not in only:
                continue
            default: Any = item.default
            shown = ",".join(default) if _is_list(item) else default
            parser.add_argument(
                f"--{item.name.replace('_', '-')}",
                metavar=item.name.upper(),
                help=f"{item.metadata['help']} (default: {shown})".replace("%", "%%"),
            )


def load(table: type[T], options: Namespace) -> T:
    """The settings of one table: defaults, then the file, then the options given.

    Raises `UserError` for a file that is not there or cannot be read, and for names and values
    that are not known; every table of the file is checked, not only the one asked for.
    """
    path = Path(options.config or "diamond.toml")
    values: dict[str, Any] = {}
    for name, content in _read(path, required=options.config is not None).items():
        checked = _check(path, name, content)
        if TABLES[name] is table:
            values = checked
    for item in fields(table):  # type: ignore[arg-type]
        given = getattr(options, item.name, None)
        if given is not None:
            values[item.name] = _from_text(item, given)
    return table(**values)


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if not required:
            return {}
        raise UserError(
            f"{path}: no such settings file; name another with --config, or leave it out"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(
            f"{path}: expected a readable TOML file, got: {error}; mend the file"
        ) from error


def _check(path: Path, name: str, content: Any) -> dict[str, Any]:
    if name not in TABLES or not isinstance(content, dict):
        raise UserError(
            f"{path}: expected the tables {_listed(TABLES)}, got {name!r}; rename or remove it"
        )
    known = {item.name: item for item in fields(TABLES[name])}
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
        if isinstance(values, list) and values and all(isinstance(entry, str) for entry in values):
            return tuple(values)
        expected = "a text or a list of texts"
    elif type(value) is item.type:
        return value
    elif item.name == "channels" and type(value) is int:
        return str(value)
    else:
        expected = "a text" if item.type is str else "a whole number"
    raise UserError(
        f"{path}: [{table}] {item.name}: expected {expected}, got {value!r}; mend the value"
    )


def _from_text(item: Field[Any], text: str) -> Any:
    if _is_list(item):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if item.type is int:
        try:
            return int(text)
        except ValueError as error:
            option = item.name.replace("_", "-")
            raise UserError(
                f"--{option}: expected a whole number, got {text!r}; give a number"
            ) from error
    return text


def _is_list(item: Field[Any]) -> bool:
    return get_origin(item.type) is tuple


def _listed(names: Any) -> str:
    return ", ".join(repr(name) for name in names)
