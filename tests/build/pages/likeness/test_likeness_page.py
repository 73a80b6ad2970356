"""What is like a channel, on its page, and the page of two layers: found anew from the values."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr
from sample_likeness import (
    DEAD,
    LIKE,
    SHIFT,
    first_values,
    signal,
    stem_values,
    write_values,
)

from diamond_cutter.build.page_text import decimal
from diamond_cutter.build.whole_site import build_site

STEM = "models/tiny-net/stem"
PAIR = f"{STEM}/likeness/near-net/first"
R = np.corrcoef(stem_values() + 1e-9 * signal(20, 0, 9), first_values(), rowvar=False)[:20, 20:]


def read(site: Path, folder: str) -> str:
    return (site / folder / "index.html").read_text(encoding="utf-8")


def section(html: str, name: str) -> str:
    """A section of a page by its heading's id."""
    return html.split(f'aria-labelledby="{name}">')[1].split("</section>")[0]


def alike(part: str) -> list[tuple[str, str, str]]:
    """The channels of a list: address, name, r."""
    found = re.findall(
        r'<a class="tile" href="([^"]*)">.*?(?:alt="|unseen">)(Channel [^":]*)[":].*?</i> ([^<]*)<',
        part,
        re.S,
    )
    return [(href, name, r) for href, name, r in found]


def test_a_channels_page_shows_what_is_like_it_everywhere(likeness_site: Path) -> None:
    part = section(read(likeness_site, f"{STEM}/9"), "likeness")
    kept = [values[:, 9].astype(np.float16) for values in (stem_values(), signal(300, 1.0, 2))]
    block = np.corrcoef(*kept)[0, 1]
    assert alike(part) == [
        ("../../../../models/tiny-net/block1/9/", "Channel 9 of block1", decimal(block)),
        (
            "../../../../models/near-net/first/4/",
            "Channel 4 of first of near-net",
            decimal(R[9, 9 - SHIFT]),
        ),
    ]
    assert 'href="../likeness/near-net/first/">first of near-net</a>' in part
    assert "over 250 photos" in part
    assert "No channel is like it in this layer, at most 0." in part
    assert "Not compared with far-net: not measured on the same photos" in part
    assert "<code>diamond atlas --photos FOLDER --models tiny-net,far-net</code>" in part


def test_of_each_other_model_the_layer_with_the_most_alike_counts(likeness_site: Path) -> None:
    part = section(read(likeness_site, f"{STEM}/3"), "likeness")
    second = np.corrcoef(stem_values()[:, 3], signal(30, 1.0, 5)[:, 3])[0, 1]
    found = alike(part)[-1]
    assert found[1:] == ("Channel 3 of second of near-net", decimal(second))


def test_a_channel_without_likeness_says_so(likeness_site: Path) -> None:
    part = section(read(likeness_site, f"{STEM}/{DEAD}"), "likeness")
    assert alike(part) == []
    places = ("in this layer", "in block1", "in near-net")
    told = "; ".join(f"{place}, at most 0.00" for place in places)
    assert f"No channel is like it {told}." in part


def test_pages_of_an_atlas_without_named_photos_say_nothing_of_likeness(small_site: Path) -> None:
    assert "likeness" not in read(small_site, f"{STEM}/9")
    assert not (small_site / STEM / "likeness").exists()


def test_few_photos_are_told(tmp_path: Path, likeness_atlas: str) -> None:
    atlas = str(shutil.copytree(likeness_atlas, tmp_path / "atlas.zarr"))
    group = zarr.open_group(atlas, mode="r+")
    write_values(group["tiny-net/stem"], group["tiny-net/block1"], stem_values()[:99])
    build_site(atlas, [], tmp_path / "site", "", lambda *_: None)
    part = section(read(tmp_path / "site", f"{STEM}/9"), "likeness")
    assert "99 photos are too few to tell what is like it: 100 are enough." in part
    assert "<code>diamond atlas --photos FOLDER --models tiny-net</code>" in part
    assert not (tmp_path / "site" / STEM / "likeness").exists()


def test_the_page_of_two_layers_shows_what_both_have(likeness_site: Path) -> None:
    html = read(likeness_site, PAIR)
    document = json.loads((likeness_site / PAIR / "likeness.json").read_bytes())
    pairs = sorted(range(SHIFT, SHIFT + LIKE), key=lambda c: -R[c, c - SHIFT])
    items = re.findall(r"stem/(\d+)/.*?first/(\d+)/.*?</i> ([^<]*)<", section(html, "both"), re.S)
    expected = [(str(c), str(c - SHIFT), decimal(R[c, c - SHIFT])) for c in pairs]
    assert [each[:2] for each in items] == [each[:2] for each in expected]
    assert [float(each[2]) for each in items] == pytest.approx(
        [float(each[2]) for each in expected], abs=0.011
    )
    assert "10 pairs of channels are each other&#39;s most alike." in section(html, "both")
    assert document["chance"] == pytest.approx(float(html.split("reaches ")[1][:4]), abs=6e-3)
    best = np.delete(R.max(axis=1), DEAD)
    share = 100 * (best > document["chance"]).mean()
    assert (
        f"For {share:.0f}\u202f% of the channels one of first of near-net is more like them" in html
    )
    assert f"half of all reach an r of {decimal(float(np.median(best)))} with their" in html


def test_the_page_of_two_layers_shows_what_only_one_has(likeness_site: Path) -> None:
    html = read(likeness_site, PAIR)
    alone = [c for c in range(20) if not SHIFT <= c < SHIFT + LIKE and c != DEAD]
    ours = section(html, "ours")
    order = sorted(alone, key=lambda c: R[c].max())
    assert [name for _, name, _ in alike(ours)] == [
        f"Channel {c} of stem of tiny-net" for c in order
    ]
    assert ours.count("by chance") == len(alone) == 9
    assert "9 of 19 channels have nothing like it in first of near-net" in ours
    assert "What only stem of tiny-net has</h2>" in ours
    block = section(read(likeness_site, f"{STEM}/likeness/tiny-net/block1"), "ours")
    assert "What of stem is least alike</h2>" in block
    assert "Each channel has something like it in block1" in block
    assert "All are in a pair." in block
    theirs = section(html, "theirs")
    assert theirs.count("by chance") == 2
    assert {name for _, name, _ in alike(theirs)} == {
        f"Channel {c} of first of near-net" for c in (10, 11)
    }


def test_the_document_has_all_channels_both_ways(likeness_site: Path) -> None:
    document = json.loads((likeness_site / PAIR / "likeness.json").read_bytes())
    assert document["format_version"] == 1
    named = [document[key] for key in ("model", "layer", "other_model", "other_layer")]
    assert named == ["tiny-net", "stem", "near-net", "first"]
    assert document["photos"] == 250
    lives = [c for c in range(20) if c != DEAD]
    assert [document["most_alike"][c] for c in lives] == R[lives].argmax(axis=1).tolist()
    assert [document["r"][c] for c in lives] == pytest.approx(R[lives].max(axis=1), abs=2e-3)
    assert document["r"][DEAD] == 0
    assert document["back"] == [lives[c] for c in R[lives].argmax(axis=0)]
    assert document["back_r"] == pytest.approx(R[lives].max(axis=0), abs=2e-3)


def test_a_layer_leads_to_the_page_of_two_layers_and_that_to_all_others(
    likeness_site: Path,
) -> None:
    grid = read(likeness_site, STEM)
    assert '<a href="likeness/near-net/first/">first of near-net</a>' in grid
    nav = read(likeness_site, PAIR).split('<nav class="choices"')[1].split("</nav>")[0]
    links = re.findall(r'<a href="([^"]*)"( aria-current="page")?>', nav)
    base = "../../../likeness"
    assert links == [
        (f"{base}/tiny-net/block1/", ""),
        (f"{base}/near-net/first/", ' aria-current="page"'),
        (f"{base}/near-net/second/", ""),
    ]


def test_other_values_of_another_model_are_told_on_the_pages_of_this_one(
    tmp_path: Path, likeness_atlas: str
) -> None:
    atlas = str(shutil.copytree(likeness_atlas, tmp_path / "atlas.zarr"))
    site = tmp_path / "site"
    build_site(atlas, [], site, "", lambda *_: None)
    assert build_site(atlas, [], site, "", lambda *_: None).changed == 0
    group = zarr.open_group(atlas, mode="r+")
    write_values(group["near-net/first"], group["tiny-net/block1"], first_values()[:, ::-1])
    build_site(atlas, [], site, "", lambda *_: None)
    found = alike(section(read(site, f"{STEM}/9"), "likeness"))[-1]
    assert found[1] == f"Channel {11 - 4} of first of near-net"
