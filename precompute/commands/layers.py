"""`diamond layers MODEL`: every layer of a backbone in depth order, and which are cuts."""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from diamond_cutter.precompute.backbones import catalogue


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("model", metavar="MODEL", help="a name that `diamond models` lists")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: Namespace) -> None:
    """Print the list."""
    layers = catalogue.layers(options.model)
    if options.json:
        print(json.dumps([asdict(layer) for layer in layers], indent=2))  # noqa: T201
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("", justify="right")
    table.add_column("layer")
    for figure in ("channels", "stride", "receptive field"):
        table.add_column(figure, justify="right")
    table.add_column("cut")
    for layer in layers:
        table.add_row(
            str(layer.index),
            layer.name,
            str(layer.channels),
            _pixels(layer.stride),
            _pixels(layer.receptive_field),
            "cut" if layer.is_cut else "",
        )
    Console().print(table)


def _pixels(side: int | None) -> str:
    return "not known" if side is None else f"{side} px"
