"""What a visitor sees: at any width, in light and dark, for everybody, without a jump."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

KINDS = {
    "home": "",
    "models": "models/?source=keras.applications&sort=gflops",
    "model": "models/tiny-net/",
    "unrendered": "models/big-net/",
    "grid": "models/tiny-net/stem/",
    "state": "models/tiny-net/block1/?sort=score&show=0-50&channel=7&size=l",
    "empty": "models/tiny-net/head/",
    "channel": "models/tiny-net/block1/41/",
    "dead": "models/tiny-net/stem/3/",
    "walk": "models/tiny-net/stem/3/?walk=head/2,block1/41",
    "weights": "models/tiny-net/block1/weights/?input=7&output=41",
    "cut": "studies/pets/far.net_2/block3/",
    "cell": "studies/pets/far.net_2/block4/?true=1&predicted=1&classes=name",
    "dataset": "studies/pets/dataset/",
    "contact": "studies/pets/photos/?outcome=wrong",
    "photo": "studies/pets/photos/7/?at=0.5,0.5&channel=3",
    "groups": "studies/pets/photos/7/?beside=far.net_2/block3/conv1&over=groups",
    "class": "studies/pets/classes/1/?against=2&node=block1/7",
    "classes": "studies/pets/classes/",
    "method": "method/",
    "study": "studies/pets/?sort=gflops",
    "missing": "nothing/",
}
NETWORKS = {
    "networks": "networks/pets/",
    "photo": "networks/pets/photos/7/?at=0.5,0.5",
    "class": "networks/pets/classes/1/",
}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],  # of what passes no list is made
}


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    address: str, open_page: OpenPage, kind: str
) -> None:
    check(open_page(address + KINDS[kind], foretold=("nothing/",)))


@pytest.mark.parametrize("kind", NETWORKS)
def test_axe_finds_nothing_on_the_pages_of_networks_either(
    networks_address: str, open_page: OpenPage, kind: str
) -> None:
    check(open_page(networks_address + NETWORKS[kind]))


def check(page: Page) -> None:
    """Axe finds nothing, and nothing is wider than the window: narrow and wide, light and dark."""
    for details in page.locator("summary").all():
        details.click()
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options=RULES)
            assert found.violations_count == 0, f"{width} {scheme}: {found.generate_report()}"


def test_axe_would_find_something(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.evaluate(
        """document.querySelector('main').insertAdjacentHTML('beforeend',
        '<nav><a href="a">a</a><a href="b">b</a></nav><button></button>')"""
    )
    found = Axe().run(page, options=RULES).response["violations"]
    assert {"target-size", "button-name"} <= {violation["id"] for violation in found}


@pytest.mark.parametrize(
    "kind",
    [
        "home",
        "models",
        "model",
        "grid",
        "empty",
        "channel",
        "walk",
        "weights",
        "cut",
        "dataset",
        "photo",
    ],
)
def test_nothing_jumps_while_a_page_loads(address: str, open_page: OpenPage, kind: str) -> None:
    page = open_page(address)
    page.add_init_script(
        "window.shifts = 0; new PerformanceObserver(list => {"
        "for (const entry of list.getEntries()) window.shifts += entry.value;"
        "}).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(address + KINDS[kind], wait_until="networkidle")
    page.mouse.wheel(0, 2000)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("shifts") == 0


@pytest.mark.parametrize("size", ["s", "m", "l"])
@pytest.mark.parametrize("scale", [1, 2])
def test_each_tile_shows_its_own_picture_and_nothing_of_its_neighbours(
    address: str,
    open_page: OpenPage,
    colour_of: Callable[[int], tuple[int, int, int]],
    size: str,
    scale: int,
) -> None:
    page = open_page(f"{address}models/tiny-net/stem/?size={size}", device_scale_factor=scale)
    expect(page.locator(".preview .facts")).to_contain_text("score")
    page.wait_for_load_state("networkidle")
    for channel in (0, 1, 15, 16, 18):
        shot = page.locator("#grid li").nth(channel).screenshot()
        pixels = np.asarray(Image.open(BytesIO(shot)).convert("RGB"), float)
        inside = pixels[2:-2, 2:-2].reshape(-1, 3)  # the outermost ones are shared with the gap
        np.testing.assert_allclose(inside.mean(0), colour_of(channel), atol=12)
        assert np.abs(inside - colour_of(channel)).max() < 60  # a neighbour would be farther off


def test_the_preview_shows_the_same_picture_large(
    address: str, open_page: OpenPage, colour_of: Callable[[int], tuple[int, int, int]]
) -> None:
    page = open_page(f"{address}models/tiny-net/stem/?channel=18")
    expect(page.locator(".preview .number")).to_have_text("Channel 18")
    page.wait_for_load_state("networkidle")
    shot = page.locator(".preview .frame").screenshot()
    pixels = np.asarray(Image.open(BytesIO(shot)).convert("RGB"), float)
    assert min(pixels.shape[:2]) >= 250
    np.testing.assert_allclose(pixels.mean((0, 1)), colour_of(18), atol=12)


def test_what_is_focused_is_seen(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}models/tiny-net/stem/")
    expect(page.locator(".preview .facts")).to_contain_text("score")
    stops = 0
    page.keyboard.press("Tab")
    while (focused := page.locator(":focus")).count():
        ring = focused.evaluate(
            """element => {
              const seen = element.matches('[type=radio]') ? element.nextElementSibling : element;
              const style = getComputedStyle(seen);
              const isTile = seen.matches('.tile');
              return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
                && (!isTile || getComputedStyle(seen, '::after').boxShadow !== 'none');
            }"""
        )
        assert ring, focused.evaluate("element => element.outerHTML")
        stops += 1
        page.keyboard.press("Tab")
    assert stops == 13


def test_pictures_far_below_are_fetched_only_when_they_come_into_view(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(address)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.rpartition("/")[2]))
    page.set_viewport_size({"width": 320, "height": 300})
    page.goto(f"{address}models/tiny-net/block1/?size=l", wait_until="networkidle")
    assert "sheet-0.webp" in fetched
    assert "sheet-1.webp" not in fetched
    with page.expect_response("**/sheet-1.webp"):
        page.locator("#grid li").last.scroll_into_view_if_needed()
    page.locator("#grid li").first.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    assert fetched.count("sheet-1.webp") == 1
    assert fetched.count("sheet-0.webp") == 1


def test_whoever_wants_no_motion_gets_none(address: str, open_page: OpenPage) -> None:
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    assert open_page(address, reduced_motion="reduce").evaluate(behaviour) == "auto"
    assert open_page(address, reduced_motion="no-preference").evaluate(behaviour) == "smooth"
