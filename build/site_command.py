"""`diamond site`: write the site."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from diamond_cutter.build.publish.build_progress import Progress
from diamond_cutter.build.whole_site import build_site
from diamond_cutter.command.configuration import add_options, load, load_studies
from diamond_cutter.command.settings import AtlasSettings, SiteSettings
from diamond_cutter.precompute.stores.format_version import is_there


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    add_options(parser, AtlasSettings, SiteSettings, only=("store", "output", "address", "studies"))


def run(options: Namespace) -> None:
    """Write the site, and say where it is."""
    settings = load(SiteSettings, options)
    atlas, studies = _stores(options, settings)
    with Progress(sys.stderr) as progress:
        built = build_site(atlas, studies, Path(settings.output), settings.address, progress.report)
    given = "" if options.output is None else f" --output {settings.output}"
    print(  # noqa: T201
        f"{settings.output}: {built.pages:,} pages, {built.files:,} files, "
        f"{built.size / 1e6:.1f} MB; {built.changed:,} files are new or changed. "
        f"To look at it: diamond serve{given}"
    )


def _stores(options: Namespace, settings: SiteSettings) -> tuple[str, list[str]]:
    """The addresses of the atlas, empty where there is none, and of the studies.

    What was named for the site has to be there; what only is where it would be made need not,
    unless there would be nothing at all.
    """
    atlas = load(AtlasSettings, options).store
    studies = list(settings.studies)
    if not studies:
        made = dict.fromkeys(study.store for study in load_studies(options).values())
        studies = [store for store in made if is_there(store)]
    named = options.store is not None or not studies
    return (atlas if named or is_there(atlas) else ""), studies
