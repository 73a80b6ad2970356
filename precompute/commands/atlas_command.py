"""`diamond atlas`: render what is missing in the atlas."""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, replace
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
    parser.add_argument(
        "--plan",
        action="store_true",
        help="make nothing, and say how many pictures would be made, and how long that takes on "
        "this machine",
    )
    parser.add_argument("--json", action="store_true", help="with --plan: print one JSON document")
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
    if options.json and not options.plan:
        raise UserError("--json: expected --plan with it, got none; leave it out, or add --plan")
    if options.study is None:
        if options.plan:
            _tell(options, settings, [settings.recipe], None, None)
        else:
            _render(settings, None, None)
        return
    from diamond_cutter.precompute.atlas.used_channels import find_used

    study = load_studies(options).get(options.study, StudySettings())
    used = find_used(study.store, options.study)
    theirs = None
    if not settings.photos and options.photos is None:
        settings, theirs = replace(settings, photos=study.dataset, cache=study.cache), study
    recipes = [settings.recipe]
    if not settings.budget and settings.recipe != BEST:
        recipes.append(BEST)
    if options.plan:
        _tell(options, settings, recipes, used, theirs)
        return
    for recipe in recipes:
        _render(replace(settings, recipe=recipe), used, theirs)


def _tell(
    options: Namespace,
    settings: AtlasSettings,
    recipes: list[str],
    used: "Used | None",
    study: StudySettings | None,
) -> None:
    from diamond_cutter.precompute.atlas.atlas_forecast import forecast_atlas
    from diamond_cutter.precompute.atlas.atlas_run import load_backbone
    from diamond_cutter.precompute.jobs.display import duration

    forecast = forecast_atlas(settings, recipes, load_backbone, used, study)
    if options.json:
        print(json.dumps(asdict(forecast), indent=2))  # noqa: T201
        return
    print(  # noqa: T201
        f"{forecast.pictures:,} pictures would be made, {forecast.there:,} are there. "
        "Nothing was rendered."
    )
    told = [f"{each.step} {duration(each.seconds)}" for each in forecast.steps if each.seconds]
    print(f"About {duration(forecast.seconds)}{': ' if told else ''}{', '.join(told)}")  # noqa: T201
    print(f"On disk: about {max(forecast.disk_bytes / 1e6, 1):,.0f} MB at most")  # noqa: T201


def _render(settings: AtlasSettings, used: "Used | None", study: StudySettings | None) -> None:
    from diamond_cutter.precompute.atlas.atlas_run import render_atlas

    summary = render_atlas(settings, used=used, study=study)
    print(summary.describe())  # noqa: T201
    if summary.failures:
        first = summary.failures[0]
        raise UserError(
            f"{len(summary.failures)} chunks failed, the first of them {first.where}: "
            f"{first.error}; the same command tries them again, and {summary.log} tells more"
        )
