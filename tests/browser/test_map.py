"""What a visitor does on a map: choose, zoom, mark an area, ask for classes, follow links."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drawn_map import MAP, documents, fullest, pixel, point_of, wait_for_pictures
from playwright.sync_api import Page, expect
from sample_map import colour_of_cell

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
Violations = Callable[[Page], list[tuple[str, str]]]

SMALL_WINDOW = {"width": 390, "height": 700}


def open_map(open_page: OpenPage, address: str, site: Path, side: int = 16, **options: Any) -> Page:
    page = open_page(address, **options)
    page.locator("#viewport").scroll_into_view_if_needed()
    wait_for_pictures(page, site, side)
    return page


def test_a_cell_shows_its_photos_classes_and_channels_and_is_in_the_address(
    mapped_address: str, mapped_site: Path, open_page: OpenPage
) -> None:
    page = open_map(open_page, mapped_address + MAP, mapped_site)
    row, column = fullest(mapped_site, 16)
    pane = page.locator("#cell")
    expect(pane).to_contain_text("Point at a cell")
    page.mouse.move(*point_of(page, (column + 0.5) / 16, (row + 0.5) / 16))
    expect(pane.locator("h2")).to_have_text(f"Row {row + 1}, column {column + 1} of 16")
    assert "cell=" not in page.url
    page.mouse.click(*point_of(page, (column + 0.5) / 16, (row + 0.5) / 16))
    expect(page).to_have_url(f"{mapped_address}{MAP}?cell=16-{row}-{column}")
    expect(page.locator("#outcome")).to_contain_text(f"Row {row + 1}, column {column + 1}")
    page.mouse.move(*point_of(page, 0.1, 0.1))
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
    expect(pane).to_contain_text("Point at a cell")
    fresh = open_page(state)
    expect(fresh.locator("#cell .cell-picture")).to_be_visible()
    assert fresh.locator("#cell").inner_text() == told
    fresh.get_by_role("link", name="All its photos").click()
    expect(fresh.locator("#cell h2")).to_contain_text("in the area")
    expect(fresh).to_have_url(re.compile(r"\?area=[\d.]+-[\d.]+-[\d.]+-[\d.]+$"))


def test_zoom_shows_another_grid_and_where_the_window_is_stands_in_the_address(
    mapped_address: str, mapped_site: Path, open_page: OpenPage
) -> None:
    page = open_map(open_page, mapped_address + MAP, mapped_site, 8, viewport=SMALL_WINDOW)
    row, column = fullest(mapped_site, 16)
    page.get_by_role("button", name="Closer").click()
    page.get_by_role("button", name="Closer").click()
    expect(page).to_have_url(re.compile(r"\?zoom=2\.25&x=0\.5&y=0\.5$"))
    page.locator("#viewport").focus()
    page.keyboard.press("ArrowRight")  # chooses the cell nearest to the middle
    expect(page).to_have_url(re.compile(r"zoom=2\.25&.*&cell=16-\d+-\d+$"))
    fresh = open_page(page.url, viewport=SMALL_WINDOW)
    expect(fresh.locator("#cell h2")).to_contain_text("of 16")
    expect(fresh).to_have_url(page.url)
    there = f"?zoom=4&x={(column + 0.5) / 16}&y={(row + 0.5) / 16}"
    wide = open_page(mapped_address + MAP + there, viewport=SMALL_WINDOW)
    expected = colour_of_cell(16, row, column)
    wide.wait_for_function(
        """([red, green]) => {
          const canvas = document.querySelector("#viewport canvas");
          const copy = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          copy.drawImage(canvas, -canvas.width / 2, -canvas.height / 2);
          const [r, g] = copy.getImageData(0, 0, 1, 1).data;
          return Math.abs(r - red) < 20 && Math.abs(g - green) < 20;
        }""",
        arg=list(expected[:2]),
    )
    for _ in range(2):
        fresh.get_by_role("button", name="Farther").click()
    expect(fresh).not_to_have_url(re.compile("zoom="))


def test_classes_stand_out_and_two_of_them_make_a_plane(
    mapped_address: str, mapped_site: Path, open_page: OpenPage
) -> None:
    page = open_map(open_page, mapped_address + MAP, mapped_site)
    grid = documents(mapped_site, "grid-16.json")

    def opacity(cell: int) -> int:
        place = [(grid[line][cell] + 0.5) / 16 for line in ("column", "row")]
        return pixel(page, *place)[3] if grid["shown"][cell] else 0

    shown = [at for at, label in enumerate(grid["label"]) if grid["shown"][at] and label == 1]
    own = shown[0]
    other = next(
        at for at in range(len(grid["row"])) if grid["shown"][at] and grid["most"][at] == 3
    )
    assert opacity(own) == opacity(other) == 255
    page.locator("[name=class]").select_option("1")
    expect(page).to_have_url(f"{mapped_address}{MAP}?class=1")
    for _ in range(200):
        if opacity(other) < 100:
            break
        page.wait_for_timeout(25)
    assert opacity(own) > 200 > 100 > opacity(other)
    page.locator("[name=against]").select_option("2")
    expect(page.locator("#legend")).to_contain_text("to the left")
    page.locator("[name=colour]").select_option("class")
    expect(page).to_have_url(f"{mapped_address}{MAP}?class=1&against=2&colour=class")
    expect(page.locator("#legend i")).to_have_count(4)
    for _ in range(2):
        page.go_back()
    expect(page.locator("[name=against]")).to_have_value("")
    page.get_by_role("link", name="stem", exact=True).click()
    expect(page).to_have_url(f"{mapped_address}studies/pets/map/tiny-net/stem/?class=1")
    expect(page.locator("[name=class]")).to_have_value("1")


def test_the_keyboard_walks_from_cell_to_cell_and_marks_an_area(
    mapped_address: str, mapped_site: Path, open_page: OpenPage
) -> None:
    page = open_map(open_page, mapped_address + MAP, mapped_site)
    page.locator("#viewport").focus()
    page.keyboard.press("ArrowRight")  # the first: that nearest to the middle
    expect(page.locator("#outcome")).to_contain_text("Row")
    first = page.url
    page.keyboard.press("ArrowLeft")
    expect(page).not_to_have_url(first)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    expect(page).to_have_url(re.compile(r"cell=16-\d+-\d+&area="))
    expect(page.locator("#outcome")).to_contain_text("in the area")
    left, top, right, bottom = map(float, page.url.partition("area=")[2].split("-"))
    assert (right - left, bottom - top) == pytest.approx((2 / 16, 2 / 16), abs=1e-3)
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"\?cell=16-\d+-\d+$"))
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile("zoom=1.5"))
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("cell="))
    page.locator("#cells summary").click()
    items = page.locator("#cells li a")
    expect(items.first).to_be_visible()
    expect(page.locator("#cells h3").first).to_have_text(re.compile("(left|centre|right)$"))
    words = items.first.inner_text()
    assert re.match(r"Row \d+, column \d+: \d+ places?, mostly of ", words)
    items.first.click()
    expect(page.locator("#outcome")).to_have_text(words)


def test_a_photo_is_found_on_the_map(
    mapped_address: str, mapped_site: Path, open_page: OpenPage
) -> None:
    page = open_page(f"{mapped_address}studies/pets/photos/7/")
    page.get_by_role("link", name="Where it lies on the map").click()
    expect(page).to_have_url(f"{mapped_address}{MAP}?photo=7")
    expect(page.locator("#cell h3")).to_have_text("Its 4 places")
    photos = documents(mapped_site, "photos.json")
    x, y = (step / photos["steps"] for step in photos["position"]["7"][:2])
    accent = page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--accent')"
    )
    assert pixel(page, x, y)[:3] == [int(accent[at : at + 2], 16) for at in (1, 3, 5)]
    page.locator("#cell .map-cells a").first.click()
    expect(page).to_have_url(re.compile(r"\?cell=16-\d+-\d+&photo=7$"))
    expect(page.locator("#cell")).to_contain_text("Typical places")
    other = open_page(f"{mapped_address}{MAP}?photo=59")
    expect(other.locator("#outcome")).to_have_text("This photo is not on the map.")
    wrong = open_page(f"{mapped_address}{MAP}?cell=8-0-0")
    expect(wrong.locator("#outcome")).to_contain_text("Nothing lies in the cell")


def test_dragging_moves_the_window_and_chooses_nothing(
    mapped_address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{mapped_address}{MAP}?zoom=3&x=0.5&y=0.5", reduced_motion="reduce")
    expect(page.locator("#asks")).not_to_have_attribute("inert", "")
    box = page.locator("#viewport").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 200, steps=4)
    page.mouse.up()
    moved = 80 / (3 * min(box["width"], box["height"]))
    expect(page).to_have_url(f"{mapped_address}{MAP}?zoom=3&x={round(0.5 + moved, 4)}&y=0.5")
    page.mouse.wheel(0, -200)
    expect(page).to_have_url(re.compile(r"zoom=4\.4755&x="))
    beside = open_page(f"{mapped_address}{MAP}?zoom=6&x=0.2&y=0.2&cell=16-15-15")
    beside.locator("[name=colour]").select_option("count")  # and the window stays where it is
    expect(beside).to_have_url(
        f"{mapped_address}{MAP}?colour=count&zoom=6&x=0.2&y=0.2&cell=16-15-15"
    )


@pytest.mark.parametrize("way", ["shift", "button"])
def test_an_area_shows_its_photos(
    mapped_address: str, mapped_site: Path, open_page: OpenPage, way: str
) -> None:
    page = open_map(open_page, mapped_address + MAP, mapped_site)
    if way == "button":
        page.get_by_role("button", name="Area").click()
    else:
        page.keyboard.down("Shift")
    page.mouse.move(*point_of(page, 0.6, 0.05))
    page.mouse.down()
    page.mouse.move(*point_of(page, 0.85, 0.25), steps=3)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"\?area="))
    left, top, right, bottom = map(float, page.url.partition("area=")[2].split("-"))
    assert (left, top, right, bottom) == pytest.approx((0.6, 0.05, 0.85, 0.25), abs=0.01)
    photos = documents(mapped_site, "photos.json")
    inside = {
        int(photo)
        for photo, steps in photos["position"].items()
        for x, y in zip(steps[::2], steps[1::2], strict=True)
        if left <= x / photos["steps"] < right and top <= y / photos["steps"] < bottom
    }
    assert 3 < len(inside) < 24
    pane = page.locator("#cell")
    expect(pane.locator("h2")).to_have_text(f"{len(inside)} photos in the area")
    thumbs = pane.locator(".thumbs a").evaluate_all("links => links.map((link) => link.pathname)")
    assert {int(path.rstrip("/").rpartition("/")[2]) for path in thumbs} == inside
    wrong = sum(photos["label"][photo] != photos["predicted"][photo] for photo in inside)
    expect(pane).to_contain_text(f"{wrong} of {len(inside)} taken for a wrong class")
    fresh = open_page(page.url)
    expect(fresh.locator("#cell h2")).to_have_text(f"{len(inside)} photos in the area")
    fresh.get_by_role("link", name="Leave it").click()
    expect(fresh).to_have_url(mapped_address + MAP)


def test_fingers_choose_pinch_and_fling(
    mapped_address: str, mapped_site: Path, open_page: OpenPage
) -> None:
    options = {"viewport": SMALL_WINDOW, "has_touch": True, "is_mobile": True}
    page = open_map(open_page, mapped_address + MAP, mapped_site, 8, **options)
    row, column = fullest(mapped_site, 8)
    page.touchscreen.tap(*point_of(page, (column + 0.5) / 8, (row + 0.5) / 8))
    expect(page).to_have_url(f"{mapped_address}{MAP}?cell=8-{row}-{column}")
    left, top = point_of(page, 0.5, 0.5)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, points: list[tuple[float, float]], time: float) -> None:
        fingers = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(points)]
        sent = {"type": kind, "touchPoints": fingers, "timestamp": 1e9 + time}
        session.send("Input.dispatchTouchEvent", sent)

    for step, half in enumerate((30, 30, 60, 90, 120)):
        kind = "touchMove" if step else "touchStart"
        touch(kind, [(left - half, top), (left + half, top)], step / 60)
    touch("touchEnd", [], 0.1)
    expect(page).to_have_url(re.compile(r"\?zoom=4&x=0\.5&y=0\.5&"))
    assert page.evaluate("visualViewport.scale") == 1
    for step in range(6):
        kind = "touchMove" if step else "touchStart"
        touch(kind, [(left + 50 - 10 * step, top)], 1 + step / 60)
    touch("touchEnd", [], 1 + 6 / 60)
    dragged = 0.5 + 50 / (4 * 358)
    page.wait_for_function(
        "dragged => Number(new URLSearchParams(location.search).get('x')) > dragged + 0.02",
        arg=dragged,
    )


def test_without_a_script_the_map_is_one_picture_with_a_table(
    mapped_address: str, open_page: OpenPage
) -> None:
    page = open_page(mapped_address + MAP, java_script_enabled=False)
    expect(page.locator(".whole-map")).to_be_visible()
    expect(page.locator("#viewport")).not_to_be_visible()
    expect(page.locator("#cells")).not_to_be_visible()
    expect(page.locator(".largest tbody tr").first).to_be_visible()


@pytest.mark.parametrize(
    "where",
    ["?cell=8-1-6&colour=class", "?class=1&against=2&area=0-0-1-1", "../../", "?photo=7", "#embed"],
)
@pytest.mark.parametrize("width", [390, 1600])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    mapped_address: str, open_page: OpenPage, violations: Violations, where: str, width: int
) -> None:
    for scheme in ("light", "dark"):
        page = open_page(
            mapped_address + MAP + where,
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
        )
        page.wait_for_load_state("networkidle")
        if where.startswith("?"):
            page.locator("#cells summary").click()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
