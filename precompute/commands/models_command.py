"""`diamond models`: every backbone, and whether its weights are here."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from diamond_cutter.command.configuration import add_options
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model

FIGURES = ("year", "input", "params", "gflops", "top-1*", "cuts", "channels")
ROOMY = ("year", "channels")
WIDE = 96
"""Columns of a terminal that the whole table takes."""

Listed = tuple[Model, bool]


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--source", help="only those of a source, such as keras.applications")
    for name, meaning in (
        ("--max-parameters", "only those of at most so many parameters, in millions"),
        ("--max-gflops", "only those of at most so many GFLOPs at their input size"),
    ):
        parser.add_argument(name, metavar="NUMBER", help=meaning)
    parser.add_argument(
        "--check",
        metavar="PHOTO",
        help="the top classes that each of them sees in a photo, where its weights are here",
    )
    add_options(parser)


def run(options: Namespace) -> None:
    """Print the list; a `UserError` after it where files hold no network, each in a line."""
    if options.check is not None:
        problems = _check([model.name for model, here in chosen(options) if here], options)
    else:
        problems = catalogue.learn()
        _print(chosen(options), options)
    for problem in problems[:-1]:
        print(f"diamond: {' '.join(str(problem).split())}", file=sys.stderr)  # noqa: T201
    if problems:
        raise problems[-1]


def chosen(options: Namespace) -> list[Listed]:
    """The backbones that the options ask for, with what is known of each so far."""
    return list(_chosen([catalogue.describe(name) for name in catalogue.names()], options))


def read_photo(path: str) -> NDArray[np.uint8]:
    """The photo of that path, (H, W, 3) uint8 sRGB; a `UserError` where there is none."""
    from diamond_cutter.precompute.photos.images.image_decoding import UnreadableError, decode

    try:
        return decode(Path(path)).image
    except (OSError, UnreadableError) as error:
        raise UserError(f"{path}: expected a photo, got: {error} Name another one") from error


def _print(models: list[Listed], options: Namespace) -> None:
    if options.json:
        listed = [{**asdict(model), "weights": _presence(here)} for model, here in models]
        print(json.dumps(listed, indent=2))  # noqa: T201
        return
    console = Console()
    console.print(_table(models, wide=console.width >= WIDE))
    console.print(
        "* on ImageNet, as published; `diamond models --json` says where, with papers and licences",
        style="dim",
        highlight=False,
    )


def _check(names: list[str], options: Namespace) -> list[UserError]:
    """Print what networks see in a photo; what was wrong with those that can't be asked."""
    from diamond_cutter.precompute.backbones.catalogue.top_classes import Answer, top_classes

    image = read_photo(options.check)
    told: dict[str, list[Answer]] = {}
    problems = []
    for name in names:
        try:
            told.update(top_classes(name, image))
        except UserError as problem:
            problems.append(problem)
    if options.json:
        listed = {name: [asdict(answer) for answer in answers] for name, answers in told.items()}
        print(json.dumps(listed, indent=2))  # noqa: T201
        return problems
    table = Table("model", "top classes", box=None, header_style="bold", pad_edge=False)
    for name, answers in told.items():
        classes = (f"{answer.name} {100 * answer.chance:.0f} %" for answer in answers)
        table.add_row(name, ", ".join(classes))
    Console().print(table)
    return problems


def _chosen(models: list[Listed], options: Namespace) -> Iterable[Listed]:
    if options.source is not None:
        sources = dict.fromkeys(model.source for model, _ in models)
        if options.source not in sources:
            raise UserError(
                f"--source: expected one of {', '.join(sources)}, got {options.source!r}; name one"
            )
    most_parameters = _number("--max-parameters", options.max_parameters)
    most_gflops = _number("--max-gflops", options.max_gflops)
    for model, here in models:
        wanted = options.source in (None, model.source)
        small = most_parameters is None or _at_most(model.parameters, 1e6 * most_parameters)
        if wanted and small and (most_gflops is None or _at_most(model.gflops, most_gflops)):
            yield model, here


def _number(option: str, text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError as error:
        raise UserError(f"{option}: expected a number, got {text!r}; give a number") from error


def _at_most(value: float | None, most: float) -> bool:
    """Whether a figure is known and not larger."""
    return value is not None and value <= most


def _table(models: list[Listed], *, wide: bool) -> Table:
    """All figures where there is room for them, else those that matter most."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("model", no_wrap=True)
    table.add_column("source", no_wrap=True)
    for figure in FIGURES if wide else (name for name in FIGURES if name not in ROOMY):
        table.add_column(figure, justify="right", no_wrap=True)
    table.add_column("weights", no_wrap=True)
    for model, here in models:
        figures = {
            "year": _shown(model.year, str),
            "input": str(model.input_size),
            "params": _shown(model.parameters, lambda value: f"{value / 1e6:.1f} M"),
            "gflops": _shown(model.gflops, _gflops),
            "top-1*": _shown(model.top1, lambda value: f"{value:.1f}"),
            "cuts": _shown(model.cuts, str),
            "channels": _shown(model.channels, lambda value: f"{value:,}"),
        }
        shown = (text for name, text in figures.items() if wide or name not in ROOMY)
        source = model.source.removesuffix(".applications")
        table.add_row(model.name, source, *shown, _presence(here))
    return table


def _shown(value: Any, form: Callable[[Any], str]) -> str:
    return "" if value is None else form(value)


def _gflops(value: float) -> str:
    return f"{value:.2f}" if value >= 0.01 else "<0.01"


def _presence(here: bool) -> str:
    return "here" if here else "absent"
