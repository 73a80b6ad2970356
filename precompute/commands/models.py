"""`diamond models`: every backbone, and whether its weights are here."""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from diamond_cutter.precompute.backbones import catalogue


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: Namespace) -> None:
    """Print the list."""
    models = [catalogue.describe(name) for name in catalogue.names()]
    if options.json:
        listed = [{**asdict(model), "weights": _presence(here)} for model, here in models]
        print(json.dumps(listed, indent=2))  # noqa: T201
        return
    table = Table("model", "source", box=None, header_style="bold", pad_edge=False)
    for figure in ("input", "parameters", "gflops", "cuts"):
        table.add_column(figure, justify="right")
    table.add_column("weights")
    for model, here in models:
        table.add_row(
            model.name,
            model.source,
            f"{model.input_size} px",
            f"{model.parameters / 1e6:.2f} M",
            f"{model.gflops:.2f}",
            str(model.cuts),
            _presence(here),
        )
    Console().print(table)


def _presence(here: bool) -> str:
    return "here" if here else "absent"
