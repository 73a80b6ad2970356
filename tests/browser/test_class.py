"""What a visitor does on the page of a class: another layer, another class to compare with."""

import re
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


def test_the_roads_of_a_channel_lead_through_the_graph_and_are_an_address(
    any_address: str, open_page: OpenPage
) -> None:
    page = open_page(any_address + CLASS)
    nodes, road = page.locator(".drawing .node"), page.locator(".road")
    page.locator(".graphs").scroll_into_view_if_needed()
    expect(nodes).to_have_count(8)  # four in each of two layers
    lines = page.locator(".drawing path[data-place]")
    expect(lines).to_have_count(16)  # three into each of the second, and from there to the logit
    node = page.get_by_role("button", name="Channel 7 of block1")
    node.click()
    state = f"{any_address}{CLASS}?node=block1/7"
    expect(page).to_have_url(state)
    expect(node).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".drawing path[data-place]:not(.off)")).to_have_count(4)
    expect(page.locator(".drawing .node.off")).to_have_count(4)
    expect(road).to_contain_text("Channel 7 of block1 gives")
    expect(road).to_contain_text("of all that reaches it")

    page.keyboard.press("Escape")
    expect(page).to_have_url(any_address + CLASS)
    expect(page.locator(".drawing .off")).to_have_count(0)
    node.focus()
    page.keyboard.press("ArrowLeft")
    focused = page.locator(":focus")
    assert "of stem" in (focused.get_attribute("aria-label") or "")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(road).to_contain_text("Channel 0 of stem gives")
    page.go_back()
    page.go_back()
    expect(page).to_have_url(state)
    expect(road).to_contain_text("Channel 7 of block1")

    road.get_by_role("link").click()
    expect(page).to_have_url(f"{any_address}models/tiny-net/block1/7/")
    page.go_back()
    for again in (page, open_page(state)):
        again.locator(".graphs").scroll_into_view_if_needed()
        expect(again.locator(".road")).to_contain_text("Channel 7 of block1 gives")


def test_two_classes_share_channels_and_part(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}{CLASS}?against=2")
    page.locator(".graphs").scroll_into_view_if_needed()
    expect(page.locator(".drawings figcaption")).to_have_count(2)
    shared = page.locator(".drawing .node.shared")
    road = page.locator(".road")
    expect(road).to_contain_text("share")
    counts = [int(text) for text in re.findall(r"(\d+) of 4 at", road.inner_text())]
    assert len(counts) == 2
    assert min(counts) >= 1
    expect(shared).to_have_count(2 * sum(counts))
    shared.first.click()
    expect(road).to_contain_text(re.compile("gives.*gives"))
    page.get_by_text("As a table").click()
    expect(page.locator(".graph-tables table")).to_have_count(2)
    expect(page.locator(".graph-tables td", has_text="both")).to_have_count(2 * sum(counts))
    page.locator("[name=against]").select_option("")
    expect(page.locator(".drawings figcaption")).to_have_count(1)
    page.locator("[name=view]").select_option("far.net_2/block3/block3")
    expect(page.locator(".heads")).to_contain_text("conv1")


def test_without_a_script_the_graph_is_a_table(address: str, open_page: OpenPage) -> None:
    page = open_page(address + CLASS, java_script_enabled=False)
    expect(page.locator(".drawings")).to_be_hidden()
    page.get_by_text("As a table").click()
    page.locator(".graph-tables").get_by_role("link", name="Channel 7", exact=True).click()
    expect(page).to_have_url(f"{address}models/tiny-net/block1/7/")
