"""What a visitor does on the page of a cut: from a cell of its matrix to the photos in it."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

CUT = "studies/pets/tiny-net/stem/"
NAMES = ('"quoted" o\'hare', "<b>bold</b> & co", "plain", "наука \\u202e犬")


@pytest.fixture(scope="session")
def told(small_site: Path) -> dict[str, Any]:
    """What the cut tells of each photo."""
    document: dict[str, Any] = json.loads((small_site / CUT / "photos.json").read_bytes())
    return document


def photos(told: dict[str, Any], true: int | None, predicted: int | None) -> set[int]:
    both = enumerate(zip(told["label"], told["predicted"], strict=True))
    return {
        photo
        for photo, (label, surest) in both
        if true in (None, label) and predicted in (None, surest)
    }


def shown(page: Page) -> list[int]:
    """The photos of the list, by the places of their tiles."""
    places = page.locator("#thumbs img").evaluate_all("all => all.map(image => image.className)")
    return [int(y[1:]) * 16 + int(x[1:]) for x, y in (place.split() for place in places)]


def cell(page: Page, true: int, predicted: int) -> Any:
    return page.locator(f"#matrix td[data-true='{true}'][data-predicted='{predicted}'] a")


def mistaken(told: dict[str, Any]) -> tuple[int, int]:
    """The cell, of those beside the diagonal, that most photos are in."""
    cells = [(i, j) for i in range(4) for j in range(4) if i != j]
    return max(cells, key=lambda each: len(photos(told, *each)))


def test_a_cell_shows_exactly_its_photos_and_the_address_keeps_them(
    any_address: str, open_page: OpenPage, told: dict[str, Any]
) -> None:
    true, predicted = mistaken(told)
    page = open_page(any_address + CUT)
    expect(page.locator("#thumbs li")).to_have_count(0)
    cell(page, true, predicted).click()
    expected = photos(told, true, predicted)
    assert expected
    expect(page.locator("#thumbs li")).to_have_count(len(expected))
    expect(page).to_have_url(f"{any_address}{CUT}?true={true}&predicted={predicted}")
    assert set(shown(page)) == expected
    sure = [told["probability"][photo] for photo in shown(page)]
    assert sure == sorted(sure, reverse=True)
    expect(page.locator("#chosen")).to_have_text(f"{NAMES[true]} taken for {NAMES[predicted]}")
    expect(cell(page, true, predicted)).to_have_attribute("aria-current", "true")
    page.reload()
    expect(page.locator("#thumbs li")).to_have_count(len(expected))
    assert set(shown(page)) == expected
    page.go_back()
    expect(page.locator("#thumbs li")).to_have_count(0)
    expect(page.locator("#matrix [aria-current]")).to_have_count(0)
    expect(page).to_have_url(any_address + CUT)


def test_the_keyboard_does_what_the_mouse_does(
    address: str, open_page: OpenPage, told: dict[str, Any]
) -> None:
    page = open_page(address + CUT)
    cell(page, 0, 0).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}{CUT}?true=0&predicted=0")
    expect(page.locator("#thumbs li")).to_have_count(len(photos(told, 0, 0)))
    assert set(shown(page)) == photos(told, 0, 0)
    expect(page.locator("#outcome")).to_contain_text("least sure first")
    expect(cell(page, 0, 0)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(address + CUT)  # once more takes it back
    expect(page.locator("#thumbs li")).to_have_count(0)


def test_a_row_shows_all_of_a_class_and_leads_to_its_cells(
    address: str, open_page: OpenPage, told: dict[str, Any]
) -> None:
    page = open_page(address + CUT)
    page.locator("#matrix tbody th[data-true='1'] a").click()
    expected = photos(told, 1, None)
    expect(page.locator("#thumbs li")).to_have_count(min(48, len(expected)))
    assert set(shown(page)) == expected
    counts = page.locator("#facets li").all_inner_texts()
    assert sum(int(text.rsplit(" ", 1)[1]) for text in counts) == len(expected)
    page.locator("#facets a", has_text=NAMES[1]).click()
    expect(page).to_have_url(f"{address}{CUT}?true=1&predicted=1")
    expect(page.locator("#thumbs li")).to_have_count(len(photos(told, 1, 1)))
    page.locator("#matrix thead th[data-predicted='2'] a").click()
    expect(page).to_have_url(f"{address}{CUT}?predicted=2")
    expect(page.locator("#thumbs li")).to_have_count(len(photos(told, None, 2)))


def test_each_photo_shows_its_own_picture_and_bears_its_name(
    address: str,
    open_page: OpenPage,
    told: dict[str, Any],
    photo_colour: Callable[[int], tuple[int, int, int]],
) -> None:
    page = open_page(f"{address}{CUT}?true={told['label'][7]}")
    expect(page.locator("#thumbs img[alt='photos/d\\'été \"7\".png']")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    for place, photo in enumerate(shown(page)[:6]):
        shot = page.locator("#thumbs .tile").nth(place).screenshot()
        pixels = np.asarray(Image.open(BytesIO(shot)).convert("RGB"), float)[4:-4, 4:-4]
        np.testing.assert_allclose(pixels.mean((0, 1)), photo_colour(photo), atol=12)
        assert np.abs(pixels - photo_colour(photo)).max() < 60


def test_the_cell_is_carried_to_the_next_cut(address: str, open_page: OpenPage) -> None:
    page = open_page(address + CUT)
    cell(page, 1, 1).click()
    expect(page.locator("#chosen")).to_contain_text("rightly")
    page.get_by_role("link", name="deeper block1").click()
    expect(page).to_have_url(f"{address}studies/pets/tiny-net/block1/?true=1&predicted=1")
    expect(page.locator("#thumbs li").first).to_be_visible()
    expect(cell(page, 1, 1)).to_have_attribute("aria-current", "true")


def test_classes_are_sorted_as_the_address_says(address: str, open_page: OpenPage) -> None:
    page = open_page(address + CUT)
    rows = page.locator("#class-table tbody tr")
    indices = "all => all.map(row => row.dataset.index)"
    worst = rows.evaluate_all(indices)
    page.get_by_label("name", exact=True).check()
    expect(page).to_have_url(f"{address}{CUT}?classes=name")
    assert rows.evaluate_all(indices) == ["0", "1", "2", "3"]
    page.reload()
    assert rows.evaluate_all(indices) == ["0", "1", "2", "3"]
    expect(page.get_by_label("name", exact=True)).to_be_checked()
    page.get_by_label("worst recall").check()
    assert rows.evaluate_all(indices) == worst
    expect(page).to_have_url(address + CUT)


def test_the_predictions_are_fetched_once_and_only_when_they_are_wanted(
    address: str, open_page: OpenPage, told: dict[str, Any]
) -> None:
    page = open_page(address)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.rpartition("/")[2]))
    page.goto(address + CUT, wait_until="networkidle")
    assert "photos.json" not in fetched
    cell(page, 0, 0).click()
    cell(page, 1, 1).click()
    expect(page).to_have_url(f"{address}{CUT}?true=1&predicted=1")
    expect(page.locator("#thumbs li")).to_have_count(len(photos(told, 1, 1)))
    assert set(shown(page)) == photos(told, 1, 1)
    assert fetched.count("photos.json") == 1


def test_many_photos_come_page_by_page(
    address: str, open_page: OpenPage, told: dict[str, Any]
) -> None:
    page = open_page(address)
    many = {**told, "label": [0] * 130, "predicted": [1] * 130, "probability": [*range(130)]}
    page.route("**/photos.json", lambda route: route.fulfill(json=many))
    page.goto(f"{address}{CUT}?true=0&predicted=1")
    expect(page.locator("#outcome")).to_have_text("130 photos, surest first")
    more = page.get_by_role("button", name="More photos")
    for expected in (48, 96, 130):
        expect(page.locator("#thumbs li")).to_have_count(expected)
        assert shown(page) == list(range(129, 129 - expected, -1))
        if expected < 130:
            more.click()
    expect(more).to_be_hidden()


def test_a_cell_that_is_not_there_says_so(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}{CUT}?true=99&predicted=0")
    expect(page.locator("#outcome")).to_have_text("0 photos")


def test_what_cannot_be_fetched_is_said_and_tried_again(address: str, open_page: OpenPage) -> None:
    page = open_page(address + CUT, foretold=("photos.json",))
    page.route("**/photos.json", lambda route: route.fulfill(status=503), times=1)
    cell(page, 0, 0).click()
    expect(page.locator("#outcome")).to_contain_text("got 503; reload the page")
    cell(page, 1, 1).click()
    expect(page.locator("#thumbs li").first).to_be_visible()


def test_without_javascript_the_page_has_no_dead_links(address: str, open_page: OpenPage) -> None:
    page = open_page(address + CUT, java_script_enabled=False)
    expect(page.locator("#matrix a")).to_have_count(0)
    expect(page.locator("#photos")).to_be_hidden()
    expect(page.get_by_text("Sort by")).to_be_hidden()
    expect(page.get_by_text("taken for").first).to_be_visible()
    expect(page.locator(".thumbs img").first).to_be_visible()
