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
        "-o", "--output", metavar="FILE", required=True, help="FILE.keras or FILE.modelzoo"
    )
    add_options(parser)


def run(options: Namespace) -> None:
    """Write the file, and say how it is used."""
    from diamond_cutter.precompute.backbones import catalogue
    from diamond_cutter.precompute.backbones.written import write_backbone

    path = Path(options.output)
    write_backbone(catalogue.load(options.model), options.cut, path)
    how = {
        ".keras": f'keras.models.load_model("{path}") takes RGB 0..1',
        ".modelzoo": f'Lucid reads it: Model.load_from_graphdef("{path}")',
    }
    print(f"{path}: {options.model}, {options.cut or 'all of it'}; {how[path.suffix]}")  # noqa: T201
