from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import fake_pictures
import numpy as np
import pytest
import zarr
from zarr.storage import LocalStore

from diamond_cutter.build.rendered_atlas import read_atlas
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.rendering.recipes import RECIPES, canvas_side
from diamond_cutter.precompute.stores.atlas import atlas_writer
from diamond_cutter.precompute.stores.atlas.atlas_layout import (
    Flag,
    Layer,
    Level,
    Pictures,
    open_atlas,
    read_model,
)
from diamond_cutter.precompute.stores.atlas.atlas_writer import (
    Chunk,
    create_atlas,
    made_by,
    missing,
    prepare_layer,
    prepare_model,
    recipe_attributes,
    write_chunk,
)
from diamond_cutter.precompute.stores.store_address import array, subgroup

BACKBONE = fake_pictures.load("fake-net")
WEIGHTS = BACKBONE.weights_digest
STEM = BACKBONE.layers[0]  # 20 channels: chunks of 8, 8 and 4
SIDE = canvas_side(STEM.receptive_field)
PREVIEW, STANDARD = (recipe_attributes(RECIPES[name]) for name in ("preview", "standard"))


def prepared(address: str, **changes: Any) -> zarr.Group:
    model = prepare_model(create_atlas(address), BACKBONE.info, BACKBONE.layers, WEIGHTS)
    return prepare_layer(model, STEM, **{"side": SIDE, "seed": 3, "recipe": PREVIEW, **changes})


def pictures(start: int, recipe: str = "preview") -> Pictures:
    channels = range(start, min(start + 8, STEM.channels))
    return fake_pictures.render(BACKBONE.info, STEM, RECIPES[recipe], 3, channels)


def store_all(layer: zarr.Group) -> None:
    for chunk in missing(layer, Level.PREVIEW, range(STEM.channels)):
        write_chunk(layer, chunk, pictures(chunk.start), Level.PREVIEW)


@pytest.mark.parametrize("address", ["{folder}/atlas.zarr", "memory://store-test/atlas.zarr"])
def test_what_is_written_is_read_with_its_numbers(tmp_path: Path, address: str) -> None:
    address = address.format(folder=tmp_path)
    store_all(prepared(address))
    atlas = open_atlas(address)
    model = subgroup(atlas, "fake-net")
    assert read_model(model) == (BACKBONE.info, list(BACKBONE.layers))
    layer = subgroup(model, "stem")
    assert layer.attrs.asdict() == {
        "recipes": {"preview": PREVIEW},
        "seed": 3,
        "receptive_field": 3,
        "stride": 2,
    }
    for start in (0, 8, 16):
        expected = pictures(start)
        inside = slice(start, min(start + 8, 20))
        np.testing.assert_array_equal(array(layer, "images")[inside], expected.images)
        np.testing.assert_array_equal(array(layer, "score")[inside], expected.score)
        np.testing.assert_array_equal(array(layer, "flag")[inside], expected.flag)
    np.testing.assert_array_equal(array(layer, "level")[:], [Level.PREVIEW] * 20)
    assert {array(layer, name).chunks[0] for name in ("images", "score", "flag", "level")} == {8}


def test_device_and_precision_are_kept_with_the_pictures(tmp_path: Path) -> None:
    layer = prepared(str(tmp_path))
    texts = {0: "CPU, tensorflow, float32", 8: "NVIDIA H100 80GB HBM3 (80 GiB), jax, bfloat16"}
    for start, text in texts.items():
        made = replace(pictures(start), made_on=text)
        write_chunk(layer, Chunk(start, (start, start + 2)), made, Level.PREVIEW)
    [model] = read_atlas(str(tmp_path)).models
    told = {channel: text for channel, text in enumerate(model.rendered[0].stored.made_on) if text}
    assert told == {0: texts[0], 2: texts[0], 8: texts[8], 10: texts[8]}
    del layer["made_on"]  # as in an atlas of before
    [model] = read_atlas(str(tmp_path)).models
    assert model.rendered[0].stored.made_on == ("",) * 20
    write_chunk(prepared(str(tmp_path)), Chunk(16, (16,)), pictures(16), Level.PREVIEW)


def test_an_empty_layer_has_no_pictures_and_no_scores(tmp_path: Path) -> None:
    layer = prepared(str(tmp_path / "atlas.zarr"))
    assert np.isnan(np.asarray(array(layer, "score")[:])).all()
    assert not np.asarray(array(layer, "level")[:]).any()
    assert [chunk.wanted for chunk in missing(layer, Level.PREVIEW, [19, 2, 3])] == [(2, 3), (19,)]
    assert [chunk.start for chunk in missing(layer, Level.PREVIEW, [19, 2, 3])] == [0, 16]


def test_only_wanted_channels_of_a_chunk_change(tmp_path: Path) -> None:
    layer = prepared(str(tmp_path / "atlas.zarr"))
    write_chunk(layer, Chunk(8, (9, 12)), pictures(8), Level.PREVIEW)
    assert np.flatnonzero(np.asarray(array(layer, "level")[:])).tolist() == [9, 12]
    write_chunk(layer, Chunk(8, (12, 13)), pictures(8, "standard"), Level.STANDARD)
    levels = np.asarray(array(layer, "level")[8:16]).tolist()
    assert levels == [0, Level.PREVIEW, 0, 0, Level.STANDARD, Level.STANDARD, 0, 0]
    images = np.asarray(array(layer, "images")[8:16])
    np.testing.assert_array_equal(images[1], pictures(8).images[1])
    np.testing.assert_array_equal(images[4:6], pictures(8, "standard").images[4:6])
    assert not images[[0, 2, 3, 6, 7]].any()


@pytest.mark.parametrize("last", ["images", "score", "flag"])
def test_what_a_kill_left_in_the_midst_of_a_chunk_is_nobodys_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    layer = prepared(str(tmp_path / "atlas.zarr"))
    store_all(layer)
    assert made_by(layer, RECIPES["preview"], range(8)) is not None
    written = []

    def until_killed(group: zarr.Group, name: str) -> Any:
        if last in written:
            raise KeyboardInterrupt
        written.append(name)
        return array(group, name)

    monkeypatch.setattr(atlas_writer, "array", until_killed)
    with pytest.raises(KeyboardInterrupt):
        write_chunk(layer, Chunk(0, tuple(range(8))), pictures(0, "standard"), Level.STANDARD)
    monkeypatch.undo()
    np.testing.assert_array_equal(array(layer, "images")[:8], pictures(0, "standard").images)
    assert made_by(layer, RECIPES["preview"], range(8)) is None
    assert missing(layer, Level.STANDARD, range(8)) == [Chunk(0, tuple(range(8)))]


def test_channels_at_a_better_level_are_not_missing(tmp_path: Path) -> None:
    layer = prepared(str(tmp_path / "atlas.zarr"))
    write_chunk(layer, Chunk(0, (1,)), pictures(0), Level.STANDARD)
    write_chunk(layer, Chunk(0, (2,)), pictures(0), Level.PREVIEW)
    assert missing(layer, Level.PREVIEW, range(4)) == [Chunk(0, (0, 3))]
    assert missing(layer, Level.STANDARD, range(4)) == [Chunk(0, (0, 2, 3))]


def test_a_dead_channel_keeps_its_flag(tmp_path: Path) -> None:
    layer = prepared(str(tmp_path / "atlas.zarr"))
    store_all(layer)
    flags = np.asarray(array(layer, "flag")[:])
    assert np.flatnonzero(flags).tolist() == [5]
    assert flags[5] == Flag.DEAD


def test_a_second_preparation_changes_no_byte(
    tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    store_all(prepared(str(tmp_path)))
    before = tree(tmp_path)
    prepared(str(tmp_path))
    assert tree(tmp_path) == before


def test_recipes_stand_in_one_order_whichever_came_first(
    tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    for name, recipes in (("a", (PREVIEW, STANDARD)), ("b", (STANDARD, PREVIEW))):
        for recipe in recipes:
            prepared(str(tmp_path / name), recipe=recipe)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"seed": 4}, ["seed 3", "asked for 4"]),
        ({"side": 7}, [f"(20, {SIDE}, {SIDE}, 3)", "asked for (20, 7, 7, 3)"]),
        ({"recipe": {**PREVIEW, "version": 99}}, ["version of recipe 'preview'", "99"]),
        (
            {"recipe": {**PREVIEW, "frequencies": 1}},
            ["frequencies of recipe 'preview'", "asked for 1"],
        ),
    ],
)
def test_pictures_of_other_parameters_are_not_mixed(
    tmp_path: Path,
    tree: Callable[[Path], dict[str, bytes]],
    changes: dict[str, Any],
    names: list[str],
) -> None:
    prepared(str(tmp_path))
    before = tree(tmp_path)
    with pytest.raises(UserError, match="remove that folder") as caught:
        prepared(str(tmp_path), **changes)
    for name in [*names, "fake-net/stem", str(tmp_path)]:
        assert name in str(caught.value)
    assert tree(tmp_path) == before


def test_another_network_of_the_same_name_is_refused(tmp_path: Path) -> None:
    prepared(str(tmp_path))
    other = replace(BACKBONE.info, parameters=8)
    with pytest.raises(UserError, match="parameters 7, asked for 8"):
        prepare_model(create_atlas(str(tmp_path)), other, BACKBONE.layers, WEIGHTS)
    layers = [replace(STEM, channels=21), *BACKBONE.layers[1:]]
    with pytest.raises(UserError, match="layers and their channels"):
        prepare_model(create_atlas(str(tmp_path)), BACKBONE.info, layers, WEIGHTS)


def test_figures_that_only_describe_may_be_mended(tmp_path: Path) -> None:
    prepared(str(tmp_path))
    layers: list[Layer] = [replace(STEM, stride=1), *BACKBONE.layers[1:]]
    model = replace(BACKBONE.info, gflops=0.2)
    group = prepare_model(create_atlas(str(tmp_path)), model, layers, WEIGHTS)
    assert read_model(group) == (model, layers)


def test_a_store_of_another_format_is_left_alone(
    tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    zarr.open_group(str(tmp_path), attributes={"kind": "atlas", "format_version": 99})
    before = tree(tmp_path)
    with pytest.raises(
        UserError, match=r"expected a store of kind 'atlas' and format_version 1, got .* 99"
    ):
        create_atlas(str(tmp_path))
    assert tree(tmp_path) == before


class KilledError(Exception):
    pass


class FailingStore(LocalStore):
    """A folder that takes so many writes and then no more, like one whose writer is killed."""

    writes = 0

    async def set(self, key: str, value: Any) -> None:
        if self.writes == 0:
            raise KilledError
        self.writes -= 1
        await super().set(key, value)


def test_a_chunk_cut_short_at_any_write_counts_as_missing_and_is_made_good(
    tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    undisturbed = prepared(str(tmp_path / "undisturbed"))
    chunk = Chunk(0, tuple(range(8)))
    write_chunk(undisturbed, chunk, pictures(0), Level.PREVIEW)
    for writes in range(4):  # images, score, flag (channel 5 is dead) and level
        folder = tmp_path / str(writes)
        layer = prepared(str(folder))
        failing = FailingStore(folder)
        cut_short = zarr.open_group(failing, path="fake-net/stem", mode="r+")
        failing = cut_short.store
        failing.writes = writes
        with pytest.raises(KilledError):
            write_chunk(cut_short, chunk, pictures(0), Level.PREVIEW)
        assert missing(layer, Level.PREVIEW, range(8)) == [chunk]
        write_chunk(layer, chunk, pictures(0), Level.PREVIEW)
        assert tree(folder) == tree(tmp_path / "undisturbed")
