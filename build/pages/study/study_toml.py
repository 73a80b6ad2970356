"""The configuration that repeats a study, as a part of `diamond.toml`.

By hand, for a page shows it: `tomli_w` gives every entry of a list a line of its own.
"""

import json
import re
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(name: str, settings: dict[str, Any]) -> str:
    """`[study.NAME]` with its settings, and a table of its own for each that is a table."""
    return "\n".join(_table(["study", name], settings))


def _table(keys: list[str], values: dict[str, Any]) -> list[str]:
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in values.items() if isinstance(value, dict) and value}
    lines = [f"[{'.'.join(map(_key, keys))}]"]
    lines += [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for key, table in tables.items():
        lines += ["", *_table([*keys, key], table)]
    return lines


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    """A value of JSON as TOML, whose strings are JSON's but for characters beyond 16 bits."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", r"\u007f")
