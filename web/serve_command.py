"""`diamond serve`: look at the site, on this machine only."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from diamond_cutter.command.configuration import add_options, load
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import SiteSettings
from diamond_cutter.web.listening_socket import LOOPBACK, bind, serve
from diamond_cutter.web.local_server import create_app

PORT = 8000


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    add_options(parser, SiteSettings, only=("output",))
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"the port; 0: any free one (default: {PORT})"
    )
    parser.add_argument(
        "--any-origin",
        action="store_true",
        help="let scripts of other sites' pages, open in a browser here, read what is served",
    )


def run(options: Namespace) -> None:
    """Serve the site until interrupted."""
    folder = Path(load(SiteSettings, options).output)
    if not (folder / "index.html").is_file():
        raise UserError(
            f"{folder}: expected a site, got no index.html there; run `diamond site` first"
        )
    with bind(options.port) as listener:
        port = listener.getsockname()[1]
        print(f"http://{LOOPBACK}:{port}/ shows {folder}; Ctrl-C ends it", flush=True)  # noqa: T201
        serve(create_app(folder, any_origin=options.any_origin), listener)
