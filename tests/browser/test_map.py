"""What a visitor does on a map: choose, zoom, move by keys, ask for classes, follow links."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

MAP = "studies/pets/map/tiny-net/block1/"


def test_a_cell_shows_its_photos_classes_and_channels_and_is_in_the_address(
    mapped_address: str, open_page: OpenPage
) -> None:
    page = open_page(mapped_address + MAP)
    cells, pane = page.locator(".map-cell"), page.locator("#cell")
    expect(cells.first).to_be_visible()
    expect(pane).to_contain_text("Choose a cell")
    cell = page.locator(".map-cell:not(.blank)").first
    cell.click()
    expect(page).to_have_url(re.compile(r"\?cell=8-\d-\d$"))
    expect(page.locator('.map-cell[aria-pressed="true"]')).to_have_count(1)
    expect(pane.locator(".cell-picture")).to_be_visible()
    assert 1 <= pane.locator(".crops a").count() <= 6
    expect(pane.locator("table.channels").last.locator("tbody tr")).to_have_count(6)
    state, told = page.url, pane.inner_text()
    pane.locator(".crops a").first.click()
    expect(page).to_have_url(re.compile(r"/studies/pets/photos/\d+/$"))
    page.go_back()
    expect(page).to_have_url(state)
    expect(pane).to_contain_text("Typical places")
    page.go_back()
    expect(pane).to_contain_text("Choose a cell")
    fresh = open_page(state)
    expect(fresh.locator("#cell .cell-picture")).to_be_visible()
    assert fresh.locator("#cell").inner_text() == told


def test_zoom_shows_a_finer_grid_and_where_the_window_is_stands_in_the_address(
    mapped_address: str, open_page: OpenPage
) -> None:
    page = open_page(mapped_address + MAP, viewport={"width": 390, "height": 700})
    expect(page.locator(".map-cell").first).to_be_visible()
    page.get_by_role("button", name="Closer").click()
    page.get_by_role("button", name="Closer").click()
    expect(page).to_have_url(re.compile(r"\?zoom=2\.25&x=[\d.]+&y=[\d.]+$"))
    viewport = page.locator("#viewport")
    viewport.evaluate("view => view.scrollTo(100, 40)")
    expect(page).to_have_url(re.compile(r"x=0\.[34]\d*&y=0\.[23]\d*$"))
    state = page.url
    fresh = open_page(state, viewport={"width": 390, "height": 700})
    expect(fresh.locator(".map-cell").first).to_be_visible()
    at = "view => [Math.round(view.scrollLeft / 10), Math.round(view.scrollTop / 10)]"
    fresh.wait_for_function("document.querySelector('#viewport').scrollLeft > 50")
    assert fresh.locator("#viewport").evaluate(at) == [10, 4]
    fresh.get_by_role("button", name="Farther").click()
    fresh.get_by_role("button", name="Farther").click()
    expect(fresh).to_have_url(mapped_address + MAP)


def test_classes_stand_out_and_two_of_them_make_a_plane(
    mapped_address: str, open_page: OpenPage
) -> None:
    page = open_page(mapped_address + MAP)
    expect(page.locator(".map-cell").first).to_be_visible()
    whole = page.locator(".map-cell").count()
    page.locator("[name=class]").select_option("1")
    expect(page).to_have_url(f"{mapped_address}{MAP}?class=1")
    opacity = "cells => cells.map((cell) => Number(getComputedStyle(cell).opacity))"
    page.wait_for_function(
        f"Math.min(...({opacity})([...document.querySelectorAll('.map-cell')])) < 0.3"
    )
    strengths = page.locator(".map-cell").evaluate_all(opacity)
    assert max(strengths) == 1
    page.locator("[name=against]").select_option("2")
    expect(page.locator("#legend")).to_contain_text("to the left")
    apart = page.locator(".map-cell").evaluate_all(
        "cells => cells.map((cell) => parseFloat(cell.style.left))"
    )
    assert 0 < len(apart) < whole  # those of which both were asked
    page.locator("[name=colour]").select_option("class")
    expect(page).to_have_url(f"{mapped_address}{MAP}?class=1&against=2&colour=class")
    page.go_back()
    page.go_back()
    expect(page.locator("[name=against]")).to_have_value("")
    page.get_by_role("link", name="stem", exact=True).click()
    expect(page).to_have_url(f"{mapped_address}studies/pets/map/tiny-net/stem/?class=1")
    expect(page.locator("[name=class]")).to_have_value("1")


def test_the_keyboard_walks_from_cell_to_cell(mapped_address: str, open_page: OpenPage) -> None:
    page = open_page(mapped_address + MAP)
    expect(page.locator(".map-cell").first).to_be_visible()
    page.locator("#viewport").focus()
    page.keyboard.press("ArrowRight")  # the first: where most lies
    expect(page.locator("#outcome")).to_contain_text("Row")
    first = page.url
    page.keyboard.press("ArrowLeft")
    expect(page).not_to_have_url(first)
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile("zoom=1.5"))
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("cell="))


def test_a_photo_is_found_on_the_map(mapped_address: str, open_page: OpenPage) -> None:
    page = open_page(f"{mapped_address}studies/pets/photos/7/")
    page.get_by_role("link", name="Where it lies on the map").click()
    expect(page).to_have_url(f"{mapped_address}{MAP}?photo=7")
    expect(page.locator(".map-dot")).to_have_count(4)
    other = open_page(f"{mapped_address}{MAP}?photo=59")
    expect(other.locator("#outcome")).to_have_text("This photo is not on the map.")
    wrong = open_page(f"{mapped_address}{MAP}?cell=8-0-0")
    expect(wrong.locator("#outcome")).to_contain_text("Nothing lies in the cell")


def test_dragging_moves_the_window_and_chooses_nothing(
    mapped_address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{mapped_address}{MAP}?zoom=3&x=0.5&y=0.5")
    expect(page.locator(".map-cell").first).to_be_visible()
    page.wait_for_function("document.querySelector('#viewport').scrollLeft > 100")
    before = page.locator("#viewport").evaluate("view => view.scrollLeft")
    box = page.locator("#viewport").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 200, steps=4)
    page.mouse.up()
    assert page.locator("#viewport").evaluate("view => view.scrollLeft") == before + 80
    expect(page).to_have_url(re.compile("x=0.5[1-9]"))
    assert "cell=" not in page.url
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.wheel(0, -200)
    expect(page).to_have_url(re.compile(r"zoom=4\.[3-6]"))


def test_without_a_script_the_map_is_one_picture_with_a_table(
    mapped_address: str, open_page: OpenPage
) -> None:
    page = open_page(mapped_address + MAP, java_script_enabled=False)
    expect(page.locator(".whole-map")).to_be_visible()
    expect(page.locator("#viewport")).not_to_be_visible()
    expect(page.locator(".regions tbody tr").first).to_be_visible()


@pytest.mark.parametrize("where", ["?cell=8-1-6&colour=class", "?class=1&against=2", "../../"])
@pytest.mark.parametrize("width", [390, 1600])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    mapped_address: str, open_page: OpenPage, where: str, width: int
) -> None:
    for scheme in ("light", "dark"):
        page = open_page(
            mapped_address + MAP + where,
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
        )
        page.wait_for_load_state("networkidle")
        found: Any = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
