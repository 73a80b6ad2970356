"""`diamond publish ADDRESS`: a store in the form for reading, at an address that others reach."""

import sys
from argparse import ArgumentParser, Namespace

from diamond_cutter.command.configuration import add_options, load
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings


def configure(parser: ArgumentParser) -> None:
    """Which store, where to, and under which licence."""
    parser.add_argument(
        "address",
        metavar="ADDRESS",
        help="where to: a folder, or any fsspec address that takes files (s3://bucket/atlas.zarr)",
    )
    add_options(parser, AtlasSettings, only=("store",))
    parser.add_argument(
        "--licence",
        metavar="TEXT",
        default="",
        help="what others may do with it, for the manifest, like CC-BY-4.0 (default: nothing said)",
    )
    parser.epilog = (
        "--store may be a store of studies as well. Stop it whenever you like: the same command "
        "goes on from there, and sends nothing that is there and unchanged."
    )


def run(options: Namespace) -> None:
    """Publish, and say what is there now."""
    from diamond_cutter.precompute.stores.published.store_publication import publish_store
    from diamond_cutter.precompute.stores.store_address import local_folder
    from diamond_cutter.precompute.stores.store_opening import open_store

    store, address = load(AtlasSettings, options).store, options.address
    try:
        source = open_store(store, "r")
    except FileNotFoundError as error:
        raise UserError(
            f"no store at {store}: expected an atlas or studies; name one with --store"
        ) from error
    if local_folder(store) is not None and local_folder(store) == local_folder(address):
        raise UserError(f"{address}: expected another address than that of the store; name another")
    published = publish_store(source, address, options.licence, _shown)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)  # noqa: T201
    objects = len(published.manifest.objects)
    licence = options.licence or "none said (--licence)"
    print(  # noqa: T201
        f"{address}: {objects:,} objects, {published.size / 1e6:,.1f} MB; "
        f"{published.sent:,} of them sent, {published.sent_bytes / 1e6:,.1f} MB; "
        f"licence: {licence}"
    )


def _shown(path: str, sent: int) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{sent / 1e6:,.1f} MB sent; {path}"[:100], end="", file=sys.stderr)  # noqa: T201
