"""What pages say of a channel's words, and sites of words that are damaged in the store."""

import json
import shutil
from pathlib import Path

import pytest
import zarr
from sample_judged import make_words

from diamond_cutter.build.layer_words import LayerWords
from diamond_cutter.build.pages.atlas.word_text import channel_words, names, summary
from diamond_cutter.build.whole_site import build_site
from diamond_cutter.command import main
from diamond_cutter.precompute.stores.atlas.activation_statistics import natural_group
from diamond_cutter.precompute.stores.atlas.word_layout import write_words
from diamond_cutter.precompute.stores.store_address import array, subgroup

GIVEN = {7: [("golden <retriever>", 0.75), ("cat", 0.5)], 41: [("cat", 0.3)]}


@pytest.fixture
def named(small_atlas: str, tmp_path: Path) -> str:
    """A copy of the small atlas with words for two channels of its block."""
    address = str(shutil.copytree(small_atlas, tmp_path / "atlas.zarr"))
    layer = subgroup(zarr.open_group(address), "tiny-net/block1")
    natural = natural_group(layer)
    assert natural is not None
    write_words(layer, make_words(300, GIVEN, photos=str(natural.attrs["digest"])))
    return address


def test_a_word_stands_with_its_share_the_interval_and_chance() -> None:
    of_photos = make_words(300, {7: [("cat", 0.3)]}, kind="labels", source="pets")
    words = LayerWords((make_words(300, GIVEN), of_photos))
    seen, labelled = channel_words(words, 7, "../../../../")
    assert [(each.name, each.share, each.interval, each.chance) for each in seen.words] == [
        ("golden <retriever>", "75\u202f%", "62 to 88\u202f%", ""),
        ("cat", "50\u202f%", "38 to 62\u202f%", ""),
    ]
    assert (seen.title, labelled.title) == ("Words", "Labels")
    assert seen.words[0].href == "../../../../search/?q=golden%20%3Cretriever%3E"
    assert seen.meaning == (
        "Of the 50 photos that excite it most, of 500 that did not choose the words, the share "
        "that is among the tenth most like the word, as \u2068other-net\u2069 sees them"
        "; 10\u202f% by chance"
    )
    assert labelled.meaning.endswith(
        "among those of the class in \u2068pets\u2069; 10\u202f% by chance"
    )
    assert names(words.of(7)) == "\u2068golden <retriever>\u2069, \u2068cat\u2069"
    assert summary(words) == "2 of 300 channels have words, most often \u2068cat\u2069"
    assert channel_words(words, 8, "")[0].words == ()
    assert names(words.of(8)) == ""


def test_words_stand_on_the_pages_in_their_titles_and_in_the_data(
    named: str, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    assert build_site(named, [], site, "https://mine.example/", lambda *_: None).notes == ()
    layer = site / "models/tiny-net/block1"
    html = (layer / "7/index.html").read_text(encoding="utf-8")
    told = "of block1: \u2068golden &lt;retriever&gt;\u2069, \u2068cat\u2069 \u00b7 tiny-net"
    assert f"<title>Channel 7 {told}" in html
    assert f'<meta property="og:title" content="Channel 7 {told}' in html
    assert "responds to: in words \u2068golden &lt;retriever&gt;\u2069, \u2068cat\u2069; a " in html
    assert "<bdi>golden &lt;retriever&gt;</bdi></a> 75\u202f% " in html
    none = (layer / "8/index.html").read_text(encoding="utf-8")
    assert "none holds on photos that did not choose it, by the classes of" in none
    assert "<title>Channel 8 of block1 \u00b7 tiny-net" in none
    words = json.loads((layer / "layer.json").read_bytes())["words"]
    assert (words[7], words[8], len(words)) == (["golden <retriever>", "cat"], [], 300)
    assert "2 of 300 channels have words" in (layer / "index.html").read_text(encoding="utf-8")
    assert json.loads((site / "models/tiny-net/head/layer.json").read_bytes())["words"] is None


def test_damaged_words_are_told_and_left_out(
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    array(zarr.open_group(named), "tiny-net/block1/words/observer/word")[7] = 99
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["diamond", "site", "--store", named, "--output", "site"])
    main.main()
    told = capsys.readouterr().err
    assert "note: tiny-net/block1/words: expected words for channels, got ValueError" in told
    assert "`diamond atlas` finds them anew" in told
    page = (tmp_path / "site/models/tiny-net/block1/7/index.html").read_text(encoding="utf-8")
    assert "<dt>Words" not in page
    assert "Channel 7</h1>" in page


def test_pages_are_written_anew_where_words_change_and_only_there(
    named: str, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    build_site(named, [], site, "", lambda *_: None)
    layer = subgroup(zarr.open_group(named), "tiny-net/block1")
    photos = str(layer["words/observer"].attrs["photos"])
    write_words(layer, make_words(300, {**GIVEN, 8: [("cat", 0.6)]}, photos=photos))
    built = build_site(named, [], site, "", lambda *_: None)
    assert 0 < built.changed < 300 + 60
    assert "<bdi>cat</bdi></a> 60" in (site / "models/tiny-net/block1/8/index.html").read_text(
        encoding="utf-8"
    )
