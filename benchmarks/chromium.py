"""What the benchmarks that look at pages share: a browser, and a site that is served."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from diamond_cutter.web.local_server import create_app


class Quiet(WSGIRequestHandler):
    """Tells of no request."""

    def log(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium that CHROMIUM names, or the first on PATH, without a window."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell")
    path = named or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address at which the site in a folder is served, while it is needed."""
    server = make_server("127.0.0.1", 0, create_app(site), threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
