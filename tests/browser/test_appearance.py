"""What a visitor sees: at any width, in light and dark, for everybody, without a jump."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
CheckPage = Callable[[Page], None]
Violations = Callable[[Page], list[tuple[str, str]]]

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
    "data": "data/",
    "study": "studies/pets/?sort=gflops",
    "search": "search/?q=tiny 3",
    "no list": "lists/",
    "lists": "lists/#list=1&A;models/tiny-net/block1,41=b,7&;studies/pets/photos,7,7-0.5-0.25",
    "embedded channel": "models/tiny-net/block1/41/#embed",
    "embedded photo": "studies/pets/photos/7/#embed",
    "missing": "nothing/",
}
NETWORKS = {
    "networks": "networks/pets/",
    "photo": "networks/pets/photos/7/?at=0.5,0.5",
    "class": "networks/pets/classes/1/",
}
LIKENESS = {
    "channel": "models/tiny-net/stem/9/",
    "alone": "models/tiny-net/stem/2/",
    "layers": "models/tiny-net/stem/likeness/near-net/first/",
}


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    address: str, open_page: OpenPage, check_page: CheckPage, kind: str
) -> None:
    check_page(open_page(address + KINDS[kind], foretold=("nothing/",)))


@pytest.mark.parametrize("kind", NETWORKS)
def test_axe_finds_nothing_on_the_pages_of_networks_either(
    networks_address: str, open_page: OpenPage, check_page: CheckPage, kind: str
) -> None:
    check_page(open_page(networks_address + NETWORKS[kind]))


@pytest.mark.parametrize("kind", LIKENESS)
def test_axe_finds_nothing_on_the_pages_of_likeness_either(
    likeness_address: str, open_page: OpenPage, check_page: CheckPage, kind: str
) -> None:
    check_page(open_page(likeness_address + LIKENESS[kind]))


def test_axe_finds_nothing_while_results_of_a_search_are_shown(
    address: str, open_page: OpenPage, check_page: CheckPage
) -> None:
    page = open_page(f"{address}models/tiny-net/stem/3/")
    page.keyboard.press("/")
    page.keyboard.type("tiny 3")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    check_page(page)


def test_axe_would_find_something(
    address: str, open_page: OpenPage, violations: Violations
) -> None:
    page = open_page(address)
    page.evaluate(
        """document.querySelector('main').insertAdjacentHTML('beforeend',
        '<nav><a href="a">a</a><a href="b">b</a></nav><button></button>')"""
    )
    assert {"target-size", "button-name"} <= {rule for rule, _ in violations(page)}


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
    assert stops == 19


def test_pictures_far_below_are_fetched_only_when_they_come_into_view(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(address)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.rpartition("/")[2]))
    page.set_viewport_size({"width": 320, "height": 300})
    page.goto(f"{address}models/tiny-net/block1/?size=l", wait_until="networkidle")
    assert "sheet-0.jpg" in fetched
    assert "sheet-1.jpg" not in fetched
    with page.expect_response("**/sheet-1.jpg"):
        page.locator("#grid li").last.scroll_into_view_if_needed()
    page.locator("#grid li").first.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    assert fetched.count("sheet-1.jpg") == 1
    assert fetched.count("sheet-0.jpg") == 1


def test_whoever_wants_no_motion_gets_none(address: str, open_page: OpenPage) -> None:
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    assert open_page(address, reduced_motion="reduce").evaluate(behaviour) == "auto"
    assert open_page(address, reduced_motion="no-preference").evaluate(behaviour) == "smooth"
