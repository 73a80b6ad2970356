"""`diamond predict FILE_OR_STUDY PHOTOS`: the classes of new photos."""

import json
from argparse import ArgumentParser, Namespace
from contextlib import nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from diamond_cutter.command.configuration import add_options, add_settings, given, load_studies
from diamond_cutter.command.settings import DatasetSettings, ModelSettings, StudySettings
from diamond_cutter.precompute.photos.report_text import printable

if TYPE_CHECKING:
    from diamond_cutter.precompute.study.prediction.photo_prediction import Prediction

SHOWN = 20
"""Photos that are printed; a file or JSON has all."""

_READING = {item.name for item in fields(DatasetSettings)} - {"dataset", "groups"}


def configure(parser: ArgumentParser) -> None:
    """By what, which photos, and where to."""
    parser.add_argument(
        "classifier",
        metavar="FILE_OR_STUDY",
        help="what `diamond export` wrote, a study, or the file of a network of your own",
    )
    parser.add_argument(
        "photos",
        metavar="PHOTOS",
        help="a photo, a folder, an archive, a CSV, or any address; with labels or without",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="a CSV with all predictions")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--model", metavar="MODEL", default="", help="of a study: the backbone")
    parser.add_argument(
        "--cut", metavar="CUT", default="", help="of a study: the cut (default: the recommended)"
    )
    add_options(parser, StudySettings, only={"store", "cache"})
    add_settings(parser, DatasetSettings, only=_READING - {"near_duplicates"})
    add_settings(parser, ModelSettings, only={"preprocessing"})
    parser.add_argument(
        "--classes",
        metavar="FILE",
        default="",
        help="of a network of your own: a text file with the names of its classes, one a line",
    )


def run(options: Namespace) -> None:
    """Classify the photos; print or write what they are taken for."""
    study = load_studies(options).get(options.classifier, StudySettings())
    from diamond_cutter.precompute.study.prediction.photo_classifier import open_classifier
    from diamond_cutter.precompute.study.prediction.photo_prediction import predict
    from diamond_cutter.precompute.study.prediction.prediction_file import open_predictions
    from diamond_cutter.precompute.study.prediction.prediction_text import (
        confusion_table,
        describe,
        document,
    )

    network = ModelSettings(preprocessing=options.preprocessing or "", labels=options.classes)
    classifier = open_classifier(
        options.classifier, options.store or study.store, options.model, options.cut, network
    )
    shown: list[Prediction] = []
    output = Path(options.output) if options.output else None
    with open_predictions(output, classifier.classes) if output else nullcontext() as write:

        def tell(made: "Prediction") -> None:
            if write is not None:
                write(made)
            if options.json or len(shown) < SHOWN:
                shown.append(made)

        settings = replace(given(DatasetSettings, options), dataset=options.photos)
        cache = Path(options.cache or study.cache)
        predicted = predict(classifier, settings, cache, tell)
    if options.json:
        photos = [_row(made, classifier.classes) for made in shown]
        told = document(classifier.name, predicted, classifier.classes, photos)
        print(json.dumps(told, indent=2))  # noqa: T201
        return
    console = Console()
    if output is None:
        console.print(_table(shown, classifier.classes))
        if len(predicted.report.photos) > len(shown):
            print(f"and {len(predicted.report.photos) - len(shown):,} more: -o FILE.csv has all")  # noqa: T201
        print()  # noqa: T201
    print(f"By {classifier.name}:", *describe(predicted, classifier.classes), sep="\n")  # noqa: T201
    if predicted.confusion.any():
        console.print(confusion_table(predicted.confusion, classifier.classes))
    if output is not None:
        print(f"{output}: all predictions")  # noqa: T201


def _row(made: "Prediction", classes: tuple[str, ...]) -> dict[str, Any]:
    shares = [float(value) for value in made.probability]
    best = shares.index(max(shares))
    return {
        "path": made.path,
        "label": made.label,
        "class": classes[best],
        "probability": shares[best],
        "probabilities": shares,
    }


def _table(shown: "list[Prediction]", classes: tuple[str, ...]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("photo", "class"):
        table.add_column(column, overflow="fold")
    table.add_column("probability", justify="right")
    for made in shown:
        best = int(made.probability.argmax())
        share = f"{100 * made.probability[best]:.1f} %"
        table.add_row(Text(printable(made.path)), Text(printable(classes[best])), share)
    return table
