"""`diamond study NAME`: which backbone, cut at which layer, tells the user's photos apart best."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from textwrap import fill
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from diamond_cutter.command.configuration import add_options, load_studies, load_study
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AttributionSettings, StudySettings, TrainingSettings
from diamond_cutter.precompute.photos.report_text import brief, cautions, printable
from diamond_cutter.precompute.stores.attribution.attribution_reader import network_document
from diamond_cutter.precompute.stores.study.study_layout import Cut, Study
from diamond_cutter.precompute.stores.study.study_reader import ranking_document
from diamond_cutter.precompute.study import study_text

if TYPE_CHECKING:
    from diamond_cutter.precompute.study.study_run import Result

SHOWN = 8
"""Cuts in the printed table; the site shows all."""


def configure(parser: ArgumentParser) -> None:
    """Every setting of [study.NAME] and of the tables in it as an option."""
    parser.add_argument("name", metavar="NAME", help="a table [study.NAME] of the settings file")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--plan",
        action="store_true",
        help="make nothing, and say what would be made, how long it takes on this machine, and "
        "what is downloaded",
    )
    parser.add_argument(
        "--so-far",
        action="store_true",
        help="make nothing, and rank the cuts that are done: while the study is made by another "
        "process, after it was stopped, or at its end",
    )
    add_options(parser, StudySettings, TrainingSettings, AttributionSettings)
    parser.epilog = (
        "Stop it whenever you like: the features that were made are kept, and the same command "
        "goes on from there. `diamond check-data PATH` says beforehand what is made of the photos."
    )


def run(options: Namespace) -> None:
    """Make the study, and say what came of it."""
    if options.so_far:
        _rank_so_far(options)
        return
    settings = load_study(options.name, options)
    if options.plan:
        _plan(options, settings)
        return
    if settings.training.head == "own":
        _question(options, settings)
        return
    from diamond_cutter.precompute.study.study_run import make_study

    result = make_study(options.name, settings)
    if options.json:
        document = ranking_document(result.study, result.cuts, result.report)
        print(json.dumps(document, indent=2))  # noqa: T201
        return
    Console().print(_table(result.cuts[:SHOWN]))
    print(_words(result))  # noqa: T201


def _plan(options: Namespace, settings: StudySettings) -> None:
    if settings.training.head == "own":
        raise UserError(
            '--plan: expected a study with heads, got head = "own", of networks by themselves; '
            "leave --plan out"
        )
    from diamond_cutter.precompute.study.forecast.forecast_text import (
        describe_forecast,
        forecast_table,
    )
    from diamond_cutter.precompute.study.forecast.study_forecast import forecast_study

    forecast = forecast_study(options.name, settings)
    if options.json:
        print(json.dumps(asdict(forecast), indent=2))  # noqa: T201
    elif not forecast.problem:
        Console().print(forecast_table(forecast))
        print("", *describe_forecast(forecast), sep="\n")  # noqa: T201
    if forecast.problem:
        raise UserError(forecast.problem)


def _rank_so_far(options: Namespace) -> None:
    from diamond_cutter.precompute.study.ranking_so_far import read_so_far

    study = load_studies(options).get(options.name, StudySettings())
    so_far = read_so_far(options.store or study.store, options.name)
    if options.json:
        print(json.dumps(so_far.document, indent=2))  # noqa: T201
        return
    if so_far.cuts:
        Console().print(_table(so_far.cuts[:SHOWN]))
        print()  # noqa: T201
    print(fill(so_far.document["sentence"], 88))  # noqa: T201


def _question(options: Namespace, settings: StudySettings) -> None:
    """Ask networks of their own classes, and say what they take each photo for."""
    from diamond_cutter.precompute.study.network_result import explain_networks

    result = explain_networks(options.name, settings)
    seen = network_document(result.address, options.name)
    if options.json:
        print(json.dumps(seen, indent=2))  # noqa: T201
        return
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("photo", "backbone", "class", "logit", "next", "logit"):
        table.add_column(column, overflow="fold")
    for row in seen["photos"]:
        for model, classes in row["classes"].items():
            said = [text for name, logit in classes[:2] for text in (name, f"{logit:.1f}")]
            table.add_row(*(Text(printable(text)) for text in (row["path"], model, *said)))
    Console().print(table)
    print("", *cautions(result.report), sep="\n")  # noqa: T201
    print(f"{result.address}: all of it; `diamond site` makes the pages")  # noqa: T201


def _table(cuts: list[Cut]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("backbone", overflow="fold")
    table.add_column("cut", overflow="fold")
    for figure in ("accuracy", "95 %", "GFLOPs", "a photo"):
        table.add_column(figure, justify="right", no_wrap=True)
    table.add_column("best", no_wrap=True)
    for cut in cuts:
        low, high = cut.metrics.accuracy.interval
        table.add_row(
            cut.model,
            cut.cut,
            _percent(cut.metrics.accuracy.value),
            f"{100 * low:.1f}-{100 * high:.1f}",
            f"{cut.cost.gflops:.3f}" if cut.cost.gflops >= 0.001 else "<0.001",
            f"{1000 * cut.cost.latency:.1f} ms",
            "maybe" if cut.comparison.tied else "",
        )
    return table


def _words(result: "Result") -> str:
    study = result.study
    without = ", ".join(f"{each.name} {_percent(each.accuracy.value)}" for each in study.baselines)
    seconds = ", ".join(f"{name} {value:.1f} s" for name, value in study.seconds.items())
    return "\n".join(
        [
            "",
            fill(study.recommendation.sentence, 88),
            "",
            *_doubts(study),
            brief(result.report),
            "",
            f"without a network: {without}",
            f"{study_text.count(len(study.ranking), 'cut')}, "
            f"{study_text.count(study.photos, 'photo')}, "
            f"{study_text.count(len(study.classes), 'class', 'classes')}; {seconds}",
            f"{result.address}: all of it; `diamond site` makes the pages",
        ]
    )


def _doubts(study: Study) -> Iterator[str]:
    """How many labels the heads doubt, and the surest doubt; nothing if there is none."""
    if study.label_doubts is not None and study.label_doubts.photos:
        doubted = study.label_doubts.photos
        first = doubted[0]
        yield fill(
            f"The heads doubt {study_text.count(len(doubted), 'label')}, first of all that of "
            f"{study_text.name(first.path)}: {study_text.name(first.given)}, rather "
            f"{study_text.name(first.suggested)}. It may be the label, the photo or the network; "
            "the dataset's page ranks them.",
            88,
        )
        yield ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
