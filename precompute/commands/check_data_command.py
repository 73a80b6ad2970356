"""`diamond check-data PATH`: what the dataset reader makes of every file."""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.jobs.display import StepProgress, open_display
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.report_text import summarize
from diamond_cutter.precompute.stores.study.dataset_report import to_json


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "path", metavar="PATH", help="a folder, a zip or tar, a CSV, or any address of one"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--groups",
        metavar="COLUMN",
        default="",
        help="the column of a CSV that says which photos belong together (default: none)",
    )
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
        progress = StepProgress(display).progress("files")
        cache = Path(options.cache)
        report = read_dataset(options.path, cache, progress, groups=options.groups).report
    finally:
        display.close()
    print(json.dumps(to_json(report), indent=2) if options.json else summarize(report))  # noqa: T201
    if report.problem:
        raise UserError(report.problem)
