"""The page of the site's data, and its scripts as somebody else would run them."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from diamond_cutter.web.local_server import create_app

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


def serve(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def foreign() -> Iterator[str]:
    """Where a page of another site is served."""
    yield from serve(Response("<!doctype html><title>elsewhere</title>", mimetype="text/html"))


@pytest.fixture(scope="module")
def shared(small_site: Path) -> Iterator[str]:
    """Where the small site is served to pages of any site."""
    yield from serve(create_app(small_site, any_origin=True))


def best(address: str, score_of: Callable[[int], float]) -> list[str]:
    """What the scripts are to print: the five channels with a picture and the highest score."""
    layers = (("stem", set(range(20)) - {3, 7, 11, 19}), ("block1", set(range(300))))
    known = [(score_of(channel), layer, channel) for layer, has in layers for channel in has]
    return [
        f"{layer} {channel} {score:g} {address}models/tiny-net/{layer}/{channel}/channel.jpg"
        for score, layer, channel in sorted(known, reverse=True)[:5]
    ]


def script(page: Page, name: str) -> str:
    text = page.locator(f"#{name}").inner_text()
    assert len(text.strip().splitlines()) <= 10
    return text


def run(page: Page, module: str) -> list[str]:
    """What a module prints to the console of a page, or why it ended."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(error.message))
    page.evaluate(
        "text => { const made = document.createElement('script'); made.type = 'module';"
        " made.textContent = text + '\\nconsole.log(\"done\")'; document.body.append(made) }",
        module,
    )
    page.wait_for_event("console", lambda message: message.text == "done", timeout=20_000)
    return said


def test_the_script_in_python_prints_the_best_channels(
    address: str, open_page: OpenPage, score_of: Callable[[int], float]
) -> None:
    text = script(open_page(f"{address}data/"), "python")
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == best(address, score_of)


def test_the_script_in_javascript_runs_in_a_page_of_another_site(
    shared: str,
    foreign: str,
    open_page: OpenPage,
    browser: Browser,
    score_of: Callable[[int], float],
) -> None:
    text = script(open_page(f"{shared}data/"), "javascript")
    page = browser.new_page()
    page.goto(foreign)
    assert run(page, text) == [*best(shared, score_of), "done"]
    page.close()


def test_a_page_of_another_site_reads_nothing_that_is_served_for_this_machine(
    address: str, foreign: str, browser: Browser
) -> None:
    page = browser.new_page()
    page.goto(foreign)
    asked = f"fetch('{address}index.json').then(() => 'read', () => 'refused')"
    assert page.evaluate(asked) == "refused"
    page.close()


def test_from_home_to_a_document_and_its_schema_without_a_script(
    any_address: str, open_page: OpenPage
) -> None:
    page = open_page(any_address, java_script_enabled=False)
    page.get_by_role("link", name="The data of all pages").click()
    expect(page).to_have_url(f"{any_address}data/")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="tiny-net"))
    expect(row).to_contain_text("325")
    for link in (
        row.get_by_role("link", name="channels.jsonl"),
        page.get_by_role("link", name="channel", exact=True),
    ):
        assert page.request.get(f"{any_address}data/{link.get_attribute('href')}").ok
    page.goto(f"{any_address}models/tiny-net/block1/7/")
    href = page.get_by_role("link", name="line 8 of channels.jsonl").get_attribute("href")
    lines = page.request.get(f"{any_address}models/tiny-net/block1/7/{href}").text().splitlines()
    assert '"page":"models/tiny-net/block1/7/"' in lines[7]
