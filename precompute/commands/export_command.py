"""`diamond export STUDY MODEL CUT -o FILE`: a cut network with its head in one file."""

from argparse import ArgumentParser, Namespace
from textwrap import fill

from diamond_cutter.command.configuration import add_options, load_studies
from diamond_cutter.command.settings import StudySettings


def configure(parser: ArgumentParser) -> None:
    """Which cut, and where to."""
    parser.add_argument("study", metavar="STUDY", help="a study that `diamond study` has made")
    parser.add_argument("model", metavar="MODEL", help="a backbone of the study")
    parser.add_argument("cut", metavar="CUT", help="a cut of the backbone")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        required=True,
        help="FILE.keras, FILE.tflite, or a folder without suffix for a SavedModel",
    )
    add_options(parser, StudySettings, only={"store"})


def run(options: Namespace) -> None:
    """Write the file, and print how it is used."""
    study = load_studies(options).get(options.study, StudySettings())
    from diamond_cutter.precompute.study.export.study_export import export

    exported = export(
        options.store or study.store, options.study, options.model, options.cut, options.output
    )
    print(fill(exported.summary, 88, break_long_words=False), exported.example, sep="\n\n", end="")  # noqa: T201
