"""What the benchmarks that look at pages share: a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium that CHROMIUM names, or the first on PATH, without a window."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell")
    path = named or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
