"""Write the table of the layers that are known without weights, from the graphs of the networks.

`.venv/bin/python tools/write_known_layers.py`, with the Keras that the table is to hold for. It
builds every network once, which takes some minutes.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import diamond_cutter.precompute.backbones.catalogue.known_layers as product
from diamond_cutter.precompute.backbones.catalogue import (
    efficientnet_lite_source,
    keras_applications_source,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.atlas.model_list import row_of


def table_of(keras: str, networks: Mapping[str, Sequence[Layer]]) -> str:
    """The text of the table: the layers by name of network, a line each, for a version of Keras."""
    lines = []
    for name, layers in networks.items():
        rows = json.dumps([row_of(layer) for layer in layers], separators=(",", ":"))
        lines.append(f"{json.dumps(name)}: {rows}")
    head = f'{{"keras": {json.dumps(keras)}, "networks": {{'
    return "\n".join([head, ",\n".join(lines), "}}", ""])


def main() -> None:
    """Build all networks and write the table where the product reads it."""
    entries = [*efficientnet_lite_source.entries({}), *keras_applications_source.entries({})]
    built = {entry.name: entry.built_layers() for entry in entries}
    path = Path(product.__file__).with_name(product.TABLE)
    path.write_text(table_of(version("keras"), built), encoding="utf-8")


if __name__ == "__main__":
    main()
