"""`diamond try STUDY PHOTO...`: what a study takes new photos for, where and by which channels."""

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from diamond_cutter.command.configuration import add_options, load_studies
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.photos.report_text import printable

if TYPE_CHECKING:
    from diamond_cutter.precompute.study.trial.photo_trial import PhotoTrial

SHOWN = 5
"""Channels that are printed of a photo; JSON has more."""


def configure(parser: ArgumentParser) -> None:
    """By what, which photos, and where to."""
    parser.add_argument("study", metavar="STUDY", help="a finished study")
    parser.add_argument("photos", metavar="PHOTO", nargs="*", help="files of photos")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        help="where each photo is written as the network sees it, and its heatmap at each layer",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--listen",
        action="store_true",
        help='load once, then answer each line {"photo": PATH} of standard input with a line',
    )
    parser.add_argument("--model", metavar="MODEL", default="", help="the backbone")
    parser.add_argument(
        "--cut", metavar="CUT", default="", help="the cut (default: the recommended one)"
    )
    add_options(parser, StudySettings, only={"store"})


def run(options: Namespace) -> None:
    """Try the photos; a `UserError` at the end for those that are none."""
    if bool(options.photos) == options.listen:
        got = "both" if options.listen else "neither"
        raise UserError(f"try: expected photos or --listen, got {got}; give one of them")
    study = load_studies(options).get(options.study, StudySettings())
    from diamond_cutter.precompute.study.trial.photo_trial import PhotoTrial

    def load() -> PhotoTrial:
        store = options.store or study.store
        return PhotoTrial(store, options.study, options.model, options.cut)

    trial = load()
    folder = Path(options.output) if options.output else None
    if options.listen:
        _say({"ready": True, **_about(trial)})
        _listen(trial, load, folder, sys.stdin)
        return
    tried = [_answer(trial, photo, folder) for photo in options.photos]
    if options.json:
        print(json.dumps({**_about(trial), "photos": tried}, indent=2))  # noqa: T201
    else:
        Console().print(_table(tried))
        print(f"By {trial.model} at {trial.cut}, of the study {trial.study}")  # noqa: T201
    problems = [each["error"] for each in tried if "error" in each]
    for problem in problems[:-1]:
        print(f"diamond: {problem}", file=sys.stderr)  # noqa: T201
    if problems:
        raise UserError(problems[-1])


def _listen(
    trial: "PhotoTrial",
    load: "Callable[[], PhotoTrial]",
    folder: Path | None,
    lines: Iterable[str],
) -> None:
    """Answer each line with one, whatever it holds, until there are no more.

    `load`: what loads the study again, where it was made anew.
    """
    for line in lines:
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
        except ValueError:
            asked = None
        if not isinstance(asked, dict) or not isinstance(asked.get("photo"), str):
            _say({"error": f'expected a line {{"photo": PATH}}, got {line.strip()[:80]!r}'})
            continue
        named = {"id": asked["id"]} if "id" in asked else {}
        try:
            trial = trial if trial.is_current() else load()
        except UserError as error:
            _say({**named, "photo": asked["photo"], "error": " ".join(str(error).split())})
            continue
        _say({**named, **_answer(trial, asked["photo"], folder)})


def _answer(trial: "PhotoTrial", photo: str, folder: Path | None) -> dict[str, Any]:
    """What is said of a photo, or what is wrong with it."""
    from diamond_cutter.precompute.study.trial.trial_files import photo_document

    started = time.monotonic()
    try:
        document = photo_document(trial, photo, trial.ask(Path(photo)), folder)
    except UserError as error:
        return {"photo": photo, "error": " ".join(str(error).split())}
    return {**document, "seconds": round(time.monotonic() - started, 3)}


def _about(trial: "PhotoTrial") -> dict[str, Any]:
    return {
        "study": trial.study,
        "model": trial.model,
        "cut": trial.cut,
        "classes": trial.classes,
        "layers": trial.layers,
    }


def _say(document: dict[str, Any]) -> None:
    print(json.dumps(document), flush=True)  # noqa: T201


def _table(tried: list[dict[str, Any]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("photo", "class"):
        table.add_column(column, overflow="fold")
    table.add_column("probability", justify="right")
    table.add_column("by channels of the cut", overflow="fold")
    for each in tried:
        if "error" not in each:
            told = ", ".join(
                f"{channel['channel']} ({channel['contribution']:+.2f})"
                for channel in each["channels"][:SHOWN]
            )
            share = f"{100 * each['probability']:.1f} %"
            names = (Text(printable(each[name])) for name in ("photo", "class"))
            table.add_row(*names, share, told)
    return table
