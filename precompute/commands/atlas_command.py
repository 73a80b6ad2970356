"""`diamond atlas`: render what is missing in the atlas."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from diamond_cutter.command.configuration import add_options, load, load_studies
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings, StudySettings

if TYPE_CHECKING:
    from diamond_cutter.precompute.atlas.used_channels import Used

BEST = "standard"
"""The recipe that channels which a study uses come to in the end."""


def configure(parser: ArgumentParser) -> None:
    """Every setting of [atlas] as an option."""
    add_options(parser, AtlasSettings)
    parser.add_argument(
        "--for",
        dest="study",
        metavar="STUDY",
        help="a study [study.NAME]: the channels that its photos use most are rendered, those of "
        "all layers that it shows, and then better, as recipe standard has them; with a budget the "
        "rest of its models comes, too: all at preview, then what is used better, then the rest",
    )
    parser.epilog = (
        "Stop it whenever you like: the same command goes on from there. With --scheduler, the "
        "scheduler and its workers need this package installed, and the workers one thread each "
        "and a --store, --photos and --cache that all of them reach."
    )


def run(options: Namespace) -> None:
    """Render, and say what is there now."""
    from diamond_cutter.precompute.atlas.channel_selection import check_option

    settings = load(AtlasSettings, options)
    check_option(options.channels)
    if options.study is None:
        _render(settings, None)
        return
    from diamond_cutter.precompute.atlas.used_channels import find_used

    study = load_studies(options).get(options.study, StudySettings())
    used = find_used(study.store, options.study)
    if not settings.photos and options.photos is None:
        settings = replace(settings, photos=study.dataset, cache=study.cache)
    _render(settings, used)
    if not settings.budget and settings.recipe != BEST:
        _render(replace(settings, recipe=BEST), used)


def _render(settings: AtlasSettings, used: "Used | None") -> None:
    from diamond_cutter.precompute.atlas.atlas_run import render_atlas

    summary = render_atlas(settings, used=used)
    print(summary.describe())  # noqa: T201
    if summary.failures:
        first = summary.failures[0]
        raise UserError(
            f"{len(summary.failures)} chunks failed, the first of them {first.where}: "
            f"{first.error}; the same command tries them again, and {summary.log} tells more"
        )
