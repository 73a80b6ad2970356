"""`diamond serve`: look at the site, on this machine only."""

import logging
import socket
from argparse import ArgumentParser, Namespace
from pathlib import Path

from werkzeug.serving import make_server

from diamond_cutter.command.configuration import add_options, load
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import SiteSettings
from diamond_cutter.web.local_server import create_app

HOST = "127.0.0.1"
PORT = 8000


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    add_options(parser, SiteSettings, only=("output",))
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"the port; 0: any free one (default: {PORT})"
    )


def run(options: Namespace) -> None:
    """Serve the site until interrupted."""
    folder = Path(load(SiteSettings, options).output)
    if not (folder / "index.html").is_file():
        raise UserError(
            f"{folder}: expected a site, got no index.html there; run `diamond site` first"
        )
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request says nothing here
    with bind(options.port) as listener:
        port = listener.getsockname()[1]
        server = make_server(HOST, port, create_app(folder), threaded=True, fd=listener.fileno())
        print(f"http://{HOST}:{port}/ shows {folder}; Ctrl-C ends it", flush=True)  # noqa: T201
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            server.server_close()


def bind(port: int) -> socket.socket:
    """A socket on this machine alone, listening on `port`, or on any free one for 0."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise UserError(
            f"--port: expected a free port, got {port} ({error}); name another, or 0 for any"
        ) from error
    return listener
