"""The kinds of JSON documents that a site holds: where they lie, and the schema of each."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

SCHEMAS = "data/schemas/"
"""Where the schemas lie below the site's root."""
_PHOTO = ("studies/<study>/photos/<photo>/", "networks/<name>/photos/<photo>/")
_CLASS = ("studies/<study>/classes/<class>/", "networks/<name>/classes/<class>/")
_MAP = ("studies/<study>/map/<model>/<layer>/", "networks/<name>/map/<model>/<layer>/")
_SHEETS = ("studies/<study>/photos/", "networks/<name>/photos/")


def _in(folders: Iterable[str], name: str) -> tuple[str, ...]:
    return tuple(folder + name for folder in folders)


PATHS = {
    "index": ("index.json",),
    "search-index": ("search/index/root.json",),
    "search-entries": ("search/index/<digest>/0-<n>.json",),
    "search-blocks": ("search/index/<digest>/<level>-<n>.json",),
    "data": ("data/data.json",),
    "recipes": ("method/recipes.json",),
    "model": ("models/<model>/model.json",),
    "channel": ("models/<model>/channels.jsonl", "models/<model>/<layer>/channels.jsonl"),
    "layer": ("models/<model>/<layer>/layer.json",),
    "weights": ("models/<model>/<layer>/weights/weights.json",),
    "likeness": ("models/<model>/<layer>/likeness/<model>/<layer>/likeness.json",),
    "study": ("studies/<study>/study.json",),
    "dataset": ("studies/<study>/dataset/dataset.json",),
    "cut": ("studies/<study>/<model>/<cut>/cut.json",),
    "predictions": ("studies/<study>/<model>/<cut>/photos.json",),
    "network": ("networks/<name>/network.json",),
    "photo-marks": ("studies/<study>/photos/marks.json",),
    "photo-names": _in(_SHEETS, "sheet-<n>.json"),
    "photo-classes": _in(_SHEETS, "classes-<n>.json"),
    "attribution": _in(_PHOTO, "<model>/<cut>/<layer>/view.json"),
    "attribution-targets": _in(_PHOTO, "<model>/<cut>/<layer>/more.json"),
    "activation-maps": _in(_PHOTO, "<model>/<cut>/<layer>/maps.json"),
    "class-attribution": _in(_CLASS, "<model>/<cut>/<layer>/class.json"),
    "attribution-graph": _in((*_PHOTO, *_CLASS), "<model>/<cut>/graph.json"),
    "maps": ("studies/<study>/map/maps.json", "networks/<name>/map/maps.json"),
    "map-grid": _in(_MAP, "grid-<side>.json"),
    "map-classes": _in(_MAP, "classes-<side>.json"),
    "map-cells": _in(_MAP, "cells-<side>-<row>-<column>.json"),
    "map-photos": _in(_MAP, "photos.json"),
    "lists": (),
}
"""Where the documents of each schema lie, with <...> for what differs; lists: where one saves."""


@dataclass(frozen=True)
class Schema:
    """A JSON Schema, draft 2020-12; content: its file's."""

    name: str
    title: str
    description: str
    content: bytes

    @property
    def path(self) -> str:
        """Where it lies, below the site's root."""
        return f"{SCHEMAS}{self.name}.json"


@cache
def schemas() -> dict[str, Schema]:
    """The schemas by name, in the order of `PATHS`."""
    folder = Path(str(resources.files("diamond_cutter.build.schemas")))
    found = {}
    for path in folder.rglob("*.json"):
        content = path.read_bytes()
        document: dict[str, Any] = json.loads(content)
        found[path.stem] = Schema(path.stem, document["title"], document["description"], content)
    return {name: found[name] for name in PATHS}


def kind_of(path: str) -> str:
    """The name of the schema of the document at that path of the site; empty for other files."""
    return next((name for name, form in _forms() if form.fullmatch(path)), "")


def document_sizes(files: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """How many documents of each kind are among files, sizes by path, and their bytes."""
    found: dict[str, tuple[int, int]] = {}
    for path, size in files.items():
        if path.endswith((".json", ".jsonl")) and (name := kind_of(path)):
            count, total = found.get(name, (0, 0))
            found[name] = (count + 1, total + size)
    return found


@cache
def _forms() -> list[tuple[str, re.Pattern[str]]]:
    return [
        (name, re.compile(re.sub(r"<\w+>", "[^/]+", form.replace(".", r"\."))))
        for name, forms in PATHS.items()
        for form in forms
    ]
