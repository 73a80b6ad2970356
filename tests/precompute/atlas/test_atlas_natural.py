"""Natural statistics in the atlas: made once, before the pictures, and never half."""

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fake_pictures
import numpy as np
import pytest
import zarr
from PIL import Image

from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas import statistics_task
from diamond_cutter.precompute.atlas.atlas_plan import make_plan, prepared_atlas
from diamond_cutter.precompute.atlas.atlas_run import render_atlas
from diamond_cutter.precompute.atlas.atlas_summary import Summary
from diamond_cutter.precompute.atlas.statistics_photos import SAMPLES, Photos
from diamond_cutter.precompute.atlas.statistics_task import Measure, passes, store_natural
from diamond_cutter.precompute.jobs.display import Lines
from diamond_cutter.precompute.rendering.recipes import canvas_side
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    ActivationStatistics,
    read_covariance,
    read_natural,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import open_atlas
from diamond_cutter.precompute.stores.atlas.atlas_writer import write_natural
from diamond_cutter.precompute.stores.store_address import subgroup

Tree = Callable[[Path], dict[str, bytes]]
CUTS = [layer for layer in fake_pictures.LAYERS if layer.is_cut]
MODEL = fake_pictures.load("efficientnet-lite0").info


def measured(folder: Path, layer: str) -> ActivationStatistics | None:
    return read_natural(subgroup(open_atlas(str(folder)), f"{MODEL.name}/{layer}"))


def measure(folder: Path, measure: Measure, **settings: object) -> Summary:
    """A run on an atlas whose pictures are all there."""
    merged = replace(AtlasSettings(store=str(folder), workers=1), **settings)
    return render_atlas(
        merged,
        load=fake_pictures.load,
        weigh=fake_pictures.weigh,
        render=fake_pictures.render_never,
        measure=measure,
        stream=io.StringIO(),
    )


@pytest.fixture
def atlas(tmp_path: Path, undisturbed: Path) -> Path:
    return Path(shutil.copytree(undisturbed, tmp_path / "atlas.zarr"))


@pytest.fixture
def mine(tmp_path: Path) -> dict[str, str]:
    """Settings that name three photos, as many as the fake measures."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for shade in (60, 130, 200):
        pixels = np.random.default_rng(shade).integers(0, shade, (40, 40, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{shade}.png")
    return {"photos": str(folder), "cache": str(tmp_path / "cache")}


def test_a_run_stores_what_is_measured_of_every_layer(undisturbed: Path) -> None:
    for layer in CUTS:
        group = subgroup(open_atlas(str(undisturbed)), f"{MODEL.name}/{layer.name}")
        found = read_natural(group)
        assert found is not None
        photos = Photos(SAMPLES, found.digest)
        side = canvas_side(layer.receptive_field)
        [(made, covariance, _)] = fake_pictures.measure(MODEL, [layer], side, photos)
        for name in ("mean", "spread", "maximum", "best"):
            np.testing.assert_array_equal(getattr(found, name), getattr(made, name))
        np.testing.assert_array_equal(read_covariance(group), covariance)
        assert (found.photos, found.source, len(found.digest)) == (3, SAMPLES, 64)


def test_an_atlas_without_gets_it_and_the_same_bytes(
    atlas: Path, undisturbed: Path, tree: Tree
) -> None:
    for layer in CUTS:
        del zarr.open_group(f"{atlas}/{MODEL.name}/{layer.name}")["natural"]
        assert measured(atlas, layer.name) is None
    summary = measure(atlas, fake_pictures.measure)
    assert (summary.made, summary.measured) == (0, len(CUTS))
    assert tree(atlas) == tree(undisturbed)


def test_what_is_half_written_is_not_there_and_made_anew(
    atlas: Path, undisturbed: Path, tree: Tree
) -> None:
    half = zarr.open_group(f"{atlas}/{MODEL.name}/block/natural")
    half.attrs.put({})
    del half["spread"]
    assert measured(atlas, "block") is None
    assert read_covariance(subgroup(open_atlas(str(atlas)), f"{MODEL.name}/block")) is None
    measure(atlas, fake_pictures.measure)
    assert tree(atlas) == tree(undisturbed)


def test_what_is_being_replaced_is_not_there_and_made_anew(
    atlas: Path, undisturbed: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = subgroup(open_atlas(str(atlas), mode="r+"), f"{MODEL.name}/block")
    made = read_natural(group)
    assert made is not None

    def killed(folder: Path) -> None:
        rmtree(folder / "spread")
        raise InterruptedError

    rmtree = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(InterruptedError):
        write_natural(group, replace(made, digest="0f"), None, None)
    assert not (atlas / MODEL.name / "block/natural/spread").exists()
    assert measured(atlas, "block") is None
    monkeypatch.undo()
    measure(atlas, fake_pictures.measure)
    assert tree(atlas) == tree(undisturbed)


def test_photos_that_are_named_take_the_place_of_samples_and_not_the_other_way_round(
    atlas: Path, mine: dict[str, str], tree: Tree
) -> None:
    measure(atlas, fake_pictures.measure, layers=("stem",), **mine)
    stem, block = measured(atlas, "stem"), measured(atlas, "block")
    assert stem is not None
    assert block is not None
    assert (stem.source, block.source) == ("mine", SAMPLES)
    assert (sorted(stem.paths), block.paths) == (["130.png", "200.png", "60.png"], ())
    before = tree(atlas)
    measure(atlas, fake_pictures.measure_never, layers=("stem",), **mine)
    measure(atlas, fake_pictures.measure_never)
    assert tree(atlas) == before
    assert not [path for path, content in before.items() if str(atlas).encode() in content]


def test_only_one_task_of_a_run_keeps_the_photos(atlas: Path, mine: dict[str, str]) -> None:
    """Two of a run may be under way at once, and would write into the same array."""
    settings = replace(AtlasSettings(store=str(atlas), models=("efficientnet-lite0",)), **mine)
    plan = make_plan(settings, fake_pictures.load)
    first, second = passes(plan, open_atlas(str(atlas)))
    store_natural(str(atlas), fake_pictures.measure, second)
    assert not list(atlas.glob(".photos-*"))
    store_natural(str(atlas), fake_pictures.measure, first)
    assert len(list(atlas.glob(".photos-*"))) == 1


def test_how_many_photos_are_read_is_shown(
    atlas: Path, mine: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(Lines, "check", lambda _, text: said.append(text))
    measure(atlas, fake_pictures.measure, layers=("stem",), **mine)
    assert "natural statistics, reading photos: 0 of 3" in said
    assert "natural statistics, reading photos: 3 of 3" in said


def test_layers_that_cannot_be_measured_are_reported_and_get_their_pictures(
    tmp_path: Path, tree: Tree, undisturbed: Path
) -> None:
    settings = AtlasSettings(store=str(tmp_path), workers=1)
    summary = render_atlas(
        settings,
        load=fake_pictures.load,
        weigh=fake_pictures.weigh,
        render=fake_pictures.render,
        measure=fake_pictures.measure_nothing,
        stream=io.StringIO(),
    )
    assert [(failure.where, failure.error) for failure in summary.failures] == [
        (
            "efficientnet-lite0 natural statistics of stem to block",
            "ArithmeticError: no photo for stem",
        ),
        ("efficientnet-lite0 natural statistics of head", "ArithmeticError: no photo for head"),
    ]
    assert summary.made == fake_pictures.CHANNELS_OF_CUTS
    measure(tmp_path, fake_pictures.measure)
    assert tree(tmp_path) == tree(undisturbed)


def test_layers_with_pictures_of_one_side_are_measured_in_one_pass_that_fits_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(AtlasSettings(store=str(tmp_path), models=("a", "b")), fake_pictures.load)
    atlas = prepared_atlas(plan)
    assert [(each.group, each.side, len(each.layers)) for each in passes(plan, atlas)] == [
        (("a",), 48, 2),
        (("a",), 128, 1),
        (("b",), 48, 2),
        (("b",), 128, 1),
    ]
    monkeypatch.setattr(statistics_task, "MEMORY", 8 * (20**2 + 16**2) - 1)
    names = [[layer.name for layer in each.layers] for each in passes(plan, atlas)]
    assert names == [["stem"], ["block"], ["head"]] * 2
