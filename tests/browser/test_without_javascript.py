"""The site is read in full with JavaScript off."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


def test_every_page_is_reached_and_read(any_address: str, open_page: OpenPage) -> None:
    page = open_page(any_address, java_script_enabled=False)
    page.get_by_role("link", name="tiny-net", exact=True).click()
    page.get_by_role("link", name="block1", exact=True).click()
    expect(page.get_by_role("listitem").locator("a.tile")).to_have_count(300)
    expect(page.locator("form")).to_be_hidden()
    expect(page.locator(".preview")).to_be_hidden()
    page.get_by_role("link", name="Channel 291", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Channel 291")
    expect(page.get_by_text(re.compile("standard deviations")).first).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    page.get_by_role("link", name="Link to this channel").click()
    expect(page).to_have_url(f"{any_address}models/tiny-net/block1/291/")
    page.get_by_role("link", name="Channel 292").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Channel 292")


def test_the_pictures_of_the_grid_are_there(address: str, open_page: OpenPage) -> None:
    fetched: list[str] = []
    page = open_page(address, java_script_enabled=False)
    page.on("requestfinished", lambda request: fetched.append(request.url.rpartition("/")[2]))
    page.goto(f"{address}models/tiny-net/block1/", wait_until="networkidle")
    assert {"sheet-0.jpg", "sheet-1.jpg"} <= set(fetched)
    box = page.locator("#grid li").first.bounding_box()
    assert box is not None
    assert box["width"] >= 80


def test_the_circuit_is_read_and_followed(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}models/tiny-net/block1/41/", java_script_enabled=False)
    expect(page.get_by_text("comes by the skip, unchanged from channel 41")).to_be_visible()
    made_of = page.get_by_role("region", name="Made of channels of stem")
    expect(made_of.locator("ol:not(.depthwise) > li")).to_have_count(16)
    expect(made_of.locator(".kernel").first).to_be_visible()
    expect(page.locator(".lens")).to_be_hidden()
    expect(page.locator("#trail")).to_be_hidden()
    made_of.get_by_role("link", name="All weights of the two cuts").click()
    box = page.locator("#matrix").bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(300 / 20, rel=0.01)
    page.get_by_role("table").get_by_role("link").nth(1).click()
    expect(page).to_have_url(re.compile(r"/models/tiny-net/stem/\d+/$"))
