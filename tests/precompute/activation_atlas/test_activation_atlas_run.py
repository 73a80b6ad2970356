"""Maps of a study, with real weights: what is kept, what a mark does, nothing made twice."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import zarr
from PIL import Image
from sample_marked_photos import EACH, MARK, write_marked_photos

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import (
    ActivationAtlasSettings,
    AttributionSettings,
    StudySettings,
)
from diamond_cutter.precompute.activation_atlas import activation_atlas_run, layout_run, map_cells
from diamond_cutter.precompute.attribution import class_pictures, photo_tasks
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    ActivationMap,
    Grid,
)
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_store import (
    map_group,
    read_crops,
    read_grid,
    read_maps,
)
from diamond_cutter.precompute.stores.store_address import array
from diamond_cutter.precompute.stores.study.study_reader import cut_group, open_studies, study_group
from diamond_cutter.precompute.study.study_run import make_study

MODEL, BELOW, CUT = "efficientnet-lite0", "block3b_add", "block5c_add"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., StudySettings]:
    folder = tmp_path_factory.mktemp("mapped")
    write_marked_photos(folder / "marked", 0.85)

    def make(**changes: object) -> StudySettings:
        asked = {"layers": (BELOW,), "grid": 10} | changes
        return StudySettings(
            dataset=str(folder / "marked"),
            cuts=(CUT,),
            folds=4,
            store=str(folder / "study.zarr"),
            features=str(folder / "features.zarr"),
            cache=str(folder / "cache"),
            attribution=AttributionSettings(
                layers=("cut",), photos="1", groups=0, graph=0, pictures=0
            ),
            activation_atlas=ActivationAtlasSettings(**asked),  # type: ignore[arg-type]
        )

    return make


@pytest.fixture(scope="module")
def quick() -> object:
    """Pictures of few steps: what they show is tried by `benchmarks/activation_atlas.py`.

    And few vectors make fine grids.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(map_cells, "CROWDED", 4)
        made = {
            name: replace(recipe, phases=(replace(recipe.phases[0], steps=6),), base=None)
            for name, recipe in class_pictures.RECIPES.items()
        }
        patch.setattr(class_pictures, "RECIPES", made)
        yield


@pytest.fixture(scope="module")
def slot(settings: Callable[..., StudySettings], quick: None) -> zarr.Group:  # noqa: ARG001
    asked = settings()
    make_study("marked", asked)
    return study_group(open_studies(asked.store), "marked")


def finest(slot: zarr.Group, layer: str) -> tuple[ActivationMap, Grid]:
    found = next(each for each in read_maps(slot) if each.layer == layer)
    return found, read_grid(slot, found, found.grids[-1])


def test_maps_say_what_they_are(slot: zarr.Group) -> None:
    below, cut = read_maps(slot)
    assert (below.model, below.layer, below.cut, below.channels) == (MODEL, BELOW, CUT, 40)
    assert (cut.layer, cut.height, cut.width, cut.input_size) == (CUT, 14, 14, 224)
    assert (cut.photos, cut.vectors) == (3 * EACH, 3 * EACH * 16)
    assert cut.grids == [5, 10]
    assert 0.7 < cut.trustworthiness < 1
    for side in cut.grids:
        grid = read_grid(slot, cut, side)
        assert grid.count.sum() == cut.vectors
        assert (grid.row < side).all()
        assert (np.diff(grid.row * side + grid.column) > 0).all()
        assert (grid.is_shown <= (grid.count >= 5)).all()
        assert grid.picture[grid.is_shown == 1].std(axis=(1, 2, 3)).min() > 0
        assert not grid.picture[grid.count < 5].any()
        assert (np.diff(grid.above, axis=1) <= 0).all()


def test_what_cells_give_to_classes_sums_up_to_the_mean_logits(slot: zarr.Group) -> None:
    group = cut_group(slot, MODEL, CUT)
    probability = np.asarray(array(group, "probability")[:], np.float64)
    fold = np.asarray(array(slot, "photos/fold")[:])
    bias = np.asarray(array(group, "fold_bias_0")[:], np.float64)[fold]
    told = np.log(probability) - bias  # the logits less their bias, but for a constant a photo
    for side in (5, 10):
        grid = read_grid(slot, finest(slot, CUT)[0], side)
        given = (grid.attribution.astype(np.float64) * grid.asked).sum(axis=0) / (3 * EACH)
        expected = told.mean(axis=0)
        np.testing.assert_allclose(given - given[0], expected - expected[0], atol=1e-3)


def test_a_mark_forms_a_region_whose_crops_show_it(slot: zarr.Group) -> None:
    found, grid = finest(slot, CUT)
    group = map_group(slot, found)
    place, photo, position = (
        np.asarray(array(group, name)[:]) for name in ("place", "photo", "position")
    )
    marked = np.asarray(array(slot, "photos/label")[:])[photo] == 1
    rows, columns = (np.array([each.start, each.stop]) / 128 * 14 for each in MARK)
    at_mark = (np.abs(place[:, 0] + 0.5 - rows.mean()) < 1.5) & (
        np.abs(place[:, 1] + 0.5 - columns.mean()) < 1.5
    )
    side = found.grids[-1]
    column, row = np.minimum((position * side).astype(int), side - 1).T
    square = row * side + column
    region = np.bincount(square[marked & at_mark], minlength=side**2).argmax()
    [cell] = np.flatnonzero(grid.row * side + grid.column == region)
    inside = (np.abs(row - region // side) <= 1) & (np.abs(column - region % side) <= 1)
    assert inside[marked & at_mark].mean() > 0.5 > 4 * inside.mean()
    speaks = grid.attribution[grid.count >= 5, 1]
    assert grid.attribution[cell].argmax() == 1
    assert grid.attribution[cell, 1] > np.percentile(speaks, 80)
    examples = grid.example[cell]
    crops = read_crops(slot, found)
    shown = []
    for vector in examples[examples >= 0]:
        crop = np.asarray(Image.open(BytesIO(crops[int(vector)])).convert("RGB"), np.int64)
        shown.append(((crop[..., 0] > 180) & (crop[..., 1] < 90)).mean() > 0.01)
    assert np.mean(shown) > 0.8
    assert marked[examples[examples >= 0]].mean() > 0.8


def test_a_second_run_makes_nothing_again_and_the_same_bytes(
    settings: Callable[..., StudySettings], slot: zarr.Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("made again")

    before = finest(slot, CUT)[1]
    with monkeypatch.context() as patch:
        patch.setattr(photo_tasks, "execute_tasks", refuse)
        make_study("marked", settings())
        again = finest(study_group(open_studies(settings().store), "marked"), CUT)[1]
        for name, values in vars(before).items():
            np.testing.assert_array_equal(getattr(again, name), values)
        with pytest.raises(AssertionError, match="made again"):
            make_study("marked", settings(parts=2))
    make_study("unmapped", settings(layers=("none",)))
    assert read_maps(study_group(open_studies(settings().store), "unmapped")) == []


@pytest.mark.usefixtures("quick")
def test_maps_need_no_attribution(settings: Callable[..., StudySettings]) -> None:
    asked = settings(layers=("cut",), grid=5)
    make_study("alone", replace(asked, attribution=AttributionSettings(cuts=("none",))))
    found, grid = finest(study_group(open_studies(asked.store), "alone"), CUT)
    assert grid.count.sum() == found.vectors


@pytest.mark.usefixtures("quick")
def test_an_interrupt_keeps_the_last_maps_and_the_next_run_goes_on(
    settings: Callable[..., StudySettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def grids() -> list[int]:
        slot = study_group(open_studies(settings().store), "kept")
        return finest(slot, CUT)[0].grids

    make_study("kept", settings(layers=("cut",), grid=8))
    assert grids() == [4, 8]
    with monkeypatch.context() as patch:
        patch.setattr(activation_atlas_run, "store_cell_pictures", interrupt)
        with pytest.raises(KeyboardInterrupt):
            make_study("kept", settings(layers=("cut",), grid=6))
    assert grids() == [4, 8]
    with monkeypatch.context() as patch:  # what was drawn and laid out is there
        patch.setattr(activation_atlas_run, "store_samples", interrupt)
        patch.setattr(layout_run, "store_layout", interrupt)
        make_study("kept", settings(layers=("cut",), grid=6))
    assert grids() == [6]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"parts": 9}, "activation_atlas: parts: expected 0 to 8, got 9"),
        ({"grid": 2}, "activation_atlas: grid: expected 4 to 320, got 2"),
        ({"photos": "few"}, 'activation_atlas: photos: expected "all" or a count'),
        ({"layers": ("none", "cut")}, 'layers: expected "none" alone, or layers'),
        ({"layers": ("block5c",)}, "activation_atlas: layers: .*did you mean 'block5c_add'"),
    ],
)
def test_settings_that_cannot_hold_are_refused_before_any_work(
    settings: Callable[..., StudySettings], changes: dict[str, object], expected: str
) -> None:
    with pytest.raises(UserError, match=expected):
        make_study("refused", settings(**changes))
