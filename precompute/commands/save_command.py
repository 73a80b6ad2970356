"""`diamond save MODEL [CUT] -o FILE`: a backbone, or its part up to a cut, for Keras or Lucid."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from diamond_cutter.command.configuration import add_options


def configure(parser: ArgumentParser) -> None:
    """Which network, up to where, and where to."""
    parser.add_argument("model", metavar="MODEL", help="a name that `diamond models` lists")
    parser.add_argument(
        "cut", metavar="CUT", nargs="?", help="a layer that `diamond layers` lists; none: all of it"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="FILE.keras, FILE.modelzoo or FILE.pb"
    )
    add_options(parser)


def run(options: Namespace) -> None:
    """Write the file, and say how it is used."""
    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.backbones.formats.model_export import write_backbone

    path = Path(options.output)
    write_backbone(catalogue.load(options.model), options.cut, path)
    how = {
        ".keras": "keras.models.load_model reads it, and it takes RGB 0..1",
        ".pb": "Lucid's Model.load reads it",
        ".modelzoo": "Lucid's Model.load reads it (without import_lucid, renamed to .pb)",
    }
    print(f"{path}: {options.model}, {options.cut or 'all of it'}; {how[path.suffix]}")  # noqa: T201
