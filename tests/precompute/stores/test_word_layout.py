"""Words as a store has them: what comes back, what is of other photos, what is damaged."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zarr
from numpy.typing import NDArray
from sample_judged import make_words

from diamond_cutter.precompute.stores.atlas.word_layout import (
    BLOCK,
    lacks_concepts,
    lacks_words,
    read_concepts,
    read_words,
    write_concepts,
    write_words,
)
from diamond_cutter.precompute.stores.store_address import DAMAGE, array, subgroup

WORDS = make_words(2, {0: [("cat", 0.75), ("ant", 0.5)]}, source="some-net")


@pytest.fixture
def layer(tmp_path: Path) -> zarr.Group:
    """A layer that was measured on the photos of `WORDS`."""
    group = zarr.open_group(str(tmp_path / "layer"), mode="w")
    group.create_group("natural").attrs.put({"digest": WORDS.photos})
    return group


def test_words_come_back_by_kind_in_place_of_the_last(layer: zarr.Group) -> None:
    write_words(layer, replace(WORDS, source="another"))
    write_words(layer, replace(WORDS, kind="labels", source="holidays"))
    write_words(layer, WORDS)
    own, theirs = read_words(layer)
    assert (own.kind, own.source, theirs.kind, theirs.source) == (
        *("observer", "some-net"),
        *("labels", "holidays"),
    )
    assert own.names == ("ant", "cat")
    assert (own.judged, own.strongest, own.concepts) == (500, 50, WORDS.concepts)
    for name in ("word", "share", "interval", "chance"):
        np.testing.assert_array_equal(getattr(own, name), getattr(WORDS, name))
    assert not lacks_words(layer, "observer", WORDS.concepts)
    assert lacks_words(layer, "observer", "c1" * 32)
    assert lacks_words(layer, "file", WORDS.concepts)


def test_words_of_other_photos_are_not_read(layer: zarr.Group) -> None:
    write_words(layer, replace(WORDS, photos="f1" * 32))
    assert read_words(layer) == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("word", np.full((2, 5), 3, np.int32)),
        ("word", np.full((2, 4), 0, np.int32)),
        ("share", np.full((2, 5), np.nan, np.float32)),
        ("interval", np.zeros((2, 5), np.float32)),
        ("chance", np.zeros((3, 5), np.float32)),
    ],
)
def test_what_is_damaged_is_told(layer: zarr.Group, name: str, values: NDArray[np.number]) -> None:
    write_words(layer, WORDS)
    layer.create_array(f"words/observer/{name}", data=values, overwrite=True)
    with pytest.raises(ValueError, match=name):
        read_words(layer)
    assert lacks_words(layer, "observer", WORDS.concepts)


@pytest.mark.parametrize("name", ["word", "share", "interval", "chance"])
@pytest.mark.parametrize("damage", ["lost", "turned", "cut"])
def test_files_that_are_lost_or_damaged_are_told_and_written_anew(
    layer: zarr.Group, tmp_path: Path, name: str, damage: str
) -> None:
    write_words(layer, WORDS)
    [file] = [each for each in (tmp_path / f"layer/words/observer/{name}/c").rglob("*")
              if each.is_file()]  # fmt: skip
    content = bytearray(file.read_bytes())
    if damage == "lost":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(content[:9])
    else:
        content[-6] ^= 255
        file.write_bytes(content)
    with pytest.raises(DAMAGE):
        read_words(layer)
    assert lacks_words(layer, "observer", WORDS.concepts)
    write_words(layer, WORDS)
    np.testing.assert_array_equal(getattr(read_words(layer)[0], name), getattr(WORDS, name))


@pytest.mark.parametrize("place", ["", "word/"])
def test_metadata_that_cannot_be_read_are_told_and_written_anew(
    layer: zarr.Group, tmp_path: Path, place: str
) -> None:
    write_words(layer, WORDS)
    (tmp_path / f"layer/words/observer/{place}zarr.json").write_text("{", encoding="utf-8")
    with pytest.raises(DAMAGE):
        read_words(layer)
    assert lacks_words(layer, "observer", WORDS.concepts)
    write_words(layer, WORDS)
    assert read_words(layer)[0].names == WORDS.names


def test_words_by_another_rule_are_not_read_and_lacked(layer: zarr.Group) -> None:
    write_words(layer, WORDS)
    group = subgroup(layer, "words/observer")
    group.attrs["version"] = [1, group.attrs["version"][1]]
    assert read_words(layer) == []
    assert lacks_words(layer, "observer", WORDS.concepts)


def test_concepts_come_back_and_a_block_without_names_is_lacked(tmp_path: Path) -> None:
    atlas = zarr.open_group(str(tmp_path / "atlas"), mode="w")
    digest, names = "ab" * 32, ["ant", "bee", "cat"]
    for first, count in ((0, BLOCK), (BLOCK, 2)):
        assert lacks_concepts(atlas, digest, first)
        write_concepts(atlas, digest, first, names, np.full((count, 3), first))
        assert not lacks_concepts(atlas, digest, first)
    found, fit = read_concepts(atlas, digest, BLOCK + 2)
    assert found == names
    assert fit[:, 1].tolist() == [0] * BLOCK + [BLOCK] * 2
    array(atlas, f".concepts-{digest[:12]}-{BLOCK}").attrs.put({})
    assert lacks_concepts(atlas, digest, BLOCK)
