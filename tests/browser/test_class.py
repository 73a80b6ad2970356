"""What a visitor does on the page of a class: another layer, another class to compare with."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

CLASS = "studies/pets/classes/0/"


def test_comparing_with_another_class_is_in_the_address(
    any_address: str, open_page: OpenPage
) -> None:
    page = open_page(any_address + CLASS)
    caption, values = page.locator(".rows caption"), page.locator(".rows .value")
    own = values.all_inner_texts()
    assert len(own) == 16
    page.locator("[name=against]").select_option("2")
    expect(page).to_have_url(f"{any_address}{CLASS}?against=2")
    expect(caption).to_contain_text("minus")
    expect(values).to_have_count(24)
    compared = values.all_inner_texts()
    page.locator("[name=view]").select_option("tiny-net/block1/stem")
    expect(page).to_have_url(f"{any_address}{CLASS}?view=tiny-net/block1/stem&against=2")
    expect(caption).to_contain_text("below the cut at block1")
    expect(page.locator("#heat svg")).to_have_attribute("viewBox", "0 0 14 14")
    state = page.url

    page.locator(".rows tbody a:not(.tile)").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Channel")
    page.go_back()
    expect(page).to_have_url(state)
    expect(caption).to_contain_text("below the cut at block1")
    page.go_back()
    expect(values.first).to_have_text(compared[0])
    page.go_back()
    expect(values).to_have_text(own)
    fresh = open_page(state)
    expect(fresh.locator(".rows caption")).to_contain_text("minus")
    expect(fresh.locator("[name=against]")).to_have_value("2")


def test_a_warning_leads_to_the_class_and_to_photos(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}studies/pets/")
    warning = page.locator(".warned > li").first
    expect(warning).to_contain_text("lies in the corners")
    expect(warning.locator(".marked")).to_have_count(1)
    warning.locator(".evidence a").first.click()
    expect(page.locator("[name=of]")).to_have_value("1")
    page.go_back()
    page.locator(".warned strong a").first.click()
    expect(page).to_have_url(f"{address}studies/pets/classes/1/")
    expect(page.get_by_role("heading", name="A shortcut?")).to_be_visible()
