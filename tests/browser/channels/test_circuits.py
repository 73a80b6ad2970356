"""A walk from channel to channel along their weights, and all weights of two cuts."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sample_circuit import make_kernels, weights_of

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

MODEL = "models/tiny-net/"
WEIGHTS = weights_of(make_kernels(20, 300, 5))
"""Of block1 by stem."""


def strongest(weights: "np.ndarray[Any, Any]", sign: int) -> list[int]:
    """The channels of that sign among the 16 strongest, the strongest first."""
    order = np.argsort(-np.abs(weights), kind="stable")[:16]
    return [int(channel) for channel in order if sign * weights[channel] > 0]


def trail(page: Page) -> list[str]:
    return page.locator("#trail .tile").evaluate_all("tiles => tiles.map(tile => tile.title)")


def test_a_walk_from_input_to_input_and_back_is_an_address(
    any_address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{any_address}{MODEL}head/2/")
    expect(page.locator("#trail")).to_be_hidden()
    made_of = page.get_by_role("region", name="Made of channels of block1")
    block = strongest(weights_of(make_kernels(300, 5, 1))[:, 2], 1)[0]
    made_of.locator(".connections a").first.click()
    expect(page).to_have_url(f"{any_address}{MODEL}block1/{block}/?walk=head/2")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Channel {block}")
    assert trail(page) == ["Channel 2 of head", f"Channel {block} of block1"]
    expect(page.locator("#trail [aria-current] img")).to_be_visible()

    stem = strongest(WEIGHTS[:, block], -1)[0]
    page.locator(".inhibit a").first.click()
    expect(page).to_have_url(f"{any_address}{MODEL}stem/{stem}/?walk=head/2,block1/{block}")
    walked = ["Channel 2 of head", f"Channel {block} of block1", f"Channel {stem} of stem"]
    assert trail(page) == walked
    expect(page.locator("#trail")).to_be_in_viewport()
    page.mouse.wheel(0, 3000)
    expect(page.locator("#trail")).to_be_in_viewport()
    shared = page.url

    page.locator("#trail a").nth(1).click()
    expect(page).to_have_url(f"{any_address}{MODEL}block1/{block}/?walk=head/2")
    assert trail(page) == walked[:2]
    page.go_back()
    assert trail(page) == walked
    page.get_by_role("link", name="End the walk").click()
    expect(page).to_have_url(f"{any_address}{MODEL}stem/{stem}/")
    expect(page.locator("#trail")).to_be_hidden()

    fresh = open_page(shared)
    assert trail(fresh) == walked
    fed = strongest(WEIGHTS[stem], 1)[0]
    feeds = fresh.get_by_role("region", name="Feeds channels of block1")
    step = feeds.get_by_role("link", name=f"Channel {fed} of block1", exact=True)
    expect(step).to_have_attribute("href", re.compile(rf"\?walk=.*block1/{block},stem/{stem}$"))


def test_a_kernel_is_shown_large_with_its_weights_where_one_points_or_goes_by_keys(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}{MODEL}block1/41/")
    kernels = make_kernels(20, 300, 5).astype(float)[:, 41]
    excite, inhibit = (strongest(WEIGHTS[:, 41], sign) for sign in (1, -1))
    link = page.locator("#kernel-link")
    first = excite[0] if WEIGHTS[excite[0], 41] else inhibit[0]
    expect(link).to_have_text(f"Channel {first} of stem")

    page.locator(".inhibit li .kernel").nth(1).hover()
    expect(link).to_have_text(f"Channel {inhibit[1]} of stem")
    texts = page.locator("#kernel td").all_inner_texts()
    shown = [float(text.replace("\u2212", "-")) for text in texts]
    assert shown == pytest.approx(kernels[inhibit[1]].ravel().tolist(), abs=6e-3)
    assert all(
        (text[0] == "\u2212") == (value < 0) for text, value in zip(texts, shown, strict=True)
    )
    share = WEIGHTS[inhibit[1], 41] ** 2 / (WEIGHTS[:, 41].astype(float) ** 2).sum()
    expect(page.locator("#kernel-facts")).to_contain_text(f"{100 * share:.1f}\u202f% of all")

    page.locator(".connections a").first.focus()
    expect(link).to_have_text(f"Channel {excite[0]} of stem")
    page.keyboard.press("ArrowRight")
    expect(link).to_have_text(f"Channel {excite[1]} of stem")
    page.keyboard.press("End")
    expect(link).to_have_text(f"Channel {excite[-1]} of stem")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}{MODEL}stem/{excite[-1]}/?walk=block1/41")


def test_a_step_that_is_not_here_is_a_number_and_no_fault(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}{MODEL}stem/3/?walk=gone/7,<b>/1", foretold=("gone/",))
    assert trail(page) == ["Channel 7 of gone", "Channel 3 of stem"]
    expect(page.locator("#trail .tile").first).to_contain_text("7")


def test_all_weights_are_pointed_at_zoomed_and_followed(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}{MODEL}block1/")
    page.get_by_role("link", name="made of stem").click()
    said, plane = page.locator("#outcome"), page.locator("#plane")
    source, output = np.unravel_index(np.abs(WEIGHTS).argmax(), WEIGHTS.shape)
    value = f"{WEIGHTS[source, output]:+.1f}".replace("-", "\u2212")
    expect(said).to_have_text(f"Channel {source} to channel {output}: weight {value}")

    viewport = page.locator("#viewport")
    viewport.focus()
    page.keyboard.press("ArrowLeft")
    beside = int(re.findall(r"\d+", said.inner_text())[1])
    assert beside != output
    expect(page).to_have_url(re.compile(rf"\?input={source}&output={beside}$"))
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile(rf"\?input={source}&output={beside}&zoom=1.5$"))
    width = plane.evaluate("plane => plane.offsetWidth / plane.parentElement.clientWidth")
    assert width == pytest.approx(1.5, abs=0.01)
    expect(page.locator("#cursor")).to_be_in_viewport()

    fresh = open_page(page.url)
    expect(fresh.locator("#outcome")).to_contain_text(f"Channel {source} to channel {beside}:")
    expect(fresh.locator("#input .name")).to_have_attribute("href", f"../../stem/{source}/")
    fresh.locator("#viewport").focus()
    fresh.keyboard.press("Enter")
    expect(fresh).to_have_url(f"{address}{MODEL}block1/{beside}/")
    fresh.go_back()
    expect(fresh.locator("#outcome")).to_contain_text(f"Channel {source} to channel {beside}:")

    box = plane.bounding_box()
    assert box is not None
    page.keyboard.press("0")
    viewport.hover(position={"x": 3.5 * box["width"] / 450, "y": 10})
    at = [int(number) for number in re.findall(r"\d+", said.inner_text())[:2]]
    page.mouse.down()
    page.mouse.up()
    expect(page).to_have_url(f"{address}{MODEL}block1/{at[1]}/")


def test_the_picture_of_all_weights_is_dragged_and_a_drag_follows_nothing(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}{MODEL}block1/weights/?zoom=4")
    viewport = page.locator("#viewport")
    expect(page.locator("#outcome")).to_contain_text("weight")
    viewport.evaluate("viewport => viewport.scrollTo(100, 0)")
    box = viewport.bounding_box()
    assert box is not None
    x, y = box["x"] + 200, box["y"] + 20
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y, steps=3)
    page.mouse.move(x - 60, y, steps=3)
    page.mouse.up()
    assert viewport.evaluate("viewport => viewport.scrollLeft") == pytest.approx(160, abs=1)
    page.mouse.move(x, y, steps=3)
    assert viewport.evaluate("viewport => viewport.scrollLeft") == pytest.approx(160, abs=1)
    expect(page).to_have_url(f"{address}{MODEL}block1/weights/?zoom=4")
