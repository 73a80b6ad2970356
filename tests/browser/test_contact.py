"""The contact sheet: sorted and filtered in the address, each photo a link to its page."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

SHEET = "studies/pets/photos/"
BEST = "tiny-net/block1"


def told(site: Path, cut: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((site / f"studies/pets/{cut}/photos.json").read_bytes())
    return document


def expect_shown(page: Page, photos: list[int]) -> None:
    """Wait until these photos are shown, in this order."""
    links = page.locator("#thumbs a")
    expect(links).to_have_count(len(photos))
    for place in (0, len(photos) - 1):
        expect(links.nth(place)).to_have_attribute("href", f"../photos/{photos[place]}/")
    hrefs = links.evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert [int(href.rstrip("/").rpartition("/")[2]) for href in hrefs] == photos


def test_filters_and_orders_are_in_the_address_and_survive_going_back(
    any_address: str, open_page: OpenPage, small_site: Path
) -> None:
    data = told(small_site, BEST)
    by_margin = sorted(range(60), key=lambda photo: (data["margin"][photo], photo))
    wrong = [photo for photo in by_margin if data["margin"][photo] < 0]
    page = open_page(f"{any_address}studies/pets/")
    page.get_by_role("link", name="All 60 photos").click()
    expect(page).to_have_url(any_address + SHEET)
    expect_shown(page, by_margin)  # without a script too

    page.get_by_label("wrong", exact=True).check()
    expect(page.get_by_role("status")).to_have_text(f"{len(wrong)} of 60 photos")
    expect(page).to_have_url(f"{any_address}{SHEET}?outcome=wrong")
    expect_shown(page, wrong)

    page.get_by_label("falling").check()
    expect(page.locator("#thumbs a").first).to_have_attribute("href", f"../photos/{wrong[-1]}/")
    label = data["label"][wrong[0]]
    page.locator("[name=true]").select_option(str(label))
    expected = [photo for photo in reversed(wrong) if data["label"][photo] == label]
    expect(page.locator("#thumbs li")).to_have_count(len(expected))
    expect_shown(page, expected)
    expect(page).to_have_url(f"{any_address}{SHEET}?outcome=wrong&true={label}&order=down")

    page.locator("#thumbs a").first.click()
    expect(page).to_have_url(f"{any_address}{SHEET}{expected[0]}/")
    page.go_back()
    expect(page.locator("#thumbs li")).to_have_count(len(expected))
    expect_shown(page, expected)
    expect(page.get_by_label("wrong", exact=True)).to_be_checked()
    page.go_back()
    page.go_back()
    expect(page.locator("#thumbs li")).to_have_count(len(wrong))
    expect_shown(page, wrong)


def test_the_photos_are_shown_as_another_cut_sees_them(
    address: str, open_page: OpenPage, small_site: Path
) -> None:
    data = told(small_site, "tiny-net/stem")
    page = open_page(f"{address}{SHEET}?outcome=right")
    page.get_by_label("as seen by").select_option("tiny-net/stem")
    right = [photo for photo in range(60) if data["margin"][photo] > 0]
    expect(page.get_by_role("status")).to_have_text(f"{len(right)} of 60 photos")
    expect_shown(page, sorted(right, key=lambda photo: (data["margin"][photo], photo)))
    expect(page).to_have_url(f"{address}{SHEET}?outcome=right&cut=tiny-net/stem")


def test_photos_that_were_looked_into_are_marked_and_can_be_shown_alone(
    address: str, open_page: OpenPage, small_site: Path
) -> None:
    wrong = sum(margin < 0 for margin in told(small_site, BEST)["margin"])
    page = open_page(f"{address}{SHEET}?outcome=wrong")
    expect(page.locator("#thumbs li")).to_have_count(wrong)
    expect(page.locator("#thumbs .looked")).to_have_count(wrong)
    page.get_by_label("Only those looked into").check()
    expect(page).to_have_url(f"{address}{SHEET}?outcome=wrong&looked=only")
    expect(page.get_by_role("status")).to_contain_text("of 60 photos")


def test_doubted_labels_lead_from_the_dataset_to_the_sheet_the_surest_doubt_first(
    address: str, open_page: OpenPage, small_site: Path
) -> None:
    marks = json.loads((small_site / SHEET / "marks.json").read_bytes())
    page = open_page(f"{address}studies/pets/dataset/")
    page.get_by_role("link", name="These in the contact sheet").click()
    expect_shown(page, marks["doubted"])
    expect(page.get_by_label("doubt", exact=True)).to_be_checked()
    expect(page.locator("#thumbs .doubted")).to_have_count(2)
    expect(page.locator("#thumbs .doubted").first).to_contain_text("rather <b>bold</b> & co")
    page.get_by_label("rising").check()
    expect_shown(page, marks["doubted"][::-1])
    page.get_by_label("Only doubted labels").uncheck()
    expect(page.get_by_role("status")).to_have_text("60 photos")
    expect(page).to_have_url(f"{address}{SHEET}?sort=doubt")
    expect(page.locator("#thumbs a").first).to_have_attribute(
        "href", f"../photos/{marks['doubted'][-1]}/"
    )


def test_a_late_answer_does_not_overwrite_a_later_choice(
    address: str, open_page: OpenPage, small_site: Path
) -> None:
    data = told(small_site, BEST)
    page = open_page(address)
    held: list[Any] = []
    page.route("**/tiny-net/stem/photos.json", lambda route: held.append(route))
    page.goto(f"{address}{SHEET}?outcome=wrong")
    page.get_by_label("as seen by").select_option("tiny-net/stem")
    page.wait_for_timeout(100)
    page.get_by_label("as seen by").select_option("")
    wrong = sum(margin < 0 for margin in data["margin"])
    expect(page.get_by_role("status")).to_have_text(f"{wrong} of 60 photos")
    held[0].continue_()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("status")).to_have_text(f"{wrong} of 60 photos")


def test_the_surest_mistakes_of_a_class_lead_to_their_pages(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}studies/pets/classes/")
    page.get_by_role("link", name="plain").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("plain")
    first = page.locator(".thumbs li").first
    expect(first).to_contain_text("taken for")
    first.get_by_role("link").click()
    expect(page.get_by_text("plain taken for", exact=False).first).to_be_visible()
    page.get_by_role("link", name="plain", exact=True).first.click()
    expect(page).to_have_url(f"{address}studies/pets/classes/2/")
