"""What a visitor does on the page of a photo: cells, channels, classes, layers in the address."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sample_wide import CHANNELS, make_wide_photo

from diamond_cutter.build.pages.attribution.attribution_documents import view_document

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

PHOTO = "studies/pets/photos/4/"
BESIDE = "far.net_2/block3/conv1"  # 28 x 28 cells, and the atlas has none of it


def the_map(page: Page, index: int = 0) -> Locator:
    found = page.locator("photo-map").nth(index)
    expect(found.locator(".cells > *").first).to_be_attached()
    return found


def caption(page: Page, index: int = 0) -> Locator:
    return page.locator(".channels caption").nth(index)


def at(element: Locator, down: float, across: float) -> dict[str, float]:
    box = element.bounding_box()
    assert box is not None
    return {"x": across * box["width"], "y": down * box["height"]}


def channels(page: Page) -> list[int]:
    buttons = page.locator(".pane").first.locator("button[data-channel]")
    return [int(text) for text in buttons.evaluate_all("all => all.map(b => b.dataset.channel)")]


def test_from_a_photo_to_a_cell_a_channel_its_page_and_back(
    any_address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{any_address}studies/pets/photos/?outcome=right")
    page.locator("#thumbs a[href$='/4/']").click()
    expect(page).to_have_url(any_address + PHOTO)
    photo = the_map(page)
    expect(caption(page)).to_contain_text("The whole photo: channels for")
    whole = channels(page)

    photo.hover(position=at(photo, 0.4, 0.5))  # of 7 x 7 cells
    expect(caption(page)).to_contain_text("Row 3, column 4: channels for")
    assert channels(page) != whole
    expect(page).to_have_url(any_address + PHOTO)
    page.get_by_role("heading", level=1).hover()
    expect(caption(page)).to_contain_text("The whole photo")
    assert channels(page) == whole

    photo.click(position=at(photo, 0.4, 0.5))
    expect(page).to_have_url(f"{any_address}{PHOTO}?at=0.357,0.5")
    page.get_by_role("heading", level=1).hover()
    expect(caption(page)).to_contain_text("Row 3, column 4")
    own = channels(page)

    page.locator("button[data-channel]").nth(1).click()
    state = f"{any_address}{PHOTO}?at=0.357,0.5&channel={own[1]}"
    expect(page).to_have_url(state)
    expect(photo.locator(".cells .active").first).to_be_attached()
    expect(page.locator(".legend figcaption")).to_contain_text(f"Activation of channel {own[1]}")

    page.locator("div.chosen").get_by_role("link", name=f"Channel {own[1]}").click()
    expect(page).to_have_url(f"{any_address}models/tiny-net/block1/{own[1]}/")
    page.go_back()
    expect(page).to_have_url(state)

    for again in (page, open_page(state)):
        expect(again.locator(".chosen .name")).to_have_text(f"Channel {own[1]}")
        expect(caption(again)).to_contain_text("Row 3, column 4")
        assert channels(again) == own
        pressed = again.locator("button[data-channel][aria-pressed=true]")
        expect(pressed).to_have_attribute("data-channel", str(own[1]))


def test_the_keyboard_does_all_of_it(address: str, open_page: OpenPage) -> None:
    page = open_page(address + PHOTO)
    photo = the_map(page)
    page.locator("[name=over][value=heat]").focus()
    page.keyboard.press("Tab")
    expect(photo).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(caption(page)).to_contain_text("Row 4, column 4")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    expect(caption(page)).to_contain_text("Row 3, column 7")
    said = page.locator("#said-cell")
    expect(said).to_contain_text(re.compile(r"^Row 3, column 7: .*: Channel \d+ \+\d"))
    expect(page).to_have_url(f"{address}{PHOTO}?at=0.357,0.929")
    page.keyboard.press("Tab")
    chosen = page.locator(":focus").get_attribute("data-channel")
    page.keyboard.press("Enter")
    expect(page.locator(".chosen .name")).to_have_text(f"Channel {chosen}")
    expect(page.locator(":focus")).to_have_attribute("data-channel", str(chosen))
    state = page.url
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}models/tiny-net/block1/{chosen}/")
    page.go_back()
    expect(page).to_have_url(state)
    expect(page.locator(".chosen .name")).to_have_text(f"Channel {chosen}")
    the_map(page).focus()
    page.keyboard.press("Escape")
    expect(caption(page)).to_contain_text("The whole photo")
    expect(page).to_have_url(f"{address}{PHOTO}?channel={chosen}")


def test_a_finger_chooses_what_a_mouse_does(address: str, open_page: OpenPage) -> None:
    page = open_page(address + PHOTO, has_touch=True, viewport={"width": 360, "height": 700})
    photo = the_map(page)
    photo.tap(position=at(photo, 0.05, 0.95))
    expect(caption(page)).to_contain_text("Row 1, column 7")
    expect(page).to_have_url(f"{address}{PHOTO}?at=0.071,0.929")
    photo.tap(position=at(photo, 0.05, 0.95))
    expect(caption(page)).to_contain_text("The whole photo")


def test_another_pair_of_classes_turns_the_signs(address: str, open_page: OpenPage) -> None:
    page = open_page(address + PHOTO)
    the_map(page)
    of, against = (page.locator(f"[name={name}]") for name in ("of", "against"))
    one, other = of.input_value(), against.input_value()
    before = channels(page)
    sums = page.locator(".sums")
    said = sums.inner_text()
    of.select_option(other)
    expect(page).to_have_url(f"{address}{PHOTO}?of={other}")
    expect(against).to_have_value("")
    against.select_option(one)
    expect(page).to_have_url(f"{address}{PHOTO}?of={other}&against={one}")
    assert channels(page) == before[::-1]
    turned = said.translate(str.maketrans("+\u2212", "\u2212+"))
    expect(sums).to_have_text(turned)
    page.go_back()
    expect(against).to_have_value("")
    page.go_back()
    expect(of).to_have_value(one)
    assert channels(page) == before
    expect(sums).to_have_text(said)


def test_two_networks_stand_side_by_side_with_cells_linked_by_place(
    any_address: str, open_page: OpenPage
) -> None:
    page = open_page(any_address + PHOTO)
    the_map(page)
    page.locator("[name=beside]").select_option(BESIDE)
    expect(page).to_have_url(f"{any_address}{PHOTO}?beside={BESIDE}")
    other = the_map(page, 1)
    assert page.locator(".pane-name").all_inner_texts() == [
        "tiny-net at block1",
        "far.net_2 at conv1, below the cut at block3",
    ]
    photo = the_map(page)
    photo.hover(position=at(photo, 0.5, 0.93))
    expect(caption(page, 0)).to_contain_text("Row 4, column 7")
    expect(caption(page, 1)).to_contain_text("Row 15, column 27")
    expect(other.locator(".looked")).to_have_count(2)
    other.click(position=at(other, 0.02, 0.02))
    expect(caption(page, 0)).to_contain_text("Row 1, column 1:")
    expect(caption(page, 1)).to_contain_text("Row 1, column 1:")
    other.focus()
    page.keyboard.press("ArrowDown")  # a fine cell moves inside the coarse one
    expect(caption(page, 1)).to_contain_text("Row 2, column 1:")
    expect(caption(page, 0)).to_contain_text("Row 1, column 1:")
    second = page.locator(".pane").nth(1)
    second.locator("button[data-channel]").first.click()
    chosen = second.locator("button[aria-pressed=true]").get_attribute("data-channel")
    expect(second.locator("div.chosen")).to_contain_text(
        f"diamond atlas --models far.net_2 --layers conv1 --channels {chosen}-{chosen}"
    )
    expect(second.locator(".lacking")).to_contain_text("diamond atlas --for pets")
    fresh = open_page(page.url)
    expect(fresh.locator(".pane").nth(1).locator(".chosen .name")).to_have_text(f"Channel {chosen}")
    fresh.locator("[name=beside]").select_option("")
    expect(fresh.locator(".pane")).to_have_count(1)


def test_two_cuts_that_disagree_are_asked_the_same_from_the_first(
    address: str, open_page: OpenPage, small_site: Path
) -> None:
    folder = "far.net_2/block3/block3/"
    view, more = (
        json.loads((small_site / PHOTO / folder / f"{name}.json").read_bytes())
        for name in ("view", "more")
    )
    pair, single, *rest = view["targets"]
    values = view["groups"]["value"]
    view["targets"] = [single, pair, *rest]
    view["parts"], more["parts"][0] = [more["parts"][0]], view["parts"][0]
    view["groups"]["value"] = [values[1], values[0], *values[2:]]
    page = open_page(address)
    page.route(f"**/{folder}view.json", lambda route: route.fulfill(json=view))
    page.route(f"**/{folder}more.json", lambda route: route.fulfill(json=more))
    page.goto(f"{address}{PHOTO}?beside={folder.rstrip('/')}")
    the_map(page, 1)
    asked = caption(page, 0).inner_text()
    assert "against" in asked
    expect(caption(page, 1)).to_have_text(asked)
    for sums in page.locator(".sums").all():
        expect(sums).to_contain_text("The difference of the two logits is")
        expect(sums).not_to_contain_text("not kept")
    page.locator("[name=of]").select_option(str(pair[1]))
    expect(caption(page, 0)).not_to_have_text(asked)
    page.go_back()
    expect(caption(page, 0)).to_have_text(asked)
    expect(caption(page, 1)).to_have_text(asked)


def test_groups_and_activation_are_shown_too(address: str, open_page: OpenPage) -> None:
    page = open_page(address + PHOTO)
    photo = the_map(page)
    page.get_by_label("channels", exact=True).check()
    expect(photo.locator(".cells > svg image")).to_have_count(49)
    expect(page.locator(".legend")).to_contain_text("In each cell the channel that speaks most")
    page.get_by_label("groups", exact=True).check()
    expect(page.locator(".groups tbody tr")).to_have_count(3)
    expect(photo.locator(".number")).to_have_text(["1", "2", "3"])
    pictures = page.locator(".groups .whole img")
    expect(pictures).to_have_count(3)
    expect(pictures.nth(1)).to_have_attribute("alt", re.compile("made to excite group 2"))
    page.wait_for_function("[...document.querySelectorAll('.groups img')].every(i => i.complete)")
    expect(pictures.nth(1)).to_have_js_property("naturalWidth", 16)
    page.get_by_role("button", name="Group 2 alone").click()
    expect(page).to_have_url(f"{address}{PHOTO}?over=groups&group=1")
    expect(photo.locator(".number")).to_have_text(["2"])
    page.get_by_label("nothing", exact=True).check()
    expect(photo.locator(".cells > *")).to_have_count(0)
    page.get_by_label("activation", exact=True).check()
    photo.hover(position=at(photo, 0.1, 0.1))
    expect(caption(page)).to_have_text("Row 1, column 1: its most active channels")
    assert len(channels(page)) == 4
    expect(page).to_have_url(f"{address}{PHOTO}?by=activation&over=none")


def test_a_late_answer_does_not_overwrite_a_later_choice(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    held: list[Any] = []
    page.route("**/stem/view.json", lambda route: held.append(route))
    page.goto(address + PHOTO)
    the_map(page)
    own = channels(page)
    layer = page.locator("[name=view]")
    layer.select_option("tiny-net/block1/stem")
    page.wait_for_timeout(100)
    layer.select_option("tiny-net/block1/block1")
    expect(page).to_have_url(address + PHOTO)
    held[0].continue_()
    page.wait_for_load_state("networkidle")
    assert channels(page) == own
    expect(page.locator(".pane-name")).to_have_text("tiny-net at block1")


def test_the_next_photo_is_looked_at_in_the_same_way(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}{PHOTO}?view=tiny-net/block1/stem&over=groups&at=0.5,0.5")
    the_map(page)
    page.get_by_role("link", name="Photo 5").click()
    expect(page).to_have_url(
        f"{address}studies/pets/photos/5/?view=tiny-net/block1/stem&over=groups"
    )


def test_without_a_script_the_photo_and_its_channels_are_there(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(address + PHOTO, java_script_enabled=False)
    expect(page.locator("photo-map image")).to_be_visible()
    expect(page.locator(".channels tbody tr")).to_have_count(12)
    expect(page.locator(".channels .value").first).to_have_text(re.compile(r"^\+\d"))
    expect(page.locator(".channels .value").last).to_have_text(re.compile("^\u2212\\d"))
    expect(page.locator("#asks")).to_be_hidden()
    page.locator(".channels a[href]:not(.tile)").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Channel")


def test_with_2000_channels_a_photo_page_loads_under_200_kb_beside_pictures(
    address: str, open_page: OpenPage, small_site: Path
) -> None:
    page = open_page(address, foretold=("sheet-",))  # of pictures of channels that are not there
    loaded: dict[str, int] = {}

    def on_response(response: Any) -> None:
        is_picture = response.request.resource_type == "image"  # though some are not there
        if not is_picture:
            loaded[response.url] = len(response.body())

    layer = json.loads((small_site / "models/tiny-net/block1/layer.json").read_bytes())
    wide = {**layer, "score": [-12.34] * CHANNELS, "reason": [""] * CHANNELS}
    page.route("**/block1/block1/view.json", lambda route: route.fulfill(body=view_document(*made)))
    page.route("**/block1/layer.json", lambda route: route.fulfill(json=wide))
    made = make_wide_photo()
    page.on("response", on_response)
    page.goto(address + PHOTO, wait_until="networkidle")
    assert the_map(page).locator(".cells > *").count() > 27 * 27
    assert len(channels(page)) == 12
    assert {"view.json", "layer.json"} <= {url.rpartition("/")[2] for url in loaded}
    assert 120_000 < sum(loaded.values()) < 200_000, loaded


def test_a_mistaken_photo_has_the_graphs_of_both_classes(address: str, open_page: OpenPage) -> None:
    def drawn(page: Page) -> Page:
        page.locator(".graphs").scroll_into_view_if_needed()
        expect(page.locator(".drawing .node").first).to_be_attached()
        return page

    page = drawn(open_page(address + PHOTO))
    expect(page.locator(".drawings figcaption")).to_have_count(2)
    page.locator(".drawing .node").nth(5).click()
    expect(page).to_have_url(re.compile(r"\?node=(stem|block1)/\d+$"))
    state, said = page.url, page.locator(".road").inner_text()
    expect(drawn(open_page(state)).locator(".road")).to_have_text(said)
    page.get_by_role("link", name="Photo 5").click()
    expect(page).to_have_url(re.compile("photos/5/$"))
    expect(page.locator(".drawings figcaption")).to_have_count(1)
