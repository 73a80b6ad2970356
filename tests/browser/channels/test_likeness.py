"""From a channel to one like it in another network and back, and the page of two layers."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
STEM = "models/tiny-net/stem/"
PAIR = f"{STEM}likeness/near-net/first/"


def test_a_channel_leads_to_one_like_it_in_another_network_and_that_leads_back(
    likeness_address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{likeness_address}{STEM}9/")
    alike = page.get_by_role("region", name="Like it on photos")
    alike.get_by_role("link", name="Channel 4 of first of near-net").click()
    expect(page).to_have_url(f"{likeness_address}models/near-net/first/4/")
    back = page.get_by_role("region", name="Like it on photos")
    link = back.get_by_role("link", name="Channel 9 of stem of tiny-net")
    expect(link.locator("img")).to_be_visible()
    link.click()
    expect(page).to_have_url(f"{likeness_address}{STEM}9/")
    page.go_back()
    expect(page).to_have_url(f"{likeness_address}models/near-net/first/4/")


@pytest.mark.parametrize("script", [True, False])
def test_two_layers_stand_beside_each_other_at_their_address(
    likeness_address: str, open_page: OpenPage, script: bool
) -> None:
    page = open_page(likeness_address + STEM, java_script_enabled=script)
    page.get_by_role("link", name="first of near-net").click()
    choices = page.get_by_role("navigation", name="Other layers beside stem")
    expect(choices.locator("[aria-current]")).to_have_text("first")
    choices.get_by_role("link", name="second").click()
    expect(page).to_have_url(f"{likeness_address}{STEM}likeness/near-net/second/")
    choices.get_by_role("link", name="first").click()
    expect(page).to_have_url(likeness_address + PAIR)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "stem of tiny-net beside first of near-net"
    )
    both = page.get_by_role("region", name="What both have")
    expect(both.get_by_role("listitem")).to_have_count(10)
    pair = both.get_by_role("listitem").filter(has=page.locator("a[href$='/stem/9/']"))
    expect(pair.locator("a[href$='/first/4/']")).to_be_visible()
    pair.get_by_role("link", name="Channel 4 of first of near-net").click()
    assert urlsplit(page.url).path.endswith("models/near-net/first/4/")
