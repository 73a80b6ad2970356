"""The layers of the networks whose graph is known without weights, so that a list costs no time.

The table is made from the graphs by `tools/write_known_layers.py` and holds for one version of
Keras; with another, the graphs are built. Tests compute it anew.
"""

import json
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import Any

from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.atlas.model_list import layer_of

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
