"""The search field of every page, by keys and by mouse, and the page of all that is found."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import zarr
from playwright.sync_api import Browser, Page, expect
from sample_judged import make_words

from diamond_cutter.build.whole_site import build_site
from diamond_cutter.precompute.stores.atlas.activation_statistics import natural_group
from diamond_cutter.precompute.stores.atlas.word_layout import write_words
from diamond_cutter.precompute.stores.store_address import subgroup

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


def type_in(page: Page, text: str) -> None:
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.keyboard.type(text)
    expect(page.locator(".search [role=status]")).not_to_be_empty()


def test_a_channel_is_reached_by_its_layer_and_number(
    any_address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{any_address}models/tiny-net/stem/3/")
    type_in(page, "tiny block 41")
    option = page.get_by_role("option", name="Channel 41 block1 of tiny-net channel")
    expect(option).to_have_count(1)
    row = option.locator("img")
    expect(row).to_have_attribute("src", re.compile(r"models/tiny-net/block1/row-1\.jpg$"))
    expect(row).to_have_js_property("naturalWidth", 32 * 40)
    field = page.get_by_role("combobox", name="Search")
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{any_address}models/tiny-net/block1/41/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Channel 41")


def test_all_kinds_are_found_as_one_types(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    type_in(page, "t")
    options = page.get_by_role("option")
    expect(options.filter(has_text="tiny-net").first).to_be_visible()
    for typed, name, href in [
        ("big", "big-net", "models/big-net/"),
        ("zoo-net", "zoo-net", "models/#zoo-net"),
        ("pets", "pets", "studies/pets/"),
        ("BLOCK1 tiny", "block1", "models/tiny-net/block1/"),
    ]:
        page.get_by_role("combobox", name="Search").fill(typed)
        first = options.filter(has_text=name).first
        expect(first).to_be_visible()
        assert first.get_attribute("href").removeprefix("./") == href


def test_keys_go_round_and_escape_closes(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    type_in(page, "tiny")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    count = options.count()
    assert count > 2
    field = page.get_by_role("combobox", name="Search")
    page.keyboard.press("ArrowUp")
    expect(options.nth(count - 1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("tiny")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_be_visible()
    page.get_by_role("heading", level=1).click()
    expect(options.first).to_be_hidden()


def test_enter_leads_to_all_that_is_found_which_has_an_address(
    any_address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{any_address}studies/pets/")
    type_in(page, "tiny")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{any_address}search/?q=tiny")
    expect(page.get_by_role("heading", level=2, name="Layers")).to_be_visible()
    results = page.locator("#results a")
    expect(results.first).to_have_attribute("href", "../models/tiny-net/")
    expect(page.get_by_role("combobox", name="Search")).to_have_value("tiny")
    results.filter(has_text="stem").first.click()
    expect(page).to_have_url(f"{any_address}models/tiny-net/stem/")


def test_words_lead_to_the_channels_that_they_fit(
    small_atlas: str, tmp_path: Path, serve_site: Callable[[Path], str], open_page: OpenPage
) -> None:
    atlas = shutil.copytree(small_atlas, tmp_path / "atlas.zarr")
    layer = subgroup(zarr.open_group(str(atlas)), "tiny-net/block1")
    natural = natural_group(layer)
    assert natural is not None
    given = {7: [("golden retriever", 0.75)], 41: [("golden retriever", 0.5)]}
    write_words(layer, make_words(300, given, photos=str(natural.attrs["digest"])))
    build_site(str(atlas), [], tmp_path / "site", "", lambda *_: None)
    page = open_page(serve_site(tmp_path / "site"))
    type_in(page, "retr")
    options = page.get_by_role("option")
    expect(options).to_have_count(2)
    expect(options.first).to_contain_text("Channel 7 block1 of tiny-net · golden retriever 75 %")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Channel 41")


def test_nothing_is_found_and_said(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    type_in(page, "xyzzy")
    expect(page.locator(".search [role=status]")).to_have_text("Nothing is found")
    expect(page.get_by_role("combobox", name="Search")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_have_text("Nothing is found")


def test_results_fit_a_phone(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}models/tiny-net/stem/3/", viewport={"width": 320, "height": 640})
    type_in(page, "tiny 3")
    popup = page.locator(".found").bounding_box()
    assert popup is not None
    assert popup["x"] >= 0
    assert popup["x"] + popup["width"] <= 320
    page.get_by_role("option").first.click()
    expect(page).to_have_url(re.compile("/models/tiny-net/"))


def test_without_javascript_a_page_says_what_the_search_needs(
    any_address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{any_address}models/tiny-net/", java_script_enabled=False)
    expect(page.get_by_role("combobox")).to_be_hidden()
    page.get_by_role("link", name="Search").click()
    expect(page.get_by_text("needs JavaScript")).to_be_visible()
    page.get_by_role("link", name="all models there are").click()
    expect(page).to_have_url(f"{any_address}models/")


def test_opened_from_disk_a_page_says_that_it_has_no_search(
    small_site: Path, browser: Browser
) -> None:
    page = browser.new_page()
    page.goto((small_site / "models/tiny-net/index.html").as_uri())
    expect(page.get_by_role("search")).to_contain_text("diamond serve")
    expect(page.get_by_role("combobox")).to_have_count(0)
    page.close()
