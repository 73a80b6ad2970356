"""A study explained, with real weights: honest heads, what is kept, a shortcut that is told."""

import io
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from sample_marked_photos import EACH, write_marked_photos

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AttributionSettings, StudySettings
from diamond_cutter.precompute.attribution import attribution_task, class_pictures, photo_tasks
from diamond_cutter.precompute.stores.attribution import attribution_layout
from diamond_cutter.precompute.stores.attribution import attribution_reader as reader
from diamond_cutter.precompute.stores.attribution.attribution_graphs import read_graphs
from diamond_cutter.precompute.stores.store_address import array, subgroup
from diamond_cutter.precompute.stores.study.study_reader import (
    cut_group,
    open_studies,
    read_fold_head,
    study_group,
)
from diamond_cutter.precompute.study import study_explanation
from diamond_cutter.precompute.study.study_run import make_study

MODEL, CUT = "efficientnet-lite0", "block5c_add"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., StudySettings]:
    folder = tmp_path_factory.mktemp("explained")
    for name, share in (("marked", 0.85), ("plain", 0.0)):
        write_marked_photos(folder / name, share)

    def make(name: str, **changes: object) -> StudySettings:
        asked = {"layers": ("cut",), "groups": 2, "graph": 0, "pictures": 0} | changes
        return StudySettings(
            dataset=str(folder / name),
            cuts=(CUT,),
            folds=4,
            store=str(folder / "study.zarr"),
            features=str(folder / "features.zarr"),
            cache=str(folder / "cache"),
            attribution=AttributionSettings(**asked),  # type: ignore[arg-type]
        )

    return make


@pytest.fixture(scope="module")
def marked(settings: Callable[..., StudySettings]) -> reader.Source:
    asked = settings("marked", graph=2)
    make_study("marked", asked)
    return reader.open_explained(open_studies(asked.store), "marked")


def test_every_photo_is_asked_with_the_head_that_did_not_see_it(marked: reader.Source) -> None:
    slot = study_group(open_studies(str(marked.study.store_path.store.root)), "marked")
    probability = np.asarray(array(cut_group(slot, MODEL, CUT), "probability")[:])
    photos = reader.PhotoReader(marked, MODEL, CUT)
    assert photos.photos.tolist() == list(range(3 * EACH))
    for photo in photos:
        odds = np.exp(photo.logit - photo.logit.max())
        np.testing.assert_allclose(odds / odds.sum(), probability[photo.photo], atol=2e-3)
        view = photo.layers[CUT]
        for row, (label, minus) in enumerate(view.targets):
            reached = photo.logit[label] - (photo.logit[minus] if minus >= 0 else 0)
            assert view.bias[row] + view.total[row] == pytest.approx(reached, abs=1e-3)
        assert Image.open(BytesIO(photo.picture)).size == (448, 448)


def test_graphs_of_photos_and_classes_are_what_heads_make_of_departures(
    marked: reader.Source,
) -> None:
    slot = study_group(open_studies(str(marked.study.store_path.store.root)), "marked")
    label, fold = (np.asarray(array(slot, f"photos/{name}")[:]) for name in ("label", "fold"))
    heads = [read_fold_head(cut_group(slot, MODEL, CUT), k)[0][0] for k in range(4)]
    photos = {each.photo: each for each in reader.PhotoReader(marked, MODEL, CUT)}
    mean = np.stack([photos[n].layers[CUT].mean for n in range(3 * EACH)])
    gives = (mean - mean.mean(axis=0))[:, :, None] * np.stack([heads[k] for k in fold])
    graphs = read_graphs(subgroup(marked.group, f"{MODEL}/{CUT}"))
    assert graphs is not None
    assert graphs.layers == [CUT]
    taken = [int(photos[n].logit.argmax()) for n in range(3 * EACH)]
    wrong = [n for n in range(3 * EACH) if taken[n] != label[n]]
    assert wrong  # each of those has a graph of its own class, too
    asked = [*enumerate(taken), *((n, int(label[n])) for n in wrong)]
    of_photos = graphs.photos
    assert list(zip(of_photos.photo, of_photos.label, strict=True)) == asked
    for row, (photo, about) in enumerate(asked):
        own = gives[photo, :, about]
        two = sorted(np.argsort(-np.abs(own))[:2], key=lambda channel: -own[channel])
        assert of_photos.node[row, 0].tolist() == two
        np.testing.assert_allclose(of_photos.value[row, 0], own[two], atol=1e-4)
        assert of_photos.whole[row, 0] == pytest.approx(np.abs(own).sum(), rel=1e-3)
    assert graphs.classes.label.tolist() == [0, 1, 2]
    assert graphs.classes.photos.tolist() == [EACH] * 3
    for k in range(3):
        own = gives[label == k, :, k].mean(axis=0)
        two = sorted(np.argsort(-np.abs(own))[:2], key=lambda channel: -own[channel])
        assert graphs.classes.node[k, 0].tolist() == two
        np.testing.assert_allclose(graphs.classes.value[k, 0], own[two], atol=1e-4)


def test_a_mark_on_most_photos_of_a_class_is_seen_and_warned_of(marked: reader.Source) -> None:
    [warning] = reader.read_explained_cut(marked, MODEL, CUT).shortcuts
    assert (warning.label, warning.kind, warning.layer) == (1, "place", CUT)
    assert warning.share > 2 * warning.usual
    middle = (1, 11)  # of 14 x 14: rows 8..26 and columns 100..118 of 128
    assert middle in warning.cells
    sums = reader.read_sums(marked, MODEL, CUT, CUT)
    row = sums.target.tolist().index([1, -1])
    place = np.unravel_index(sums.heatmap[row].argmax(), sums.heatmap[row].shape)
    assert np.abs(np.subtract(place, middle)).max() <= 1
    photos = reader.PhotoReader(marked, MODEL, CUT)
    for photo in warning.photos[:3]:
        view = photos.read(photo).layers[CUT]
        speaking = view.cell_value[view.targets.index((1, -1))][..., : attribution_layout.TOP].sum(
            -1
        )
        assert speaking[0:3, 10:13].mean() > 1.1 * speaking.mean(), speaking


def test_a_class_has_groups_and_one_of_them_is_its_mark(marked: reader.Source) -> None:
    groups = reader.read_class_groups(marked, MODEL, CUT)
    assert groups is not None
    assert groups.label.tolist() == [0, 1, 2]
    assert (groups.photo[1] >= EACH).all()
    assert (groups.photo[1] < 2 * EACH).all()
    assert groups.map.shape[2:] == (2, 14, 14)
    assert groups.map.max() == pytest.approx(1)
    assert np.isfinite(groups.value).all()
    assert groups.value[1].max() > 0
    assert groups.picture.shape[:3] == (3, 2, 0)


def test_a_second_run_makes_nothing_again(
    marked: reader.Source,
    settings: Callable[..., StudySettings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(photo_tasks, "execute_tasks", refuse)
    before = reader.PhotoReader(marked, MODEL, CUT).read(5)
    asked = settings("marked", graph=2)
    make_study("marked", asked)
    again = reader.open_explained(open_studies(asked.store), "marked")
    after = reader.PhotoReader(again, MODEL, CUT).read(5)
    np.testing.assert_array_equal(before.layers[CUT].channel, after.layers[CUT].channel)
    with pytest.raises(AssertionError, match="made again"):
        make_study("marked", settings("marked", groups=3))


def test_what_was_made_before_an_interrupt_is_kept_and_no_mark_no_warning(
    settings: Callable[..., StudySettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    write = attribution_task.attribution_writer.write_shard

    def write_some(*arguments: object, **named: object) -> None:
        if len(made) == 1:
            raise KeyboardInterrupt
        made.append(str(arguments[2]))
        write(*arguments, **named)  # type: ignore[arg-type]

    asked = settings("plain", photos="24")
    monkeypatch.setattr(photo_tasks, "ROWS", 12)
    monkeypatch.setattr(attribution_task.attribution_writer, "write_shard", write_some)
    with pytest.raises(KeyboardInterrupt):
        make_study("plain", asked)
    studies = open_studies(asked.store)
    assert "plain" not in reader.explained_names(studies)
    made.insert(0, "from now on all")
    made.append("")
    make_study("plain", asked)
    assert len(made) == 4  # one part before, one after
    source = reader.open_explained(open_studies(asked.store), "plain")
    assert reader.read_explained(source).photos == 24
    assert reader.read_explained_cut(source, MODEL, CUT).shortcuts == []


def test_an_interrupt_keeps_the_last_finished_attribution(
    settings: Callable[..., StudySettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def photos_and_groups() -> tuple[int, int]:
        source = reader.open_explained(open_studies(asked.store), "kept")
        read = [photo.layers[CUT] for photo in reader.PhotoReader(source, MODEL, CUT)]
        groups = reader.read_class_groups(source, MODEL, CUT)
        assert groups is not None
        assert groups.map.shape[2] == read[0].group_map.shape[0]
        return len(read), groups.map.shape[2]

    asked = settings("plain", photos="24")
    make_study("kept", asked)
    assert photos_and_groups() == (24, 2)
    for module, name, groups in (
        (attribution_task.attribution_writer, "write_shard", 2),  # with nothing made yet
        (study_explanation, "prune", 3),  # with all of it shown, and the last to be removed
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, interrupt)
            with pytest.raises(KeyboardInterrupt):
                make_study("kept", settings("plain", photos="24", groups=3))
        assert photos_and_groups() == (24, groups)


def test_classes_their_groups_and_those_of_a_few_photos_get_pictures(
    settings: Callable[..., StudySettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = {
        name: replace(recipe, phases=(replace(recipe.phases[0], steps=1),), base=None)
        for name, recipe in class_pictures.RECIPES.items()
    }
    monkeypatch.setattr(class_pictures, "RECIPES", quick)
    asked = settings("plain", photos="24", pictures=1)
    make_study("pictured", asked)
    source = reader.open_explained(open_studies(asked.store), "pictured")
    pictures = reader.read_pictures(source, MODEL, CUT)
    groups = reader.read_class_groups(source, MODEL, CUT)
    few = reader.read_photo_groups(source, MODEL, CUT)
    assert pictures is not None
    assert groups is not None
    assert few is not None
    assert pictures.logit.shape[:2] == pictures.direction.shape[:2] == (3, 1)
    assert groups.picture.shape[:2] == (3, 2)
    assert few.picture.shape[:2] == (8, 2)
    assert set(few.photo.tolist()) <= set(range(3 * EACH))
    assert len({each.tobytes() for each in few.picture.reshape(12, -1)}) == 12
    told = io.StringIO()
    fewer = settings("plain", photos="24", pictures=1, pictured_classes="1")
    make_study("pictured", fewer, stream=told)
    source = reader.open_explained(open_studies(asked.store), "pictured")
    only, some = (
        read(source, MODEL, CUT) for read in (reader.read_pictures, reader.read_class_groups)
    )
    assert only is not None
    assert some is not None
    [label] = only.label
    np.testing.assert_array_equal(only.logit[0], pictures.logit[label])
    assert [bool(each.any()) for each in some.picture] == [k == label for k in range(3)]
    assert f"Pictures of 1 of 3 classes at {CUT}, those most often confused: pictured" in (
        told.getvalue()
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"method": "saliency"}, "method: expected one of gradient, integrated, got 'saliency'"),
        ({"photos": "few"}, 'photos: expected "all" or a count'),
        ({"photos": "0"}, 'photos: expected "all" or a count, 1 or more'),
        ({"pictured": "-1"}, 'pictured: expected "all" or a count, 0 or more'),
        ({"groups": -1}, "groups: expected 0 or more, got -1"),
        ({"graph": -1}, "graph: expected 0 or more, got -1"),
        ({"cuts": ("block5c",)}, "cuts: expected .*did you mean 'block5c_add'"),
        ({"layers": ("nothing",)}, "layers: expected 'stages', 'cuts', 'cut' or names"),
        (
            {"method": "integrated", "layers": ("block2a_expand_activation",)},
            "integrated gradients need cuts, got 'block2a_expand_activation'",
        ),
    ],
)
def test_settings_that_cannot_hold_are_refused_before_any_work(
    settings: Callable[..., StudySettings], changes: dict[str, object], expected: str
) -> None:
    with pytest.raises(UserError, match=expected):
        make_study("refused", settings("plain", **changes))
