"""The index of the search: its terms, its tree, and what of a site is in it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sample_judged import make_words

from diamond_cutter.build.layer_words import LayerWords
from diamond_cutter.build.search import search_entries, search_index
from diamond_cutter.build.search.search_entries import Entry, word_entries
from diamond_cutter.build.search.search_index import index_files, sorted_postings
from diamond_cutter.build.search.search_terms import search_terms
from diamond_cutter.build.whole_site import build_site


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("block5b_add", ["block5b", "5b", "add"]),
        ("MobileNetV2", ["mobilenetv2", "netv2", "v2"]),
        ("efficientnet-lite0", ["efficientnet", "lite0"]),
        ("Müller's ÉCLAIR", ["muller", "s", "eclair"]),
        ("a" * 95, ["a" * 24]),
        ("IMG_0042", ["img", "0042", "42"]),
        ("000", ["000"]),
        ("...", []),
    ],
)
def test_a_name_is_found_by_its_parts(name: str, terms: list[str]) -> None:
    assert search_terms(name) == terms


def test_every_posting_is_found_by_the_first_keys_of_its_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search_index, "BLOCK", 600)
    names = [f"word{index} \U00010428{index} \ufa0e{index}" for index in range(500)]
    postings = sorted_postings(Entry("c", name) for name in names)
    files = {path: json.loads(content) for path, content in index_files(postings, "x")}
    root = files.pop("root.json")
    assert root["levels"] == 2
    leaves = [files[f"x/0-{index}.json"] for index in range(sum("/0-" in path for path in files))]
    above = [files[f"x/1-{index}.json"] for index in range(len(root["first"]))]
    keys = [key for leaf in leaves for key in leaf["keys"]]
    assert keys == [posting.key for posting in postings]
    assert len(keys) == 4 * 500 - 10  # a figure alone at the end of a word is no term
    assert keys[-1][1] == "\ufa0e"  # as JavaScript sorts, by halves of what is beyond 16 bits
    assert [first for node in above for first in node["first"]] == [
        leaf["keys"][0] for leaf in leaves
    ]
    starts = [0]
    for node in above[:-1]:
        starts.append(starts[-1] + len(node["first"]))
    assert [node["start"] for node in above] == starts
    assert root["first"] == [node["first"][0] for node in above]
    sizes = [len(json.dumps(each, separators=(",", ":"))) for each in files.values()]
    assert max(sizes) < 1.5 * 600


def test_an_index_of_nothing_is_a_root_of_nothing() -> None:
    assert [(path, json.loads(content)["first"]) for path, content in index_files([], "x")] == [
        ("root.json", [])
    ]


def test_a_word_names_the_channels_that_it_fits_best() -> None:
    given = {channel: [("snout", channel / 300)] for channel in range(300)}
    words = make_words(300, {**given, 2: [*given[2], ("dog", 0.5)]})
    pictured = np.arange(300) != 298
    dog, snout = word_entries([("models/tiny-net/block1/", LayerWords((words,)), pictured)])
    assert (dog.kind, dog.name, dog.channels) == ("w", "dog", (("models/tiny-net/block1/2", 0.5),))
    assert isinstance(snout.channels, tuple)
    assert [path for path, *_ in snout.channels] == [
        f"models/tiny-net/block1/{channel}" for channel in range(299, 299 - 32, -1)
    ]
    assert [rest for _, _, *rest in snout.channels] == [[], [""], *[[]] * 30]


def test_the_best_channels_of_a_word_are_those_of_all_layers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search_entries, "HELD", 50)
    given = {channel: [("snout", channel * 7 % 300 / 300)] for channel in range(300)}
    words = LayerWords((make_words(300, given),))
    pictured = np.ones(300, np.bool_)
    (snout,) = word_entries([(f"{layer}/", words, pictured) for layer in range(40)])
    assert isinstance(snout.channels, tuple)
    best = [299 * 43 % 300] * 32  # 43 is the inverse of 7: all layers have the same best
    assert [path for path, *_ in snout.channels] == [
        f"{layer}/{channel}" for layer, channel in enumerate(best)
    ]


def read_index(site: Path) -> list[tuple[str, list[Any]]]:
    folder = site / "search/index"
    root = json.loads((folder / "root.json").read_bytes())
    leaves = sorted((folder / root["folder"]).glob("0-*.json"), key=lambda path: int(path.stem[2:]))
    blocks = [json.loads(path.read_bytes()) for path in leaves]
    return [item for block in blocks for item in zip(block["keys"], block["entries"], strict=True)]


def test_what_has_a_page_is_in_the_index_and_leads_there(small_site: Path) -> None:
    postings = read_index(small_site)
    keys = [key for key, _ in postings]
    assert keys == sorted(keys)
    assert {"mtiny", "mzoo", "lblock1", "ltiny", "spets"} <= set(keys)
    assert {key[0] for key in keys} == set("mslcp")
    for _, (_name, _within, href, picture, _detail, _channels) in postings:
        page, _, row = href.partition("#")
        assert (small_site / page / "index.html").is_file(), href
        assert not row or f'id="{row}"' in (small_site / page / "index.html").read_text()
        if picture:
            folder, _, number = picture.rpartition("/")
            assert (small_site / folder / f"row-{int(number) // 32}.jpg").is_file(), picture


def test_an_unchanged_site_keeps_its_index(
    small_site: Path, small_study: str, small_atlas: str, tmp_path: Path
) -> None:
    output = Path(shutil.copytree(small_site, tmp_path / "site"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "index_files", lambda *_: pytest.fail("made again"))
        built = build_site(small_atlas, [small_study], output, "", lambda *_: None)
    assert built.changed == 0
    assert read_index(output) == read_index(small_site)
