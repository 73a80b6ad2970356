from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from diamond_cutter.build.rendered_atlas import read_atlas, read_pictures
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Level


@pytest.fixture
def atlas(tmp_path: Path, write_atlas: Callable[[str], None]) -> str:
    address = str(tmp_path / "atlas.zarr")
    write_atlas(address)
    return address


def cut_off(group: zarr.Group, name: str) -> None:
    """Take away the end of each chunk of an array in a folder."""
    for path in Path(str(group.store_path).removeprefix("file://"), name, "c").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-5])


def test_the_reader_finds_what_the_writer_wrote(
    small_atlas: str,
    colour_of: Callable[[int], tuple[int, int, int]],
    score_of: Callable[[int], float],
) -> None:
    (model,) = read_atlas(small_atlas).models
    assert [layer.name for layer in model.layers] == ["stem", "stem_expand", "block1", "head"]
    stem, block, head = model.rendered
    assert (stem.side, block.side, head.side) == (32, 8, 16)
    assert np.flatnonzero(~stem.pictured).tolist() == [3, 7, 11, 19]
    assert block.pictured.all()
    assert not head.pictured.any()
    assert stem.flag[[3, 7, 11]].tolist() == [Flag.DEAD, Flag.GREY, Flag.CHANCE]
    assert stem.level[19] == Level.NOTHING
    assert np.isnan(stem.score[19])
    assert block.score[123] == pytest.approx(score_of(123))
    assert tuple(read_pictures(block, 120, 130)[3, 0, 0]) == colour_of(123)
    assert stem.natural is not None
    assert (stem.natural.photos, stem.natural.source) == (32, "crops of two photos")
    assert stem.natural.maximum[[5, 6]].tolist() == pytest.approx([2, -0.2])
    assert head.natural is None


def test_what_is_not_to_be_shown_comes_as_grey(small_atlas: str) -> None:
    (model,) = read_atlas(small_atlas).models
    pictures = read_pictures(model.rendered[0], 0, 20)
    assert (pictures[[3, 7, 11, 19]] == 128).all()
    assert not (pictures[4] == 128).all()


def test_pictures_that_cannot_be_decoded_are_named(atlas: str) -> None:
    cut_off(zarr.open_group(f"{atlas}/tiny-net/stem"), "images")
    stem = read_atlas(atlas).models[0].rendered[0]
    with pytest.raises(UserError, match="tiny-net/stem/images: expected pictures, got Runtime"):
        read_pictures(stem, 0, 20)


def test_no_atlas_is_said_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no atlas at .*`diamond atlas --store .* makes"):
        read_atlas(str(tmp_path / "none.zarr"))


def test_another_format_version_is_refused(atlas: str) -> None:
    zarr.open_group(atlas).attrs["format_version"] = 99
    with pytest.raises(UserError, match="format_version 99"):
        read_atlas(atlas)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda stem: stem["level"].__setitem__(0, 9), r"stem/level: .*got \[9\]"),
        (lambda stem: stem["flag"].__setitem__(0, 7), r"stem/flag: .*got \[7\]"),
        (
            lambda stem: stem.attrs.__setitem__("recipes", {}),
            "stem: expected the recipe of level 1",
        ),
        (
            lambda stem: stem["natural"].__delitem__("spread"),
            "stem/natural: expected natural statistics, got KeyError",
        ),
        (
            lambda stem: stem["natural"]["best"].__setitem__(3, 32),
            "stem/natural: .*best: expected numbers below 32",
        ),
        (
            lambda stem: stem["natural"].attrs.update({"paths": ["a.jpg"]}),
            "stem/natural: .*paths: expected 32, got 1",
        ),
        (
            lambda stem: stem["natural"].create_array(
                "best", shape=(20,), dtype="int64", overwrite=True
            ),
            r"stem/natural: .*best: expected int32 \(20,\)",
        ),
        (lambda stem: stem.attrs.__delitem__("seed"), "stem: expected recipes and a seed"),
        (lambda stem: stem.__delitem__("score"), "stem/score: expected an array, got None"),
        (
            lambda stem: stem.create_array(
                "images", shape=(20, 32, 16, 3), dtype="uint8", overwrite=True
            ),
            r"stem/images: expected shape \(20, 32, 32, 3\), got \(20, 32, 16, 3\)",
        ),
        (
            lambda stem: stem.create_array("score", shape=(20,), dtype="float64", overwrite=True),
            "stem/score: expected dtype float32, got float64",
        ),
        (lambda stem: cut_off(stem, "level"), "stem/level: expected values, got RuntimeError"),
        (
            lambda stem: cut_off(stem, "natural/mean"),
            "stem/natural: expected natural statistics, got RuntimeError",
        ),
    ],
)
def test_an_array_that_is_not_the_contracts_is_named(
    atlas: str, damage: Callable[[Any], None], message: str
) -> None:
    damage(zarr.open_group(f"{atlas}/tiny-net/stem"))
    with pytest.raises(UserError, match=message) as caught:
        read_atlas(atlas)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../outside", "a/b", ".hidden", "", "a b"])
def test_a_layers_name_that_could_leave_its_folder_is_refused(atlas: str, name: str) -> None:
    group = zarr.open_group(f"{atlas}/tiny-net")
    layers: Any = group.attrs["layers"]
    layers[1]["name"] = name
    group.attrs["layers"] = layers
    with pytest.raises(UserError, match="expected names of letters"):
        read_atlas(atlas)
