"""Evidence sorts and filters the grid, and pages of channels, layers and models tell it."""

import re
from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect
from sample_judged import CHANNELS, shares

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

STEM = "models/tiny-net/stem/"
UNPICTURED = {3, 7, 11, 19}
JUDGED = sorted(set(range(CHANNELS)) - UNPICTURED, key=lambda channel: -shares()[channel])
BETTER = [channel for channel in JUDGED if shares()[channel] > 0.66]
"""Of 40 trials 26 may be chance, 27 are more (Wilson: 49.5 % and 52.0 % at least)."""


def shown(page: Page) -> list[int]:
    links = page.locator("#grid a").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    return [int(href.strip("/")) for href in links]


def test_the_grid_is_sorted_and_filtered_by_evidence_and_the_address_says_so(
    likeness_address: str, open_page: OpenPage
) -> None:
    page = open_page(likeness_address + STEM)
    form = page.get_by_role("search", name="Sort and filter")
    form.get_by_label("evidence", exact=True).check()
    assert shown(page) == JUDGED + sorted(UNPICTURED)
    expect(page).to_have_url(f"{likeness_address}{STEM}?sort=evidence")
    form.get_by_label("Only evidence above chance").check()
    assert shown(page) == BETTER
    expect(page.locator("#outcome")).to_have_text(f"{len(BETTER)} of {CHANNELS} channels")
    expect(page).to_have_url(re.compile(r"\?sort=evidence&believed=better$"))
    expect(page.locator("#preview-facts")).to_contain_text("evidence 98 %")
    fresh = open_page(page.url)
    assert shown(fresh) == BETTER
    expect(fresh.get_by_label("Only evidence above chance")).to_be_checked()
    page.go_back()
    assert shown(page) == JUDGED + sorted(UNPICTURED)


def test_a_layer_without_evidence_offers_none_and_shows_all(
    likeness_address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{likeness_address}models/near-net/first/?sort=evidence&believed=better")
    assert shown(page) == list(range(12))
    expect(page.get_by_label("evidence", exact=True)).to_have_count(0)


def test_pages_say_it_in_words_and_lead_to_what_it_means(
    likeness_address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{likeness_address}{STEM}{JUDGED[0]}/", java_script_enabled=False)
    said = page.locator("dd", has_text="matches its picture to its photos")
    expect(said).to_contain_text("seer-net")
    expect(said).to_contain_text(re.compile(r"in 98.% of trials \(87 to 100\)\."))
    expect(said).to_contain_text(
        re.compile(r"Crops of its strongest photos it matches in 90.% \(77 to 96\)\.")
    )
    link = said.get_by_role("link", name="What evidence says").get_attribute("href")
    assert urljoin(page.url, link) == f"{likeness_address}method/#evidence"
    page.goto(f"{likeness_address}{STEM}{JUDGED[-1]}/")
    expect(page.get_by_text("which may be chance")).to_be_visible()
    share = round(100 * len(BETTER) / len(JUDGED))
    mean = round(100 * sum(float(shares()[channel]) for channel in JUDGED) / len(JUDGED))
    page.goto(likeness_address + STEM)
    expect(page.locator("header.title")).to_contain_text(
        re.compile(rf"in {mean}.% of trials, crops in 90.%; {share}.% of the pictures better than")
    )
    page.goto(f"{likeness_address}models/tiny-net/")
    expect(page.get_by_text(re.compile(rf"^evidence {mean}.%, crops 90.%$"))).to_be_visible()
