"""Where the servers listen: on this machine alone, unless told otherwise."""

import logging
import socket

from flask import Flask
from werkzeug.serving import make_server

from diamond_cutter.command.errors import UserError

LOOPBACK = "127.0.0.1"


def bind(port: int, host: str = LOOPBACK) -> socket.socket:
    """A socket of an address of this machine, listening on `port`, or on any free one for 0.

    Raises `UserError` where that can't be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise UserError(
            f"--host: expected an address of this machine, got {host!r} ({error}); name another"
        ) from error
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address[0], port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise UserError(
            f"--port: expected a free port, got {port} ({error}); name another, or 0 for any"
        ) from error
    return listener


def serve(app: Flask, listener: socket.socket, host: str = LOOPBACK) -> None:
    """Answer what comes to a socket of `host` until interrupted."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request says nothing here
    port = listener.getsockname()[1]
    server = make_server(host, port, app, threaded=True, fd=listener.fileno())
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
