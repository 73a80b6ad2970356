"""Words are told on a channel's page, lead to the search, and filter the grid by an address."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sample_judged import NAMED

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
Violations = Callable[[Page], list[tuple[str, str]]]

STEM = "models/tiny-net/stem/"
CHANNEL, (WORD, _) = next(iter(NAMED.items()))
FITTING = [channel for channel, (name, _) in NAMED.items() if name == WORD]


def shown(page: Page) -> list[int]:
    links = page.locator("#grid a").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    return [int(href.strip("/")) for href in links]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_channels_words_lead_to_what_else_they_fit(
    likeness_address: str, open_page: OpenPage, violations: Violations, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 800}
    page = open_page(f"{likeness_address}{STEM}{CHANNEL}/", color_scheme=scheme, viewport=size)
    words = page.locator("ul.words").first
    expect(words).to_contain_text(re.compile(rf"{WORD} \d+.%"))
    assert violations(page) == []
    words.get_by_role("link", name=WORD).click()
    expect(page).to_have_url(re.compile(r"/search/\?q="))
    results = page.locator("#results a")
    expect(results.filter(has_text=WORD)).to_have_count(len(FITTING))


def test_the_grid_shows_the_channels_of_a_word_and_the_address_says_so(
    likeness_address: str, open_page: OpenPage, violations: Violations
) -> None:
    page = open_page(likeness_address + STEM)
    page.get_by_label("Word").fill(WORD[:4])
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{likeness_address}{STEM}?word={WORD[:4]}")
    assert sorted(shown(page)) == sorted(FITTING)
    expect(page.locator("#preview-words")).to_contain_text(WORD)
    assert violations(page) == []
    fresh = open_page(page.url)
    assert sorted(shown(fresh)) == sorted(FITTING)
    fresh.get_by_label("Word").fill("no such word")
    fresh.keyboard.press("Enter")
    expect(fresh.locator("#outcome")).to_contain_text("0 of")
