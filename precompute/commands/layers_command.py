"""`diamond layers MODEL`: every layer of a backbone in depth order, and which are cuts."""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from itertools import groupby

from rich.console import Console
from rich.table import Table

from diamond_cutter.command.configuration import add_options
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("model", metavar="MODEL", help="a name that `diamond models` lists")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    add_options(parser)


def run(options: Namespace) -> None:
    """Print the list."""
    layers = catalogue.layers(options.model)
    if options.json:
        print(json.dumps([asdict(layer) for layer in layers], indent=2))  # noqa: T201
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("", justify="right")
    table.add_column("layer", overflow="fold")
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
    console = Console()
    console.print(table)
    console.print(_sketch(layers), highlight=False)


def _sketch(layers: list[Layer]) -> str:
    """The depth of the network: a line for each stride, a sign for each layer."""
    lines = ["", "depth, a line for each stride: # is a cut, . another layer"]
    for stride, run in groupby(layers, key=lambda layer: layer.stride):
        signs = "".join("#" if layer.is_cut else "." for layer in run)
        lines.append(f"{_pixels(stride):>9} {signs}")
    return "\n".join(lines)


def _pixels(side: int | None) -> str:
    return "not known" if side is None else f"{side} px"
