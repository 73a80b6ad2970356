"""`diamond check-data PATH`: what the dataset reader makes of every file."""

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import fields, replace
from pathlib import Path

from diamond_cutter.command.configuration import add_options, given, load_study
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings, StudySettings
from diamond_cutter.precompute.jobs.display import StepProgress, open_display
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.images.thumbnail_files import MOST, write_thumbnail_files
from diamond_cutter.precompute.photos.reading_progress import show_reading
from diamond_cutter.precompute.photos.report_text import summarize
from diamond_cutter.precompute.stores.study.dataset_report import Report, counts, to_json

_READING = {item.name for item in fields(DatasetSettings)} - {"dataset"}
"""The settings that are options; the dataset itself is the argument."""


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        help="a folder, a zip or tar, a CSV, or any address of one",
    )
    parser.add_argument(
        "--for",
        dest="study",
        metavar="STUDY",
        help="in place of PATH, a study: its dataset, read as [study.STUDY] says",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--thumbnails",
        metavar="FOLDER",
        help="write a thumbnail of each photo taken there, DIGEST.webp; those that are there stay, "
        f"and of a class come the first {MOST}",
    )
    add_options(parser, DatasetSettings, only=_READING)
    parser.add_argument(
        "--cache",
        metavar="FOLDER",
        help="where what was fetched and found is kept (default: the study's, or data/cache)",
    )


def run(options: Namespace) -> None:
    """Print the report; a `UserError` if no study can be made of the dataset."""
    report = check(options)
    document = {**to_json(report), **counts(report)}
    print(json.dumps(document, indent=2) if options.json else summarize(report))  # noqa: T201
    if report.problem:
        raise UserError(report.problem)


def check(options: Namespace) -> Report:
    """The report of the dataset that the options name; thumbnails are written where they say so."""
    if (options.path is None) == (options.study is None):
        got = "neither" if options.path is None else "both"
        raise UserError(f"check-data: expected PATH or --for STUDY, got {got}; give one of them")
    if options.study is None:
        settings = replace(given(DatasetSettings, options), dataset=options.path)
        cache = Path(options.cache or StudySettings().cache)
    else:
        settings = load_study(options.study, options)
        cache = Path(settings.cache)
    display = open_display(sys.stderr)
    try:
        dataset = read_dataset(settings, cache, show_reading(StepProgress(display)))
        if options.thumbnails is not None:
            write_thumbnail_files(dataset, cache, Path(options.thumbnails))
        return dataset.report
    finally:
        display.close()
