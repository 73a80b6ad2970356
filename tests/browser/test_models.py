"""The page of all models: its table's state is in the address, its chart leads to the rows."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


def rows(page: Page) -> list[str]:
    return page.locator("#ranking tbody tr").evaluate_all("rows => rows.map(row => row.id)")


def test_models_are_sorted_and_filtered_and_the_address_says_how(
    any_address: str, open_page: OpenPage
) -> None:
    page = open_page(any_address)
    page.get_by_role("link", name="All 4 models").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("All models")
    assert rows(page) == ["big-net", "more-net", "tiny-net", "zoo-net"]
    page.get_by_role("button", name="Parameters").click()
    assert rows(page) == ["tiny-net", "more-net", "big-net", "zoo-net"]
    page.get_by_role("button", name="Parameters").click()
    assert rows(page) == ["big-net", "more-net", "tiny-net", "zoo-net"]
    expect(page).to_have_url(f"{any_address}models/?sort=parameters&order=down")
    heading = page.get_by_role("columnheader", name="Parameters")
    expect(heading).to_have_attribute("aria-sort", "descending")

    page.get_by_label("million parameters").fill("9")
    expect(page.get_by_role("status")).to_have_text("2 of 4 models")
    page.get_by_label("Source").select_option("keras.applications")
    assert rows(page) == ["more-net"]
    expected = "?sort=parameters&order=down&source=keras.applications&parameters=9"
    expect(page).to_have_url(f"{any_address}models/{expected}")
    page.reload()
    assert rows(page) == ["more-net"]
    expect(page.get_by_label("million parameters")).to_have_value("9")
    page.get_by_label("million parameters").fill("few")
    expect(page.get_by_label("million parameters")).to_have_attribute("aria-invalid", "true")
    assert rows(page) == ["big-net", "more-net"]
    page.get_by_role("link", name="big-net", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("big-net")
    page.get_by_role("link", name="All models").click()
    assert len(rows(page)) == 4


def test_marks_of_the_chart_tell_their_names_to_mouse_and_keys(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}models/")
    marks = page.locator(".graph.wide a")
    assert marks.count() == 2
    expect(marks.nth(0).locator(".tip")).not_to_be_visible()
    marks.nth(0).hover()
    expect(marks.nth(0).locator(".tip")).to_be_visible()
    expect(marks.nth(0).locator(".tip")).to_have_text("more-net")
    page.mouse.move(0, 0)
    marks.nth(0).focus()
    page.keyboard.press("ArrowRight")
    expect(marks.nth(1)).to_be_focused()
    expect(marks.nth(1).locator(".tip")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}models/#big-net")
