"""Chromium, the small site served, and pages that fail the test for what must never happen."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from sample_attribution import write_attribution
from sample_study import SMALL, write_study
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from diamond_cutter.build.publish.site_manifest import is_picture
from diamond_cutter.build.whole_site import build_site
from diamond_cutter.web.local_server import create_app

LONG = tuple(
    f"{number:05}_Animalia_Arthropoda_Insecta_Lepidoptera_Nymphalidae_Genusname_".ljust(95, "x")
    for number in range(40)
)
OpenPage = Callable[..., Page]
CheckPage = Callable[[Page], None]
Violations = Callable[[Page], list[tuple[str, str]]]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],  # of what passes no list is made
}
REQUIRE = "DIAMOND_REQUIRE_BROWSER"
ABSENT = (
    "no Chromium: expected it on PATH or named by CHROMIUM; the browser tests did not run. "
    f"With {REQUIRE}=1 this is a failure."
)


def chromium() -> str | None:
    """The engine without a window is looked for first: a page takes a tenth of the time to open."""
    named = os.environ.get("CHROMIUM")
    found_in = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
    names = [named] if named else found_in
    return next((found for name in names if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None and os.environ.get(REQUIRE):
        pytest.fail(ABSENT)
    if path is None:
        pytest.skip(ABSENT)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


def serve(site: Path, mount: str) -> Iterator[str]:
    app: Any = create_app(site)
    if mount:
        app = DispatcherMiddleware(NotFound(), {mount: app})
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}{mount}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def serve_site() -> Iterator[Callable[[Path], str]]:
    """Serves a site that a test has built; says where."""
    with ExitStack() as stack:
        yield lambda site: stack.enter_context(contextmanager(serve)(site, ""))


@pytest.fixture(scope="session")
def address(small_site: Path) -> Iterator[str]:
    """Where the small site is served."""
    yield from serve(small_site, "")


@pytest.fixture(scope="session")
def mapped_address(mapped_site: Path) -> Iterator[str]:
    """Where the site of the study with maps is served."""
    yield from serve(mapped_site, "")


@pytest.fixture(scope="session")
def likeness_address(likeness_site: Path) -> Iterator[str]:
    """Where the site of three models is served, two of them measured on the same photos."""
    yield from serve(likeness_site, "")


@pytest.fixture(scope="session")
def networks_address(networks_site: Path) -> Iterator[str]:
    """Where the site of networks by themselves is served."""
    yield from serve(networks_site, "")


@pytest.fixture(scope="session")
def long_names(once: Callable[[str, Callable[[Path], None]], Path]) -> Iterator[str]:
    """Where a study is served whose classes have names of 95 characters."""

    def make(folder: Path) -> None:
        made = replace(SMALL, classes=LONG, photos=120, mislabelled=())
        address = str(folder / "study.zarr")
        write_study(address, made)
        write_attribution(address, made)
        build_site("", [address], folder / "site", "", lambda *_: None)

    yield from serve(once("long", make) / "site", "")


@pytest.fixture(scope="session", params=["", "/some/where"], ids=["root", "sub-path"])
def any_address(small_site: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the small site is served: at the root of a host, and below a path."""
    yield from serve(small_site, request.param)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens an address in a fresh context; takes the options of Playwright's `new_context`.

    In the end, the test fails for an error in the console (a violated policy is one), an
    exception, an answer of 400 or more that was not foretold, or a request to another host, except
    for pictures where `pictures` is their address.
    """
    contexts = []
    problems: list[str] = []

    def open_one(
        address: str, *, foretold: tuple[str, ...] = (), pictures: str = "", **options: Any
    ) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        host = urlsplit(address).netloc
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"exception: {error}"))

        def on_console(message: Any) -> None:
            known = any(path in message.location.get("url", "") for path in foretold)
            if message.type in ("error", "warning") and not known:
                problems.append(f"console: {message.text}")

        def on_request(request: Any) -> None:
            is_theirs = bool(pictures) and request.url.startswith(pictures)
            if urlsplit(request.url).netloc != host and not (is_theirs and is_picture(request.url)):
                problems.append(f"request to {request.url}")

        def on_response(response: Any) -> None:
            if response.status >= 400 and not any(path in response.url for path in foretold):
                problems.append(f"{response.status} for {response.url}")

        page.on("console", on_console)
        page.on("request", on_request)
        page.on("response", on_response)
        page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture(scope="session")
def violations() -> Violations:
    """Finds what a page does wrong by WCAG 2.2 AA and good practice: rules, and where first."""

    def find(page: Page) -> list[tuple[str, str]]:
        found = Axe().run(page, options=RULES).response["violations"]
        return [(each["id"], each["nodes"][0]["html"]) for each in found]

    return find


@pytest.fixture(scope="session")
def check_page(violations: Violations) -> CheckPage:
    """Holds that Axe finds nothing, and nothing is wider than the window.

    Narrow and wide, light and dark, all unfolded.
    """

    def check(page: Page) -> None:
        for details in page.locator("summary").all():
            if details.is_visible():  # in what is embedded, none is
                details.click()
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                assert violations(page) == [], f"{width} {scheme}"

    return check
