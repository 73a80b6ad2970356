import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zarr
from sample_study import LARGE, SMALL, write_study

from diamond_cutter.build.measured_study import MeasuredStudy, read_array, read_studies
from diamond_cutter.command.errors import UserError


@pytest.fixture
def store(small_study: str, tmp_path: Path) -> str:
    """A copy of the small study, to be damaged."""
    return str(shutil.copytree(small_study, tmp_path / "study.zarr"))


@pytest.fixture(scope="module")
def pets(small_study: str) -> MeasuredStudy:
    return read_studies([small_study])[0]


def test_a_study_is_read_whole(pets: MeasuredStudy) -> None:
    assert pets.path == "studies/pets/"
    assert [cut.key for cut in pets.cuts] == pets.study.ranking
    assert len(pets.cuts) == len(SMALL.cuts)
    accuracies = [cut.cut.metrics.accuracy.value for cut in pets.cuts]
    assert accuracies == sorted(accuracies, reverse=True)
    assert pets.recommended.path == "tiny-net/block1/"
    assert [file.label for file in pets.report.photos] == [
        pets.study.classes[label] for label in read_array(pets.label)
    ]


def test_predictions_confusions_and_accuracies_agree(pets: MeasuredStudy) -> None:
    label = read_array(pets.label)
    for cut in pets.cuts:
        predicted = read_array(cut.probability).argmax(1)
        assert (predicted == label).mean() == pytest.approx(cut.cut.metrics.accuracy.value)
        assert np.trace(read_array(cut.confusion)) == (predicted == label).sum()


def test_a_backbones_cuts_come_in_depth_order(pets: MeasuredStudy) -> None:
    tiny, far = pets.study.backbones
    assert [cut.cut.cut for cut in pets.of_backbone(tiny)] == ["stem", "block1", "head"]
    assert [cut.cut.index for cut in pets.of_backbone(far)] == [0, 3, 5, 8, 9]


def test_photos_that_only_train_have_no_prediction(large_study: str) -> None:
    (thirty,) = read_studies([large_study])
    only_train = read_array(thirty.fold) < 0
    assert only_train.sum() == 200
    predicted = ~np.isnan(read_array(thirty.cuts[0].probability)).any(1)
    assert (predicted == ~only_train).all()
    assert thirty.study.held_out == 400


def test_studies_of_all_stores_come_by_name(small_study: str, large_study: str) -> None:
    found = read_studies([large_study, small_study, small_study])
    assert [measured.study.name for measured in found] == ["pets", "thirty"]


def test_two_studies_of_the_same_name_are_refused(small_study: str, store: str) -> None:
    with pytest.raises(UserError, match=f"{store}: expected a study of another name, got 'pets'"):
        read_studies([small_study, store])


def test_a_store_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no studies at .*none\.zarr"):
        read_studies([str(tmp_path / "none.zarr")])


def test_a_study_that_is_not_finished_is_not_there(store: str) -> None:
    write_study(store, LARGE)
    zarr.open_group(f"{store}/pets").attrs.put({})
    assert [measured.study.name for measured in read_studies([store])] == ["thirty"]


def change_photos(store: str) -> None:
    study = zarr.open_group(f"{store}/pets")
    attributes = dict(study.attrs["study"])  # type: ignore[call-overload]
    study.attrs["study"] = attributes | {"photos": 61}


def drop_field(store: str) -> None:
    study = zarr.open_group(f"{store}/pets")
    attributes = dict(study.attrs["study"])  # type: ignore[call-overload]
    del attributes["ranking"]
    study.attrs["study"] = attributes


def doubt_another_photo(store: str) -> None:
    study = zarr.open_group(f"{store}/pets")
    attributes = dict(study.attrs["study"])  # type: ignore[call-overload]
    attributes["label_doubts"]["photos"][0]["path"] = "gone.jpg"
    study.attrs["study"] = attributes


def drop_cut(store: str) -> None:
    del zarr.open_group(f"{store}/pets/a/cuts/tiny-net")["stem"]


def drop_report(store: str) -> None:
    del zarr.open_group(f"{store}/pets/a")["report"]


def break_report(store: str) -> None:
    zarr.open_array(f"{store}/pets/a/report")[:3] = 0


def cut_off_report(store: str) -> None:
    (chunk,) = Path(store, "pets/a/report/c").iterdir()
    chunk.write_bytes(chunk.read_bytes()[:-5])


def shorten_thumbnails(store: str) -> None:
    zarr.open_array(f"{store}/pets/a/photos/thumbnail").resize((59, 96, 96, 3))


def drop_confusion(store: str) -> None:
    del zarr.open_group(f"{store}/pets/a/cuts/tiny-net/stem")["confusion"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (change_photos, "expected photos in all 61, got 60"),
        (drop_field, "expected a study's attributes and report"),
        (doubt_another_photo, "expected doubted photos in the report True, got False"),
        (drop_cut, "cuts/tiny-net/stem: expected a cut's attributes"),
        (drop_report, "expected a study's attributes and report"),
        (break_report, "expected a study's attributes and report"),
        (cut_off_report, "expected a study's attributes and report"),
        (shorten_thumbnails, r"photos/thumbnail: expected shape \(60, 96, 96, 3\), got \(59"),
        (drop_confusion, "tiny-net/stem/confusion: expected an array, got None"),
    ],
)
def test_a_damaged_study_is_refused_with_what_makes_it_anew(
    store: str, damage: Callable[[str], None], message: str
) -> None:
    damage(store)
    with pytest.raises(UserError, match=message) as error:
        read_studies([store])
    assert str(error.value).endswith("make it anew with `diamond study pets`")
    assert "\n" not in str(error.value)
