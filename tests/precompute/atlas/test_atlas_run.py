"""Whole runs, with worker processes and fake pictures."""

import io
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import fake_pictures
import numpy as np
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas.atlas_run import render_atlas
from diamond_cutter.precompute.atlas.atlas_summary import Failure, Summary
from diamond_cutter.precompute.atlas.render_task import Render
from diamond_cutter.precompute.atlas.statistics_task import Measure
from diamond_cutter.precompute.rendering.recipes import RECIPES
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Level, open_atlas
from diamond_cutter.precompute.stores.atlas.atlas_writer import made_by
from diamond_cutter.precompute.stores.store_address import array, subgroup

Tree = Callable[[Path], dict[str, bytes]]


def run(
    folder: Path,
    render: Render = fake_pictures.render,
    stream: io.StringIO | None = None,
    measure: Measure = fake_pictures.measure,
    **settings: object,
) -> Summary:
    merged = replace(AtlasSettings(store=str(folder), workers=2), **settings)
    return render_atlas(
        merged,
        load=fake_pictures.load,
        weigh=fake_pictures.weigh,
        render=render,
        measure=measure,
        stream=stream,
    )


def levels(folder: Path) -> dict[str, list[int]]:
    model = subgroup(open_atlas(str(folder)), "efficientnet-lite0")
    return {name: np.asarray(array(group, "level")[:]).tolist() for name, group in model.groups()}


def test_a_run_stores_every_channel_as_it_is_rendered(undisturbed: Path) -> None:
    model = fake_pictures.load("efficientnet-lite0").info
    for layer in (each for each in fake_pictures.LAYERS if each.is_cut):
        stored = subgroup(open_atlas(str(undisturbed)), f"{model.name}/{layer.name}")
        for start in range(0, layer.channels, 8):
            channels = range(start, min(start + 8, layer.channels))
            made = fake_pictures.render(model, layer, RECIPES["preview"], 0, channels)
            inside = slice(channels.start, channels.stop)
            np.testing.assert_array_equal(array(stored, "images")[inside], made.images)
            np.testing.assert_array_equal(array(stored, "score")[inside], made.score)
            np.testing.assert_array_equal(array(stored, "flag")[inside], made.flag)
    assert levels(undisturbed) == {"stem": [1] * 20, "block": [1] * 16, "head": [1] * 43}


def test_a_run_in_pieces_gives_the_same_bytes_and_renders_nothing_twice(
    tmp_path: Path, undisturbed: Path, tree: Tree
) -> None:
    folder, stream = tmp_path / "atlas.zarr", io.StringIO()
    first = run(folder, layers=("stem", "block"), channels="3,10-12", stream=stream)
    assert (first.made, first.total) == (8, 8)
    assert levels(folder)["stem"] == [0, 0, 0, 1, *[0] * 6, 1, 1, 1, *[0] * 7]
    second = run(folder)
    assert (second.made, second.total) == (fake_pictures.CHANNELS_OF_CUTS - 8, 79)
    assert tree(folder) == tree(undisturbed)
    third = run(folder, fake_pictures.render_never, measure=fake_pictures.measure_never)
    assert third.made == 0
    assert third.reached == {Level.PREVIEW: 79}
    assert third.flags == {Flag.DEAD: 3, Flag.GREY: 0, Flag.CHANCE: 0}
    assert "preview: 8 of 8 channels (100 %)" in stream.getvalue()


def test_a_chunk_that_fails_is_reported_and_the_rest_goes_on(
    tmp_path: Path, undisturbed: Path, tree: Tree
) -> None:
    folder, stream = tmp_path / "atlas.zarr", io.StringIO()
    summary = run(folder, fake_pictures.render_without_second_block_chunk, stream)
    where = "efficientnet-lite0/block channels 8-15"
    error = "ArithmeticError: no gradient at [8, 9, 10, 11, 12, 13, 14, 15]"
    assert summary.failures == (Failure(where, error),)
    assert f"failed: {where}: {error}" in stream.getvalue().splitlines()
    assert levels(folder) == {"stem": [1] * 20, "block": [1] * 8 + [0] * 8, "head": [1] * 43}
    assert "no gradient" in Path(summary.log).read_text(encoding="utf-8")
    assert run(folder).made == 8
    assert tree(folder) == tree(undisturbed)


def test_a_chunk_that_kills_its_workers_is_given_up_and_the_rest_goes_on(tmp_path: Path) -> None:
    summary = run(tmp_path, fake_pictures.render_deadly_second_block_chunk)
    assert [failure.where for failure in summary.failures] == [
        "efficientnet-lite0/block channels 8-15"
    ]
    assert "--memory-limit" in summary.failures[0].error
    assert levels(tmp_path) == {"stem": [1] * 20, "block": [1] * 8 + [0] * 8, "head": [1] * 43}


def test_a_run_in_which_nothing_succeeds_gives_up(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"all of the first 8 chunks failed, .* no gradient anywhere"
    ):
        run(tmp_path, fake_pictures.render_nothing)


def test_a_full_disk_stops_the_run_at_once(tmp_path: Path) -> None:
    stream = io.StringIO()
    with pytest.raises(UserError, match=r"No space left on device, .* to be stored in"):
        run(tmp_path, fake_pictures.render_on_full_disk, stream)
    assert "failed" not in stream.getvalue()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, with room for several atlases of the fake."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_keeps_what_was_stored(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diamond_cutter.precompute.backbones.catalogue.catalogue.listing", list)
    folder = disk / "atlas.zarr"
    (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free - 300_000))
    with pytest.raises(UserError, match=r"expected about \d+ MB of free disk"):
        run(folder, fake_pictures.render_never)
    monkeypatch.setattr("diamond_cutter.precompute.atlas.atlas_plan.picture_bytes", lambda *_: 0)
    (disk / "ballast").unlink()
    with pytest.raises(UserError, match="No space left on device"):
        run(folder, partial(fake_pictures.fill_disk_after_first, folder), workers=1)
    assert not list(folder.rglob("*.partial"))
    assert sum(sum(layer) for layer in levels(folder).values()) > 0
    (disk / "ballast").unlink()
    run(folder)
    assert levels(folder) == {"stem": [1] * 20, "block": [1] * 16, "head": [1] * 43}


def test_an_atlas_that_can_only_be_read_is_refused(
    disk: Path, undisturbed: Path, tree: Tree
) -> None:
    folder = disk / "atlas.zarr"
    shutil.copytree(undisturbed, folder)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(UserError, match="can be written to, got: Read-only file system"):
        run(folder, fake_pictures.render_never, recipe="standard")
    assert tree(folder) == tree(undisturbed)


def test_a_budget_goes_to_everything_at_preview_and_then_to_better(tmp_path: Path) -> None:
    summary = run(tmp_path, budget="10m")
    assert summary.reached == {Level.PREVIEW: 79, Level.STANDARD: 79}
    assert summary.made == 2 * 79
    recipes = subgroup(open_atlas(str(tmp_path)), "efficientnet-lite0/stem").attrs["recipes"]
    assert list(recipes) == ["preview", "standard"]


def test_what_a_study_uses_is_refined_first_and_nothing_twice(tmp_path: Path) -> None:
    settings = AtlasSettings(store=str(tmp_path), workers=2, budget="10m")
    summary = render_atlas(
        settings,
        load=fake_pictures.load,
        weigh=fake_pictures.weigh,
        render=fake_pictures.render_from_what_is_there,
        measure=fake_pictures.measure,
        used={("efficientnet-lite0", "block"): (3, 5)},
    )
    assert summary.reached == {Level.PREVIEW: 79, Level.STANDARD: 79}
    assert summary.made == 2 * 79


def test_refinement_goes_on_from_the_pictures_that_are_there_to_the_same_bytes(
    tmp_path: Path, tree: Tree
) -> None:
    stepwise, at_once = tmp_path / "stepwise.zarr", tmp_path / "at_once.zarr"
    run(stepwise, layers=("stem",))
    run(stepwise, fake_pictures.render_from_what_is_there, layers=("stem",), recipe="standard")
    run(at_once, layers=("stem",), recipe="standard")
    for name in ("images", "score", "level"):
        inside = f"efficientnet-lite0/stem/{name}/c"
        assert tree(stepwise / inside) == tree(at_once / inside)


def test_refinement_goes_on_from_no_pictures_by_another_recipe_nor_of_some_channels(
    tmp_path: Path,
) -> None:
    former, at_once = tmp_path / "former.zarr", tmp_path / "at_once.zarr"
    run(at_once, layers=("stem",), recipe="standard")
    run(former, layers=("stem",), channels="0-6")
    run(former, layers=("stem",), recipe="standard")
    model = "efficientnet-lite0/stem/images"
    images = [np.asarray(array(open_atlas(str(folder)), model)[:]) for folder in (former, at_once)]
    np.testing.assert_array_equal(*images)
    preview = RECIPES["preview"]
    run(former, layers=("block",))
    layer = subgroup(open_atlas(str(former)), "efficientnet-lite0/block")
    assert made_by(layer, preview, range(8)) is not None
    assert made_by(layer, replace(preview, version=0), range(8)) is None


def test_a_spent_budget_starts_nothing_and_says_what_is_left(tmp_path: Path) -> None:
    run(tmp_path, layers=("stem",))

    def load_slowly(name: str) -> fake_pictures.FakeBackbone:
        time.sleep(1.1)
        return fake_pictures.load(name)

    settings = AtlasSettings(store=str(tmp_path), workers=1, budget="1s")
    summary = render_atlas(
        settings,
        load=load_slowly,
        render=fake_pictures.render_never,
        measure=fake_pictures.measure_never,
    )
    assert summary.made == 0
    assert summary.reached == {Level.PREVIEW: 20, Level.STANDARD: 0}
    text = summary.describe()
    assert "20 of 79 channels at preview or better, 0 of 79 channels at standard" in text
    assert "the same command goes on with the rest" in text
