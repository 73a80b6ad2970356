"""A built site, opened and searched in Chromium: seconds, requests and bytes of each page.

    .venv/bin/python benchmarks/site_in_browser.py SITE

Each page is opened in a browser that knows nothing yet: home, all models, and of the first, the
middle and the last network its page, the grid of its middle layer and the page of a channel; the
whole of a page is scrolled through. Then its search field is asked for a network, for a channel by
layer and number, and for what there is not. It holds if nothing is missing and no script complains.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from chromium import chromium, served
from playwright.sync_api import Browser, Page, Response

SCROLL = """async () => {
  for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight) {
    scrollTo(0, top);
    await new Promise(requestAnimationFrame);
  }
}"""


class Visit:
    """A page in a browser that knows nothing yet, with what it loads and what goes wrong."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._context = browser.new_context()
        self.page: Page = self._context.new_page()
        self.answers: list[Response] = []
        self.problems: list[str] = []
        self.page.on("response", lambda answer: self.answers.append(answer))
        self.page.on("requestfailed", lambda request: self.problems.append(request.url))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        start = time.perf_counter()
        self.page.goto(address, wait_until="load")
        self.seconds = time.perf_counter() - start

    def end(self, what: str, seconds: float) -> list[str]:
        """Say what it took; what went wrong."""
        self.page.wait_for_load_state("networkidle")
        refused = [answer for answer in self.answers if answer.status >= 400]
        self.problems += [f"{answer.status} {answer.url}" for answer in refused]
        size = sum(len(answer.body()) for answer in self.answers)
        self._context.close()
        told = f"{seconds:.2f} s, {len(self.answers)} requests, {size / 1e3:,.0f} kB"
        print(f"{what}: {told}", *self.problems, flush=True)
        return self.problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="the folder of a site, as `diamond site` writes it")
    site = parser.parse_args().site
    models = json.loads((site / "index.json").read_bytes())["models"]
    problems = []
    with served(site) as root, chromium() as browser:
        for path in paths(models):
            visit = Visit(browser, root + path)
            visit.page.evaluate(SCROLL)
            problems += visit.end(f"/{path}", visit.seconds)
        for text, is_there in questions(models):
            problems += ask(browser, root, text, is_there=is_there)
    return 1 if problems else 0


def paths(models: list[dict[str, Any]]) -> list[str]:
    chosen = {index: models[index] for index in (0, len(models) // 2, len(models) - 1)}
    found = ["", "models/"]
    for model in chosen.values():
        shown = [layer for layer in model["layers"] if layer["page"]]
        layer = shown[len(shown) // 2]
        found += [model["page"], layer["page"], f"{layer['page']}{layer['channels'] - 1}/"]
    return found


def questions(models: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    """What is asked, and whether there is such a thing."""
    last = models[-1]
    layer = last["layers"][-1]
    return [
        (last["name"], True),
        (f"{last['name']} {layer['name']} {layer['channels'] - 1}", True),
        ("xyzzy", False),
    ]


def ask(browser: Browser, root: str, text: str, *, is_there: bool) -> list[str]:
    """What goes wrong where the search field of the first page is asked."""
    visit = Visit(browser, root)
    visit.page.wait_for_load_state("networkidle")
    visit.answers.clear()
    visit.page.keyboard.press("/")
    start = time.perf_counter()
    visit.page.keyboard.insert_text(text)
    visit.page.locator(".search [role=status]:not(:empty)").wait_for()
    seconds = time.perf_counter() - start
    found = visit.page.get_by_role("option").count()
    if bool(found) != is_there:
        visit.problems.append(f"{found} found")
    return visit.end(f"search {text!r}: {found} found", seconds)


if __name__ == "__main__":
    sys.exit(main())
