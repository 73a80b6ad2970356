"""Pictures belong to a network with its weights: those of others are never taken for them."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fake_pictures
import numpy as np
import pytest
import zarr

from diamond_cutter.build.rendered_atlas import read_atlas
from diamond_cutter.command.configuration import SHARED
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas.atlas_run import load_backbone, render_atlas
from diamond_cutter.precompute.atlas.atlas_summary import Summary
from diamond_cutter.precompute.atlas.render_task import RenderTask, store_pictures
from diamond_cutter.precompute.atlas.statistics_photos import choose_photos
from diamond_cutter.precompute.atlas.statistics_task import StatisticsTask, store_natural
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.recipes import RECIPES
from diamond_cutter.precompute.rendering.render_plan import RenderPlan
from diamond_cutter.precompute.stores.atlas.atlas_layout import open_atlas, read_weights
from diamond_cutter.precompute.stores.atlas.atlas_writer import Chunk, create_atlas, prepare_model
from diamond_cutter.precompute.stores.store_address import array, subgroup

ANEW = "rendered anew"
Tree = Callable[[Path], dict[str, bytes]]


def train(file: Path, seed: int) -> None:
    """Write a network of one architecture; each seed has its own weights."""
    keras.utils.set_random_seed(seed)
    image = keras.Input((32, 32, 3))
    hidden = keras.layers.Conv2D(9, 3, activation="relu", name="first")(image)
    hidden = keras.layers.Conv2D(10, 3, activation="relu", name="second")(hidden)
    logits = keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(hidden))
    keras.Model(image, logits).save(file)


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the network "mine"."""
    file = tmp_path / "mine.keras"
    train(file, 0)
    table = {"file": str(file), "preprocessing": "0..1"}
    monkeypatch.setenv(SHARED, json.dumps({"mine": table}))
    return file


def run(folder: Path, stream: io.StringIO | None = None, **settings: object) -> Summary:
    merged = replace(AtlasSettings(store=str(folder), models=("mine",), workers=1), **settings)
    return render_atlas(
        merged,
        load=load_backbone,
        weigh=fake_pictures.weigh,
        render=fake_pictures.render,
        measure=fake_pictures.measure,
        stream=stream,
    )


def test_the_pictures_of_a_network_that_was_trained_on_are_made_anew(
    tmp_path: Path, mine: Path
) -> None:
    folder, stream = tmp_path / "atlas.zarr", io.StringIO()
    first = run(folder, layers=("all",))
    assert first.made == first.total > 9
    assert run(folder, layers=("all",)).made == 0
    train(mine, 1)
    second = run(folder, stream, layers=("first",))
    assert (second.made, second.measured) == (9, 1)
    told = [line for line in stream.getvalue().splitlines() if ANEW in line]
    assert len(told) == 1
    assert told[0].startswith("mine: ")
    (model,) = read_atlas(str(folder)).models
    assert [layer.layer.name for layer in model.rendered] == ["first"]
    stored = subgroup(open_atlas(str(folder)), "mine")
    assert read_weights(stored) == catalogue.network("mine").weights_digest
    assert run(folder, layers=("first",)).made == 0


def without_weights(folder: Path, model: str) -> None:
    """Make an atlas one of before: it does not say of which weights its pictures are."""
    group = zarr.open_group(str(folder), mode="r+", path=model)
    group.attrs.put({key: value for key, value in group.attrs.items() if key != "weights"})


@pytest.mark.usefixtures("mine")
def test_an_old_atlas_of_a_file_of_ones_own_is_readable_and_rendered_anew(tmp_path: Path) -> None:
    folder, stream = tmp_path / "atlas.zarr", io.StringIO()
    run(folder, layers=("first",))
    without_weights(folder, "mine")
    (model,) = read_atlas(str(folder)).models
    assert model.rendered[0].pictured.any()
    assert run(folder, stream, layers=("first",)).made == 9
    assert ANEW in stream.getvalue()


def published(name: str) -> fake_pictures.FakeBackbone:
    digest = catalogue.network(name).weights_digest
    return replace(fake_pictures.load(name), weights_digest=digest)


@pytest.mark.parametrize("load", [published, fake_pictures.load])
def test_an_old_atlas_goes_on_if_its_network_has_the_weights_that_are_published(
    tmp_path: Path, undisturbed: Path, tree: Tree, load: Callable[[str], fake_pictures.FakeBackbone]
) -> None:
    folder = tmp_path / "atlas.zarr"

    def render() -> Summary:
        return render_atlas(
            AtlasSettings(store=str(folder), workers=1),
            load=load,
            render=fake_pictures.render,
            measure=fake_pictures.measure,
            weigh=fake_pictures.weigh,
        )

    for name, content in tree(undisturbed).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    without_weights(folder, "efficientnet-lite0")
    (folder / "efficientnet-lite0/stem/level/c/0").unlink()
    assert render().made == (8 if load == published else fake_pictures.CHANNELS_OF_CUTS)
    assert render().made == 0
    stored = subgroup(open_atlas(str(folder)), "efficientnet-lite0")
    assert read_weights(stored) == load("efficientnet-lite0").weights_digest


def test_a_kill_while_old_pictures_are_taken_away_leaves_none(tmp_path: Path, mine: Path) -> None:
    folder = tmp_path / "atlas.zarr"
    run(folder, layers=("first", "second"))
    (folder / "mine/zarr.json").unlink()
    (folder / "mine/first/zarr.json").unlink()
    train(mine, 1)
    assert run(folder, layers=("first",)).made == 9
    assert not (folder / "mine/second").exists()


def test_a_task_of_other_weights_than_the_store_has_stores_nothing(
    tmp_path: Path, undisturbed: Path, tree: Tree
) -> None:
    address = str(tmp_path / "atlas.zarr")
    for name, content in tree(undisturbed).items():
        (Path(address) / name).parent.mkdir(parents=True, exist_ok=True)
        (Path(address) / name).write_bytes(content)
    backbone = fake_pictures.load("efficientnet-lite0")
    atlas = create_atlas(address)
    prepare_model(atlas, backbone.info, backbone.layers, "77" * 32)
    before = tree(Path(address))
    stem = backbone.layers[0]
    task = RenderTask(backbone.network, stem, RECIPES["preview"], 0, Chunk(0, (0,)), RenderPlan())
    photos = choose_photos("", tmp_path, lambda *_: None)
    natural = StatisticsTask(backbone.network, (stem,), 32, photos)
    with pytest.raises(Exception, match="got those of others") as caught:
        store_pictures(address, fake_pictures.render_never, task)
    assert isinstance(caught.value.__cause__, UserError)
    with pytest.raises(Exception, match="got those of others"):
        store_natural(address, fake_pictures.measure_never, natural)
    assert tree(Path(address)) == before
    assert np.asarray(array(subgroup(atlas, "efficientnet-lite0/stem"), "level")[:]).all()
