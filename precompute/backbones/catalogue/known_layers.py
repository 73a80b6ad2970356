"""The layers of the networks whose graph is known without weights, so that a list costs no time.

The table is made from the graphs, by `python -m diamond_cutter.precompute.backbones.catalogue.known_layers`,
and holds for one version of Keras; with another, the graphs are built. Tests compute it anew.
"""

import json
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.atlas.model_list import layer_of, row_of

TABLE = "known_layers.json"


def known_layers(name: str) -> list[Layer]:
    """The layers of a network in depth order; empty where the table does not have them."""
    table = _table()
    if table["keras"] != version("keras"):
        return []
    rows = table["networks"].get(name, ())
    return [layer_of(index, row) for index, row in enumerate(rows)]


@cache
def _table() -> dict[str, Any]:
    text = resources.files(__package__).joinpath(TABLE).read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def _write() -> None:
    """Build all networks and write the table beside this file, a line for each."""
    from diamond_cutter.precompute.backbones.catalogue import (
        efficientnet_lite_source,
        keras_applications_source,
    )

    found = {lite.name: lite.built_layers() for lite in efficientnet_lite_source.entries({})}
    found |= {each.name: each.built_layers() for each in keras_applications_source.entries({})}
    lines = []
    for name, layers in found.items():
        rows = json.dumps([row_of(layer) for layer in layers], separators=(",", ":"))
        lines.append(f"{json.dumps(name)}: {rows}")
    head = f'{{"keras": {json.dumps(version("keras"))}, "networks": {{'
    text = "\n".join([head, ",\n".join(lines), "}}", ""])
    Path(__file__).with_name(TABLE).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _write()
