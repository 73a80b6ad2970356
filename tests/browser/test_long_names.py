"""Class names of 95 characters, as biologists' folders have them, on a telephone and a desk."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
PAGES = (
    "studies/pets/",
    "studies/pets/dataset/",
    "studies/pets/photos/?outcome=wrong",
    "studies/pets/photos/7/",
    "studies/pets/classes/",
    "studies/pets/classes/1/",
    "studies/pets/far.net_2/block3/",
)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_the_window(long_names: str, open_page: OpenPage, path: str) -> None:
    page = open_page(long_names + path)
    page.wait_for_load_state("networkidle")
    for width in (390, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_confused_most_is_seen_whole_on_a_desk(
    long_names: str, open_page: OpenPage
) -> None:
    page = open_page(f"{long_names}studies/pets/far.net_2/block3/")
    page.set_viewport_size({"width": 1200, "height": 800})
    region = page.get_by_role("region", name="The pairs of classes confused most")
    assert region.evaluate("each => each.scrollWidth - each.clientWidth") <= 0
    assert region.locator("tbody tr").first.locator("td.number").last.bounding_box()["x"] < 1100  # type: ignore[index]
