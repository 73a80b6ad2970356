"""`diamond site`: write the site."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from diamond_cutter.build.progress import Progress
from diamond_cutter.build.site import build_site
from diamond_cutter.command.settings import AtlasSettings, SiteSettings, add_options, load


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    add_options(parser, AtlasSettings, SiteSettings, only=("store", "output", "address"))


def run(options: Namespace) -> None:
    """Write the site, and say where it is."""
    store = load(AtlasSettings, options).store
    settings = load(SiteSettings, options)
    with Progress(sys.stderr) as progress:
        built = build_site(store, Path(settings.output), settings.address, progress.report)
    given = "" if options.output is None else f" --output {settings.output}"
    print(  # noqa: T201
        f"{settings.output}: {built.pages:,} pages, {built.files:,} files, "
        f"{built.size / 1e6:.1f} MB; {built.changed:,} files are new or changed. "
        f"To look at it: diamond serve{given}"
    )
