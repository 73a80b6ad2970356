"""`diamond site`: write the site."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from diamond_cutter.build.base_models import take_models
from diamond_cutter.build.publish.build_progress import Progress
from diamond_cutter.build.site_hosts import hosts_told
from diamond_cutter.build.whole_site import build_site
from diamond_cutter.command.configuration import add_options, load, load_studies
from diamond_cutter.command.settings import AtlasSettings, SiteSettings
from diamond_cutter.precompute.stores.format_version import is_there

OPTIONS = ("store", "base", "output", "address", "studies", "pictures", "pictures_address")


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    add_options(parser, AtlasSettings, SiteSettings, only=OPTIONS)


def run(options: Namespace) -> None:
    """Write the site, and say where it is."""
    settings, rendered = load(SiteSettings, options), load(AtlasSettings, options)
    studies = _studies(options, settings)
    for line in take_models(rendered.store, rendered.base, rendered.models, studies):
        print(line, file=sys.stderr)  # noqa: T201
    # What was named for the site has to be there; what only is where it would be made need not,
    # unless there would be nothing at all.
    named = options.store is not None or not studies
    atlas = rendered.store if named or is_there(rendered.store) else ""
    with Progress(sys.stderr) as progress:
        built = build_site(
            atlas,
            studies,
            Path(settings.output),
            settings.address,
            progress.report,
            settings.pictures,
            settings.pictures_address,
        )
    for note in built.notes:
        print(f"note: {note}", file=sys.stderr)  # noqa: T201
    given = "" if options.output is None else f" --output {settings.output}"
    hosts = hosts_told(built.pictures, built.others, settings.pictures_address)
    print(  # noqa: T201
        f"{settings.output}: {built.pages:,} pages, {built.whole.files:,} files, "
        f"{built.whole.size / 1e6:.1f} MB; {built.changed:,} files are new or changed. {hosts}. "
        f"To look at it: diamond serve{given}"
    )


def _studies(options: Namespace, settings: SiteSettings) -> list[str]:
    """The addresses of the studies; of those of the tables the ones that are there."""
    if settings.studies:
        return list(settings.studies)
    made = dict.fromkeys(study.store for study in load_studies(options).values())
    return [store for store in made if is_there(store)]
