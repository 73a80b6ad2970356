"""Lists: made on pages, worked on, shared by their address, opened by somebody else, exported."""

import csv
import io
import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
Violations = Callable[[Page], list[tuple[str, str]]]

CHANNEL = "models/tiny-net/block1/"
MIXED = (
    "#list=1&Dogs;models/tiny-net/block1,41=a+nose,7;studies/pets/photos,7,7-0.5-0.25;/classes,1"
)


def names(page: Page, index: int = 0) -> list[str]:
    """The names of a list's items, once they are told."""
    rows = page.locator(".list").nth(index).locator("li")
    expect(rows.first).to_be_visible()
    expect(rows.locator(".what a")).to_have_count(rows.count())
    return rows.locator(".what").all_inner_texts()


def stored(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate("({...localStorage})")
    return found


def saved(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save as {name}").click()
    return download.value.path().read_bytes()


def test_made_reordered_annotated_shared_and_opened_in_a_fresh_browser(
    any_address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{any_address}{CHANNEL}41/")
    expect(page.locator("#list-link")).to_be_hidden()
    page.get_by_role("button", name="Add to list").click()
    expect(page.get_by_role("dialog")).to_contain_text("Shall this browser keep your list?")
    assert stored(page) == {}  # not before one agrees
    page.get_by_role("button", name="Keep it in this browser").click()
    expect(page.locator(".added")).to_have_text("Added: 1 item in the list.")
    page.get_by_role("button", name="Add to list").click()
    expect(page.locator(".added")).to_have_text("In the list already.")
    assert len(stored(page)) == 1

    page.goto(f"{any_address}{CHANNEL}")
    page.locator("#grid a").nth(7).focus()
    expect(page.locator("#preview-link")).to_have_text("Channel 7")
    page.locator(".preview").get_by_role("button", name="Add to list").click()
    page.goto(f"{any_address}studies/pets/photos/7/?at=0.5,0.25")
    page.get_by_role("button", name="Add to list").click()
    page.get_by_role("button", name="Add the chosen place").click()
    page.goto(f"{any_address}studies/pets/classes/1/")
    page.get_by_role("button", name="Add to list").click()
    page.get_by_role("link", name="List: 5").click()

    assert names(page)[:2] == ["Channel 41", "Channel 7"]
    page.get_by_label("Move Channel 7 up").click()
    expect(page.locator("#outcome")).to_have_text("Channel 7: number 1 of 5.")
    assert names(page)[:2] == ["Channel 7", "Channel 41"]
    page.locator(".list li").first.get_by_label("Note").press("Alt+ArrowDown")
    expect(page.locator("#outcome")).to_have_text("Channel 7: number 2 of 5.")
    page.set_viewport_size({"width": 1280, "height": 1100})  # nothing scrolls while it is dragged
    page.locator(".list li canvas").nth(4).drag_to(page.locator(".list li").nth(0))
    expect(page.locator("#outcome")).to_contain_text("number 1 of 5")
    order = names(page)
    assert order[1:3] == ["Channel 41", "Channel 7"]
    page.get_by_label("Name of the list").fill("Dogs & <b>cats</b>")
    page.locator(".list li").nth(1).get_by_label("Note").fill("like a nose, wet")
    page.get_by_label("Remove Channel 7").click()
    assert len(names(page)) == 4
    page.get_by_role("button", name="Undo").click()
    assert names(page) == order
    expect(page.locator("#length")).to_contain_text("chat programs carry it")

    fresh = open_page(page.url)
    assert names(fresh) == order
    expect(fresh.get_by_label("Name of the list")).to_have_value("Dogs & <b>cats</b>")
    expect(fresh.locator(".list li").nth(1).get_by_label("Note")).to_have_value("like a nose, wet")
    expect(fresh).to_have_url(page.url)
    assert stored(fresh) == {}
    fresh.locator(".list li").nth(1).get_by_role("link").click()
    expect(fresh.get_by_role("heading", level=1)).to_have_text("Channel 41")
    expect(fresh.get_by_role("link", name="List: 5")).to_be_visible()


def test_without_consent_the_list_goes_along_in_addresses(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}{CHANNEL}41/")
    page.get_by_role("button", name="Add to list").click()
    page.get_by_role("button", name="Only in the address").click()
    expect(page).to_have_url(f"{address}{CHANNEL}41/#list=1&;models/tiny-net/block1,41")
    page.get_by_role("link", name="block1", exact=True).first.click()
    page.locator("#grid a").nth(3).click()
    page.get_by_role("button", name="Add to list").click()
    expect(page.get_by_role("dialog")).to_have_count(0)  # asked once
    page.get_by_role("link", name="List: 2").click()
    expect(page).to_have_url(f"{address}lists/#list=1&;models/tiny-net/block1,41,3")
    assert names(page) == ["Channel 41", "Channel 3"]
    assert stored(page) == {}


def test_two_lists_beside_each_other_in_one_address(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}lists/#list=1&One;models/tiny-net/block1,41,7&Two;/stem,9;x/y,1")
    expect(page.locator("#problem")).to_contain_text("Left out: 2 items")
    page = open_page(f"{address}lists/#list=1&One;models/tiny-net/block1,41,7")
    page.get_by_role("button", name="Begin a second list").click()
    page.get_by_label("Name of the list").nth(1).fill("Two")
    page.get_by_label("Move Channel 41 to the other list").click()
    expect(page).to_have_url(
        f"{address}lists/#list=1&One;models/tiny-net/block1,7&Two;models/tiny-net/block1,41"
    )
    fresh = open_page(page.url)
    assert (names(fresh), names(fresh, 1)) == (["Channel 7"], ["Channel 41"])
    boxes = [fresh.locator(".list").nth(index).bounding_box() for index in (0, 1)]
    assert boxes[0]
    assert boxes[1]
    assert boxes[1]["x"] >= boxes[0]["x"] + boxes[0]["width"]  # beside it


def test_a_list_of_somebody_else_takes_the_place_of_ones_own_only_when_asked(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}{CHANNEL}41/")
    page.get_by_role("button", name="Add to list").click()
    page.get_by_role("button", name="Keep it in this browser").click()
    before = stored(page)
    page.goto(f"{address}lists/#list=1&Theirs;models/tiny-net/block1,7")
    expect(page.locator("#origin")).to_contain_text("from its address")
    page.get_by_label("Note").fill("mine now?")
    assert stored(page) == before
    page.get_by_role("button", name="Put it beside mine").click()
    assert (names(page), names(page, 1)) == (["Channel 41"], ["Channel 7"])
    page.goto(f"{address}lists/")
    assert (names(page), names(page, 1)) == (["Channel 41"], ["Channel 7"])
    page.get_by_role("button", name="Keep it no longer").click()
    assert stored(page) == {}
    assert names(page) == ["Channel 41"]  # in the address still


def test_it_is_exported_as_json_csv_and_one_picture(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}lists/{MIXED}")
    told = names(page)
    document = json.loads(saved(page, "JSON"))
    assert document["format_version"] == 1
    items = document["lists"][0]["items"]
    assert [item["kind"] for item in items] == ["channel", "channel", "photo", "place", "class"]
    assert [item["name"] for item in items] == told
    assert items[0] == {
        "kind": "channel",
        "name": "Channel 41",
        "of": "block1 of tiny-net",
        "path": f"{CHANNEL}41",
        "address": f"{address}{CHANNEL}41/",
        "note": "a nose",
        "lacking": "",
    }
    rows = list(csv.DictReader(io.StringIO(saved(page, "CSV").decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == told
    assert [row["address"] for row in rows] == [item["address"] for item in items]
    picture = np.asarray(Image.open(io.BytesIO(saved(page, "one picture"))).convert("RGB"))
    assert picture.shape == (248, 880, 3)
    # The first item's tile is its tile of the sheet: channel 41 in row 2, column 9.
    sheet = page.request.get(f"{address}{CHANNEL}sheet-0.jpg").body()
    side = Image.open(io.BytesIO(sheet)).width // 16
    box = (9 * side, 2 * side, 10 * side, 3 * side)
    expected = np.asarray(Image.open(io.BytesIO(sheet)).convert("RGB").crop(box).resize((128, 128)))
    tile = picture[56:184, 16:144].astype(float)
    assert np.abs(tile - expected).mean() < 6
    below = picture[186:200, 16:144]
    assert below.min() < 100  # its name
    for left in range(16, 16 + 4 * 144, 144):
        assert picture[56:184, left : left + 128].std() > 1  # each has a picture


def test_a_saved_list_is_opened_in_a_fresh_browser_chosen_or_dropped(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}lists/{MIXED}")
    told = names(page)
    content = saved(page, "JSON")
    fresh = open_page(f"{address}lists/")
    expect(fresh.get_by_text("No list yet")).to_be_visible()
    expect(fresh.get_by_role("button")).to_have_text(["Open a saved JSON"])  # none that needs one
    with fresh.expect_file_chooser() as chooser:
        fresh.get_by_role("button", name="Open a saved JSON").click()
    chooser.value.set_files({"name": "a.json", "mimeType": "application/json", "buffer": content})
    expect(fresh.locator("#outcome")).to_have_text("Opened a.json")
    assert names(fresh) == told
    expect(fresh).to_have_url(page.url)
    assert stored(fresh) == {}
    fresh.go_back()
    expect(fresh.locator(".list")).to_have_count(0)

    document = json.loads(content)
    document["lists"][0]["items"][1]["path"] = "javascript:alert(1)"
    dropped = fresh.evaluate_handle(
        "text => { const all = new DataTransfer(); all.items.add(new File([text], 'b.json'));"
        " return all }",
        json.dumps(document),
    )
    fresh.dispatch_event("#lists", "drop", {"dataTransfer": dropped})
    expect(fresh.locator("#problem")).to_have_text(
        "Not all of the file could be read. Left out: 1 item."
    )
    assert names(fresh) == [told[0], *told[2:]]
    fresh.locator("#file").set_input_files(
        {"name": "c.json", "mimeType": "application/json", "buffer": b"{}"}
    )
    expect(fresh.locator("#problem")).to_contain_text("The file holds no lists")
    assert len(names(fresh)) == len(told) - 1  # what is there stays


def test_channels_are_collected_by_taps_in_a_grid_on_a_phone(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}{CHANNEL}", viewport={"width": 390, "height": 700}, has_touch=True)
    expect(page.locator(".preview")).to_be_hidden()
    page.get_by_label("Tap or click adds to list").tap()
    page.locator("#grid a").nth(7).tap()
    page.get_by_role("button", name="Keep it in this browser").tap()
    expect(page.locator(".added")).to_have_text("Added: 1 item in the list.")
    page.locator("#grid a").nth(41).tap()
    expect(page.locator(".added")).to_have_text("Added: 2 items in the list.")
    expect(page.locator("#preview-link")).to_have_text("Channel 41")
    box = page.locator(".preview").bounding_box()
    assert box
    assert box["y"] + box["height"] == pytest.approx(700, abs=1)  # at the foot of the window
    assert box["height"] < 200
    page.get_by_label("Tap or click adds to list").tap()
    expect(page.locator(".preview")).to_be_hidden()
    page.get_by_role("link", name="List: 2").tap()
    assert names(page) == ["Channel 7", "Channel 41"]


def test_what_the_site_has_no_longer_is_told(address: str, open_page: OpenPage) -> None:
    channels = "models/tiny-net/block1,9999,41;/gone,3;/stem,3"
    gone = f"#list=1&Old;{channels};studies/pets/photos,60000;/classes,9"
    foretold = ("/gone/", "/sheet-234.json", "/classes/9/")
    page = open_page(f"{address}lists/{gone}", foretold=foretold)
    expect(page.get_by_text("This site has it no longer.")).to_have_count(4)
    expect(page.get_by_text("stem of tiny-net, no picture: dead")).to_be_visible()
    assert len(names(page)) == 6
    assert page.url.endswith(gone)
    items = json.loads(saved(page, "JSON"))["lists"][0]["items"]
    there = [item["name"] for item in items if not item["lacking"]]
    assert there == ["Channel 41", "Channel 3"]


@pytest.mark.parametrize(
    ("hash_", "said"),
    [
        ("#list=1&<img src=x onerror=alert(1)>;models/tiny-net/block1,41=<script>x</script>", ""),
        ("#list=7&x;models/tiny-net/block1,41", "version 7"),
        ("#list=1&%E0%A4%A;models/tiny-net/block1,%zz,41", "Left out: 1 item, a list's name"),
        ("#list=1&x;javascript:alert(1),1;//evil.example,2;../../x,3", "Left out: 3 items"),
        ("#list=1&x;models/tiny-net/block1" + ",1" * 600_000, "1200032 characters"),
        ("#%%%", "names no list"),
    ],
)
def test_hostile_addresses_are_harmless(
    address: str, open_page: OpenPage, hash_: str, said: str
) -> None:
    page = open_page(f"{address}lists/{hash_}")
    expect(page.locator("#problem")).to_contain_text(said)
    assert page.locator("main :is(img, script)").count() == 0


def test_a_cell_of_a_map_is_added(mapped_address: str, open_page: OpenPage) -> None:
    page = open_page(f"{mapped_address}studies/pets/")
    page.goto(f"{mapped_address}studies/pets/map/")
    page.locator(".maps a").first.click()
    page.locator("a[data-view]").first.click()
    page.get_by_role("button", name="Add to list").click()
    page.get_by_role("button", name="Only in the address").click()
    expect(page.locator(".added")).to_have_text("Added: 1 item in the list.")
    page.get_by_role("link", name="List: 1").click()
    assert re.fullmatch(r"Row \d+, column \d+ of \d+", names(page)[0])
    drawn = "canvas => canvas.getContext('2d').getImageData(96, 96, 1, 1).data[3]"
    page.wait_for_function(f"({drawn})(document.querySelector('.list canvas')) === 255")


def test_axe_finds_nothing_in_the_question(
    address: str, open_page: OpenPage, violations: Violations
) -> None:
    page = open_page(f"{address}{CHANNEL}41/")
    page.get_by_role("button", name="Add to list").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Add to list")).to_be_focused()


def test_without_a_script_it_says_what_it_needs(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}lists/", java_script_enabled=False)
    expect(page.get_by_text("This page needs JavaScript")).to_be_visible()
    expect(page.locator("#actions")).to_be_hidden()
