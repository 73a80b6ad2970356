"""`diamond check-data PATH`: what the dataset reader makes of every file."""

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import fields, replace
from pathlib import Path

from diamond_cutter.command.configuration import add_settings, given
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.jobs.display import StepProgress, open_display
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.reading_progress import show_reading
from diamond_cutter.precompute.photos.report_text import summarize
from diamond_cutter.precompute.stores.study.dataset_report import counts, to_json

_READING = {item.name for item in fields(DatasetSettings)} - {"dataset"}
"""The settings that are options; the dataset itself is the argument."""


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "path", metavar="PATH", help="a folder, a zip or tar, a CSV, or any address of one"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    add_settings(parser, DatasetSettings, only=_READING)
    parser.add_argument(
        "--cache",
        metavar="FOLDER",
        default="data/cache",
        help="where what was fetched and found is kept (default: data/cache)",
    )


def run(options: Namespace) -> None:
    """Print the report; a `UserError` if no study can be made of the dataset."""
    display = open_display(sys.stderr)
    try:
        progress = show_reading(StepProgress(display))
        settings = replace(given(DatasetSettings, options), dataset=options.path)
        report = read_dataset(settings, Path(options.cache), progress).report
    finally:
        display.close()
    document = {**to_json(report), **counts(report)}
    print(json.dumps(document, indent=2) if options.json else summarize(report))  # noqa: T201
    if report.problem:
        raise UserError(report.problem)
