"""What a visitor does, from the front page to a shared link."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

BLOCK = "models/tiny-net/block1/"
STEM = "models/tiny-net/stem/"


def expect_shown(page: Page, channels: list[int]) -> None:
    """Expect the grid to have these channels, in the order in which they stand, before long."""
    expect(page.locator("#grid a")).to_have_count(len(channels))
    stand = "[...document.querySelectorAll('#grid a')].map(a => a.getAttribute('href')).join('')"
    page.wait_for_function(f"hrefs => {stand} === hrefs", arg="".join(f"{n}/" for n in channels))


def best(count: int, score_of: Callable[[int], float]) -> list[int]:
    return sorted(range(count), key=lambda channel: (-score_of(channel), channel))


def test_from_the_front_page_to_a_shared_link_and_back(
    any_address: str, open_page: OpenPage, score_of: Callable[[int], float]
) -> None:
    page = open_page(any_address)
    page.get_by_role("link", name="tiny-net", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("tiny-net")
    page.get_by_role("link", name="block1", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("block1")
    expect_shown(page, list(range(300)))

    page.get_by_label("score").check()
    expect_shown(page, best(300, score_of))
    expect(page).to_have_url(f"{any_address}{BLOCK}?sort=score")

    page.get_by_label("Show").fill("0-63,100")
    page.get_by_label("Show").press("Enter")
    expected = [channel for channel in best(300, score_of) if channel <= 63 or channel == 100]
    expect_shown(page, expected)
    expect(page).to_have_url(f"{any_address}{BLOCK}?sort=score&show=0-63,100")
    expect(page.get_by_role("status")).to_have_text("65 of 300 channels")

    page.locator("#grid a").nth(2).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Channel {expected[2]}")
    picture = page.get_by_role("img", name=f"channel {expected[2]} of layer block1")
    expect(picture).to_have_js_property("naturalWidth", 384)

    page.go_back()
    expect(page).to_have_url(f"{any_address}{BLOCK}?sort=score&show=0-63,100&channel={expected[2]}")
    expect_shown(page, expected)
    shared = page.url
    page.go_back()
    expect_shown(page, best(300, score_of))
    page.go_back()
    expect_shown(page, list(range(300)))
    expect(page.get_by_label("number")).to_be_checked()

    fresh = open_page(shared)
    expect(fresh.get_by_role("status")).to_have_text("65 of 300 channels")
    expect_shown(fresh, expected)
    expect(fresh.get_by_label("score")).to_be_checked()
    expect(fresh.get_by_label("Show")).to_have_value("0-63,100")
    expect(fresh.locator("#grid [aria-current]")).to_have_attribute("href", f"{expected[2]}/")
    expect(fresh.locator(".preview .number")).to_have_text(f"Channel {expected[2]}")


def test_arrow_keys_move_in_two_dimensions_and_the_preview_follows(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(address + BLOCK)
    expect(page.locator(".preview .facts")).to_contain_text("score")
    columns = page.locator("#grid").evaluate(
        "grid => getComputedStyle(grid).gridTemplateColumns.split(' ').length"
    )
    assert columns > 4
    page.locator("#grid a").first.focus()
    focused = page.locator("#grid a:focus")
    for key, channel in [
        ("ArrowRight", 1),
        ("ArrowDown", 1 + columns),
        ("ArrowDown", 1 + 2 * columns),
        ("ArrowLeft", 2 * columns),
        ("ArrowUp", columns),
        ("End", 299),
        ("ArrowRight", 299),
        ("Home", 0),
        ("ArrowUp", 0),
    ]:
        page.keyboard.press(key)
        expect(focused).to_have_attribute("href", f"{channel}/")
        expect(page.locator(".preview .number")).to_have_text(f"Channel {channel}")
        expect(focused).to_be_in_viewport()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(f"{address}{BLOCK}?channel=1")
    page.keyboard.press("Tab")
    expect(page.locator(".preview a")).to_be_focused()  # one stop for the whole grid
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}{BLOCK}1/")


def test_hovering_previews_and_leaves_the_address_alone(
    address: str, open_page: OpenPage, score_of: Callable[[int], float]
) -> None:
    page = open_page(address + BLOCK)
    number, facts = page.locator(".preview .number"), page.locator(".preview .facts")
    expect(number).to_have_text("Channel 0")
    page.locator("#grid a").nth(7).hover()
    expect(number).to_have_text("Channel 7")
    expect(facts).to_have_text(f"score {score_of(7):.2f}".replace("-", "\u2212"))
    page.get_by_role("heading", level=1).hover()
    expect(number).to_have_text("Channel 0")
    expect(page).to_have_url(address + BLOCK)


def test_a_flagged_channel_is_shown_as_such_and_can_be_hidden(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(address + STEM)
    expect(page.locator("#grid li").nth(3)).to_have_text(re.compile("Channel 3: dead"))
    expect(page.locator("#grid li").nth(7)).to_have_text(re.compile("Channel 7: grey"))
    expect(page.locator("#grid li").nth(19)).to_have_text(re.compile("Channel 19: none yet"))
    page.get_by_label("Hide dead, grey and chance").check()
    expect_shown(page, [channel for channel in range(20) if channel not in (3, 7, 11)])
    expect(page).to_have_url(f"{address}{STEM}?flagged=hide")
    page.locator("#grid a").nth(16).hover()
    expect(page.locator(".preview .frame")).to_have_text("none yet")
    expect(page.locator(".preview .facts")).to_have_text("no score yet")


def test_the_size_of_the_tiles_is_chosen_and_goes_along_to_the_next_layer(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(address + STEM)
    tile = page.locator("#grid li").first
    widths = {}
    for size in ("small", "middle", "large"):
        page.get_by_label(size).check()
        box = tile.bounding_box()
        assert box is not None
        assert box["width"] == pytest.approx(box["height"], abs=0.5)
        widths[size] = box["width"]
    assert 48 <= widths["small"] < 60 <= 80 <= widths["middle"] < 110 < 128 <= widths["large"]
    page.get_by_role("link", name="deeper block1").click()
    expect(page).to_have_url(f"{address}{BLOCK}?size=l")
    expect(page.get_by_label("large")).to_be_checked()


def test_a_filter_that_is_none_is_said_and_hides_nothing(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}{BLOCK}?show=1,x")
    outcome = page.get_by_role("status")
    expect(outcome).to_have_text("expected numbers and ranges like 0-63,100, got x")
    expect(page.locator("#grid a")).to_have_count(300)
    expect(page.get_by_label("Show")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Show").fill("999")
    expect(outcome).to_have_text("0 of 300 channels")
    expect_shown(page, [])
    page.get_by_label("Show").fill("5")
    expect_shown(page, [5])


def test_data_of_another_format_is_refused_in_words(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.route("**/layer.json", lambda route: route.fulfill(json={"format_version": 99}))
    page.goto(address + BLOCK)
    expect(page.get_by_role("alert")).to_have_text(
        "layer.json: expected format_version 1, got 99; reload the page"
    )
    expect(page.get_by_label("Show")).to_be_disabled()
    expect(page.locator("#grid a")).to_have_count(300)


def test_a_channels_link_can_be_copied(address: str, open_page: OpenPage) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    page = open_page(f"{address}{BLOCK}41/?from=somewhere", permissions=permissions)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{address}{BLOCK}41/"


def test_without_a_clipboard_the_link_is_shown(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}{BLOCK}41/")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(Error()); }")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text(f"{address}{BLOCK}41/")


def test_arrow_keys_lead_from_channel_to_channel(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}{BLOCK}0/")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(f"{address}{BLOCK}1/")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(f"{address}{BLOCK}0/")


def test_an_address_that_leads_nowhere_gets_a_page(any_address: str, open_page: OpenPage) -> None:
    page = open_page(f"{any_address}{BLOCK}300/", foretold=("300/",))
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing at this address")
    family = page.evaluate("getComputedStyle(document.documentElement).fontFamily")
    assert "system-ui" in family  # its own style sheet is let through
