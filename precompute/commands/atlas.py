"""`diamond atlas`: render what is missing in the atlas."""

from argparse import ArgumentParser, Namespace

from diamond_cutter.command.configuration import add_options, load
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings


def configure(parser: ArgumentParser) -> None:
    """Every setting of [atlas] as an option."""
    add_options(parser, AtlasSettings)
    parser.epilog = (
        "Stop it whenever you like: the same command goes on from there. With --scheduler, the "
        "scheduler and its workers need this package installed, and the workers one thread each "
        "and a --store that all of them reach."
    )


def run(options: Namespace) -> None:
    """Render, and say what is there now."""
    from diamond_cutter.precompute.atlas.run import render_atlas

    summary = render_atlas(load(AtlasSettings, options))
    print(summary.describe())  # noqa: T201
    if summary.failures:
        first = summary.failures[0]
        raise UserError(
            f"{len(summary.failures)} chunks failed, the first of them {first.where}: "
            f"{first.error}; the same command tries them again, and {summary.log} tells more"
        )
