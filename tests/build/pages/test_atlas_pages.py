import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diamond_cutter.build.page_text import decimal, grouped
from diamond_cutter.build.pages.page_frame import POLICY
from diamond_cutter.build.whole_site import build_site
from diamond_cutter.command.errors import UserError


def text(site: Path, path: str) -> str:
    return (site / path / "index.html").read_text(encoding="utf-8")


def meta(html: str) -> dict[str, str]:
    found = re.findall(r'<meta (?:name|property|http-equiv)="([^"]+)" content="([^"]*)">', html)
    return {name: unescape(content) for name, content in found}


def pages(site: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]


def test_every_page_carries_the_policy_and_has_nothing_inline(small_site: Path) -> None:
    for html in pages(small_site):
        if "Nothing at this address" not in html:
            assert meta(html)["Content-Security-Policy"] == POLICY.format(pictures="")
            assert "<style" not in html
        assert not re.search(r'\s(style|on\w+)="', html)
        assert not re.search(r"<script(?![^>]* src=)", html)


def test_the_page_of_what_is_not_there_allows_its_own_style_alone(small_site: Path) -> None:
    html = (small_site / "404.html").read_text(encoding="utf-8")
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = meta(html)["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")


def test_every_page_has_its_own_title_and_description(small_site: Path) -> None:
    heads = [html.split("</head>")[0] for html in pages(small_site)]
    titles = [re.findall(r"<title>(.*?)</title>", head) for head in heads]
    assert all(len(title) == 1 for title in titles)
    assert len({title[0] for title in titles}) == len(titles)
    block = text(small_site, "models/tiny-net/block1/41")
    assert meta(block)["description"].startswith("What channel 41 of layer block1 of tiny-net")


def test_a_channels_link_preview_shows_its_picture(small_site: Path) -> None:
    found = meta(text(small_site, "models/tiny-net/block1/41"))
    assert found["og:title"] == "Channel 41 of block1 · tiny-net · Diamond Cutter"
    assert found["og:type"] == "website"
    assert found["og:image"] == "../../../../models/tiny-net/block1/41/channel.jpg"
    assert found["og:description"] == found["description"]
    assert found["twitter:card"] == "summary"


def test_with_the_sites_address_a_link_preview_has_full_addresses(
    small_atlas: str, tmp_path: Path
) -> None:
    def quiet(_step: str, _done: int, _total: int) -> None:
        pass

    build_site(small_atlas, [], tmp_path / "site", "https://me.example/atlas", quiet)
    html = text(tmp_path / "site", "models/tiny-net/block1/41")
    base = "https://me.example/atlas/models/tiny-net/block1/41/"
    assert meta(html)["og:image"] == f"{base}channel.jpg"
    assert meta(html)["og:url"] == base
    assert f'<link rel="canonical" href="{base}">' in html
    assert 'href="https://me.example/atlas/"' in (tmp_path / "site/404.html").read_text()


@pytest.mark.parametrize(
    "address", ["example.org", "ftp://example.org", "https://", "https://a/?b"]
)
def test_an_address_that_is_none_is_refused(small_atlas: str, tmp_path: Path, address: str) -> None:
    def quiet(_step: str, _done: int, _total: int) -> None:
        pass

    with pytest.raises(UserError, match="--address: expected the site's address"):
        build_site(small_atlas, [], tmp_path / "site", address, quiet)
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("channel", "reason", "sentence"),
    [
        (3, "dead", "no picture was found that excites it more than plain grey does"),
        (7, "grey", "its picture has next to no contrast"),
        (11, "chance", "it excites other channels of the layer more"),
        (19, "none yet", "This channel has no picture yet."),
    ],
)
def test_a_channel_without_a_picture_has_a_page_that_says_why(
    small_site: Path, channel: int, reason: str, sentence: str
) -> None:
    html = text(small_site, f"models/tiny-net/stem/{channel}")
    assert f"<p>{reason}</p>" in html
    assert sentence in html
    assert 'src="channel.jpg"' not in html
    assert "og:image" not in html


def test_a_channels_page_shows_its_numbers_and_recipe(
    small_site: Path, score_of: Callable[[int], float]
) -> None:
    html = text(small_site, "models/tiny-net/block1/41")
    assert f"<dd>{decimal(score_of(41))} standard deviations</dd>" in html
    assert "19 px, the input has 64" in html
    for name, value in (
        ("version", "3"),
        ("phase 1 steps", "7"),
        ("phase 1 magnification", "0.8 to 1.4"),
        ("phase 2 steps", "9"),
        ("phase 2 surrounded", "true"),
        ("base", "sketch, version 2"),
    ):
        assert f'<th scope="row">{name}</th><td>{value}</td>' in html
    assert '<th scope="row">seed</th><td>5</td>' in html


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("stem/10", "{ratio} times as strong as the strongest of 32 photos (crops of two photos)"),
        ("block1/10", "{ratio} times as strong as the strongest of 250 photos (holidays)"),
        ("block1/6", "the strongest of 250 photos (holidays) scores −0.20"),
        ("block1/0", "the strongest of 250 photos (holidays) scores 2.00"),
    ],
)
def test_a_channels_page_says_how_strong_its_picture_is_beside_photos(
    small_site: Path, score_of: Callable[[int], float], path: str, said: str
) -> None:
    assert score_of(10) > 0 > score_of(0)
    expected = said.format(ratio=f"{score_of(10) / 2:.1f}")
    html = text(small_site, f"models/tiny-net/{path}")
    assert f"<dt>Beside photos</dt><dd>{expected}</dd>" in html


def test_a_channels_page_shows_the_photos_that_excite_it_with_the_place(small_site: Path) -> None:
    page = text(small_site, "models/tiny-net/block1/10")
    photo = "../../../../photos/0f0f0f0f0f0f/10.webp"
    assert page.count(f'src="{photo}"') == 1
    assert 'viewBox="0 0 64 64"' in page
    assert page.count('x="8" y="0" width="16" height="12"') == 2
    assert page.count('d="M16 4h0"') == 2
    assert f"<span>{decimal(2.5)}</span>" in page
    assert "Most active on these of <bdi>holidays</bdi>" in page
    assert "Most active on these" not in text(small_site, "models/tiny-net/stem/10")  # samples
    with Image.open(small_site / "photos/0f0f0f0f0f0f/10.webp") as picture:
        assert picture.size == (192, 192)
        assert abs(np.asarray(picture).mean() - 10) < 2


def test_a_channels_page_names_the_strongest_photo_if_it_has_a_name(small_site: Path) -> None:
    said = r"<dt>Strongest photo</dt><dd><bdi>sea &amp; sand/10\u202e.jpg</bdi></dd>"
    assert said in text(small_site, "models/tiny-net/block1/10")
    for path in ("stem/10", "block1/2"):  # of samples; of a channel that is the same on all
        assert "Strongest photo" not in text(small_site, f"models/tiny-net/{path}")


def test_a_channel_that_many_photos_never_change_is_told_to_be_dead(small_site: Path) -> None:
    said = "<dt>On photos</dt><dd>dead: the same at all places of all 250 photos (holidays)</dd>"
    with_it = [n for n in range(8) if said in text(small_site, f"models/tiny-net/block1/{n}")]
    assert with_it == [2, 4]
    assert all(
        "<dt>On photos" not in text(small_site, f"models/tiny-net/stem/{n}") for n in range(20)
    )


def test_a_layer_that_was_not_measured_says_nothing_of_photos(small_site: Path) -> None:
    assert "photos</dt>" not in text(small_site, "models/tiny-net/head/0")


def test_a_channels_page_leads_to_its_neighbours(small_site: Path) -> None:
    html = text(small_site, "models/tiny-net/block1/2")
    assert 'rel="prev" href="../1/"' in html
    assert 'rel="next" href="../3/"' in html
    assert 'href="../../stem/"' in html
    assert 'href="../../head/"' in html
    assert 'rel="prev"' not in text(small_site, "models/tiny-net/block1/0")
    assert 'rel="next"' not in text(small_site, "models/tiny-net/block1/299")


def test_the_grid_has_a_tile_for_each_channel_at_its_place(small_site: Path) -> None:
    html = text(small_site, "models/tiny-net/block1")
    tiles = re.findall(
        r'href="(\d+)/">\s*<img class="x(\d+) y(\d+)" src="sheet-(\d).jpg" '
        r'width="128" height="(\d+)"',
        html,
    )
    assert [int(tile[0]) for tile in tiles] == list(range(300))
    assert tiles[291] == ("291", "3", "2", "1", "24")
    assert html.count('loading="lazy"') == 300


def test_the_models_page_lists_layers_in_depth_order(small_site: Path) -> None:
    html = text(small_site, "models/tiny-net")
    places = [html.index(name) for name in (">stem<", ">stem_expand<", ">block1<", ">head<")]
    assert places == sorted(places)
    assert "1 layer not in the atlas" in html
    assert 'href="stem_expand/"' not in html
    assert "no picture yet" in html  # head


def test_the_method_page_shows_the_recipes_in_use(small_site: Path) -> None:
    html = text(small_site, "method")
    assert "used in 2 layers" in html
    assert "0.8 to 1.4" in html


def test_numbers_are_written_as_readers_expect() -> None:
    assert grouped(4652008) == "4\u202f652\u202f008"
    assert grouped(999) == "999"
    assert decimal(-1.25) == "\u22121.25"
    assert decimal(12.346) == "12.35"
    assert decimal(float("nan")) == ""
