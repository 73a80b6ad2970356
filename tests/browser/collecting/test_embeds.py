"""Channels, photos and maps in the pages of others."""

import re
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
Foreign = Callable[[str], str]

CHANNEL = "models/tiny-net/block1/41/"
PHOTO = "studies/pets/photos/7/"
PICTURES = {CHANNEL: ".large img", PHOTO: "photo-map svg"}


@pytest.fixture
def foreign() -> Iterator[Foreign]:
    """Serves a page of others that holds some code; gives its address, which is another origin."""
    bodies: list[str] = []

    def answer(_request: Request) -> Response:
        html = f"<!doctype html><meta name=color-scheme content='light dark'>{bodies[-1]}"
        return Response(html, content_type="text/html")

    server = make_server("127.0.0.1", 0, Request.application(answer), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def put(code: str) -> str:
        bodies.append(code)
        return f"http://localhost:{server.port}/"

    yield put
    server.shutdown()
    thread.join()
    server.server_close()


def code_of(page: Page) -> str:
    page.get_by_text("Embed", exact=True).click()
    code = page.locator(".embed textarea")
    expect(code).not_to_have_value("")
    return code.input_value()


@pytest.mark.parametrize("path", PICTURES)
@pytest.mark.parametrize("width", [240, 700, 1600])
def test_a_page_is_embedded_in_a_page_of_others(
    address: str, open_page: OpenPage, foreign: Foreign, browser: Browser, path: str, width: int
) -> None:
    code = code_of(open_page(address + path))
    assert code.startswith("<iframe ")
    assert f'src="{address}{path}#embed"' in code
    context = browser.new_context(viewport={"width": width + 16, "height": 900})
    context.add_init_script(
        "for (const name of ['getItem', 'setItem']) Storage.prototype[name] = "
        "() => { throw Error('looked at what the browser keeps'); };"
    )
    page = context.new_page()
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", lambda message: failed.append(message.text))
    backgrounds = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(foreign(code))
        frame = page.frame_locator("iframe")
        expect(frame.locator(PICTURES[path]).first).to_be_visible()
        expect(frame.locator(".bottom")).to_be_hidden()
        expect(frame.get_by_role("button")).to_have_count(0)
        inner = page.frames[1]
        fits = "document.documentElement.scrollWidth <= innerWidth"
        assert inner.evaluate(fits)
        assert inner.evaluate("innerWidth") == width
        box = frame.locator(PICTURES[path]).first.bounding_box()
        assert box is not None
        assert box["width"] > 0.8 * min(width, 700)
        backgrounds.append(
            inner.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        )
        link = frame.get_by_role("link")
        expect(link).to_have_attribute("rel", "noopener")
    assert len(set(backgrounds)) == 2
    with context.expect_page() as opened:
        link.click()
    expect(opened.value).to_have_url(address + path)
    expect(opened.value.locator(".bottom")).to_be_visible()
    assert failed == []
    assert context.cookies() == []
    context.close()


def test_an_embedded_channel_needs_no_script(
    address: str, browser: Browser, foreign: Foreign
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(foreign(f'<iframe src="{address}{CHANNEL}#embed"></iframe>'))
    frame = page.frame_locator("iframe")
    expect(frame.locator(".large img")).to_be_visible()
    expect(frame.get_by_role("link")).to_have_count(1)
    expect(frame.get_by_role("link")).to_have_text(re.compile("^Channel 41 of block1"))
    context.close()


def test_a_map_is_embedded_as_it_is_seen(
    mapped_address: str, open_page: OpenPage, foreign: Foreign, browser: Browser
) -> None:
    page = open_page(f"{mapped_address}studies/pets/map/")
    page.locator(".maps a").first.click()
    page.locator("a[data-view]").first.click()
    expect(page).to_have_url(re.compile(r"\?cell="))
    view = page.url
    code = code_of(page)
    assert f"{view}#embed" in code
    context = browser.new_context(viewport={"width": 400, "height": 700})
    outside = context.new_page()
    outside.goto(foreign(code))
    frame = outside.frame_locator("iframe")
    expect(frame.locator("#outcome")).to_contain_text("Row ")
    box, window = (
        outside.locator("iframe").bounding_box(),
        frame.locator("#viewport").bounding_box(),
    )
    assert box
    assert window
    assert window["height"] > 0.6 * box["height"]
    assert window["width"] == pytest.approx(box["width"], abs=2)
    frame.locator("#viewport").click(position={"x": 60, "y": 60})
    expect(frame.locator(".bottom")).to_be_hidden()  # as embedded as before
    context.close()
