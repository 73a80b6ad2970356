"""The page of a study: its table's state is in the address, its charts are links."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

STUDY = "studies/pets/"


def rows(page: Page) -> list[str]:
    return page.locator("#ranking tbody tr").evaluate_all("rows => rows.map(row => row.id)")


def test_sorting_and_filtering_are_in_the_address_and_survive_a_reload(
    any_address: str, open_page: OpenPage
) -> None:
    page = open_page(any_address)
    page.get_by_role("link", name="pets").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("pets")
    ranking = rows(page)
    assert ranking[:2] == ["far.net_2/block3", "tiny-net/block1"]

    page.get_by_role("button", name="GFLOPs").click()
    expect(page).to_have_url(f"{any_address}{STUDY}?sort=gflops")
    assert rows(page)[:3] == ["tiny-net/stem", "far.net_2/conv1", "tiny-net/block1"]
    heading = page.get_by_role("columnheader", name="GFLOPs")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("button", name="GFLOPs")).to_be_focused()
    page.get_by_role("button", name="GFLOPs").click()
    expect(page).to_have_url(f"{any_address}{STUDY}?sort=gflops&order=down")
    assert rows(page)[0] == "far.net_2/last"

    page.get_by_role("combobox", name="Backbone").select_option("tiny-net")
    page.get_by_label("Only those tied with the best").check()
    expect(page.get_by_role("status")).to_have_text("1 of 8 cuts")
    expect(page).to_have_url(
        f"{any_address}{STUDY}?sort=gflops&order=down&model=tiny-net&tied=only"
    )
    page.reload()
    assert rows(page) == ["tiny-net/block1"]
    expect(page.get_by_role("combobox", name="Backbone")).to_have_value("tiny-net")
    expect(page.get_by_label("Only those tied with the best")).to_be_checked()

    page.go_back()
    assert rows(page) == ["tiny-net/head", "tiny-net/block1", "tiny-net/stem"]
    page.go_back()
    page.go_back()
    page.go_back()
    assert rows(page) == ranking
    expect(page).to_have_url(f"{any_address}{STUDY}")

    page.get_by_role("textbox").fill("far BLOCK")
    page.get_by_role("textbox").press("Enter")
    expect(page).to_have_url(f"{any_address}{STUDY}?find=far+BLOCK")
    assert rows(page) == ["far.net_2/block3", "far.net_2/block4", "far.net_2/block2"]


def test_a_point_of_a_chart_leads_to_its_cut_by_mouse_and_by_keys(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(address + STUDY)
    chart = page.locator(".graph.wide").first
    point = chart.locator('a[href="far.net_2/last/"]')
    expect(point.locator("title")).to_contain_text("far.net_2, last: 66.7")
    point.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("last")
    page.go_back()

    chart.locator("a[tabindex='0']").focus()
    expect(page.locator(":focus")).to_have_attribute("href", "tiny-net/block1/")
    ring = "element => parseFloat(getComputedStyle(element.querySelector('.reach')).strokeWidth)"
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_attribute("href", "tiny-net/head/")
    assert page.locator(":focus").evaluate(ring) >= 2
    page.keyboard.press("ArrowUp")
    expect(page.locator(":focus")).to_have_attribute("href", "far.net_2/last/")
    assert chart.locator("a[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}{STUDY}far.net_2/last/")


@pytest.mark.parametrize(("width", "shown"), [(320, "narrow"), (1280, "wide")])
def test_the_charts_suit_the_window(
    address: str, open_page: OpenPage, width: int, shown: str
) -> None:
    page = open_page(address + STUDY, viewport={"width": width, "height": 800})
    for name in ("narrow", "wide"):
        for chart in page.locator(f".graph.{name}").all():
            expect(chart).to_be_visible(visible=name == shown)
    for label in page.locator(f".graph.{shown} text:not(.tip)").all():
        box = label.bounding_box()
        assert box is not None
        assert box["height"] >= 11
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    for point in page.locator(f".graph.{shown} a").all():
        point.focus()
        box = point.locator(".tip").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_all_is_there_without_javascript(address: str, open_page: OpenPage) -> None:
    page = open_page(address + STUDY, java_script_enabled=False)
    expect(page.locator("#ranking tbody tr")).to_have_count(8)
    expect(page.locator("form")).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)
    page.locator('.graph.wide a[href="tiny-net/stem/"]').first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("stem")
    page.go_back()
    page.get_by_role("link", name="Dataset report").click()
    expect(page).to_have_url(f"{address}{STUDY}dataset/")
