"""The store of studies: what is written is read back, and a stopped run leaves the last study."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.store_address import array
from diamond_cutter.precompute.stores.study import study_layout, study_reader, study_writer
from diamond_cutter.precompute.stores.study.dataset_report import File, Report

SHARE = study_layout.Measured(0.5, (0.25, 0.75))
METRICS = study_layout.Metrics(
    accuracy=SHARE,
    balanced_accuracy=SHARE,
    macro_f1=SHARE,
    log_loss=SHARE,
    top_k={},
    calibration=study_layout.Calibration(0.1, [study_layout.Bin(0.0, 0.1, 0, None, None)]),
    classes=[study_layout.ClassFigures("a", 1, None, 0.5, 0.5, (0.1, 0.9))],
)
CUT = study_layout.Cut(
    model="net",
    cut="block1",
    index=3,
    features=2,
    strengths=[1.0, 0.1],
    metrics=METRICS,
    comparison=study_layout.Comparison(0.0, (0.0, 0.0), 1.0, True),
    cost=study_layout.Cost(10, 0.5, 40, 0.01, 0.005, 32),
    curves=[study_layout.Curve(0, 1, [2.0, 1.0], [2.0, 1.5], [0.1, 0.5], [0.1, 0.4])],
)
STUDY = study_layout.Study(
    name="mine",
    classes=["a", "b"],
    counts=[1, 2],
    photos=3,
    held_out=2,
    split="folds",
    folds=2,
    seed=0,
    settings={"models": ["net"], "training": {"dropout": 0.5}},
    backbones=[study_layout.Backbone("net", 224, 10, 0.5, ["block1"])],
    ranking=[("net", "block1")],
    recommendation=study_layout.Recommendation("net", "block1", "Cut.", ["cheap"], False, []),
    baselines=[study_layout.Baseline("chance", SHARE)],
    machine="a machine",
    versions={"numpy": "2"},
    seconds={"features": 1.5},
)
REPORT = Report("photos", {"a": 1, "b": 2}, {}, 2.0, ["a"], [8, 9, 10], [], "", [
    File("a/\u202e1\n.jpg", "accept", "", "a", "", 8, 9, "00"),
    File("b/2.jpg", "note", "rotated", "b", "", 8, 9, "01"),
    File("b/3.jpg", "accept", "", "b", "", 8, 9, "02"),
    File("b/4.jpg", "reject", "empty"),
])  # fmt: skip
PROBABILITY = np.array([[0.75, 0.25], [0.5, 0.5], [np.nan, np.nan]], np.float32)
CONFUSION = np.array([[1, 0], [1, 0]])
HEAD = [
    (np.arange(6, dtype=np.float32).reshape(2, 3), np.arange(3, dtype=np.float32)),
    (np.ones((3, 2), np.float32), np.zeros(2, np.float32)),
]
FOLDS = [[(weight + fold, bias - fold) for weight, bias in HEAD] for fold in (1, 2)]


def write(address: str, study: study_layout.Study = STUDY, shade: int = 7) -> study_writer.Draft:
    """All of a study but its end."""
    draft = study_writer.begin(study_writer.create_studies(address), study.name)
    study_writer.write_report(draft, REPORT)
    three = np.arange(3, dtype=np.int32)
    study_writer.write_photos(draft, three % 2, three - 1, three)
    study_writer.write_thumbnails(draft, 1, np.full((2, 96, 96, 3), shade, np.uint8))
    study_writer.write_predictions(draft, "net", "block1", PROBABILITY, CONFUSION, [*FOLDS, HEAD])
    study_writer.write_cut(draft, CUT)
    return draft


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    address = str(tmp_path / "study.zarr")
    study_writer.finish(write(address), STUDY)
    studies = study_reader.open_studies(address)
    assert study_reader.names(studies) == ["mine"]
    assert study_reader.read_study(studies, "mine") == STUDY
    group = study_reader.study_group(studies, "mine")
    assert study_reader.read_report(group) == REPORT
    cut = study_reader.cut_group(group, "net", "block1")
    assert study_reader.read_cut(cut) == CUT
    np.testing.assert_array_equal(array(cut, "probability")[:], PROBABILITY)
    np.testing.assert_array_equal(array(cut, "confusion")[:], CONFUSION)
    for found, written in (
        (study_reader.read_head(cut), HEAD),
        (study_reader.read_fold_head(cut, 0), FOLDS[0]),
        (study_reader.read_fold_head(cut, 1), FOLDS[1]),
    ):
        for (weight, bias), (expected, expected_bias) in zip(found, written, strict=True):
            np.testing.assert_array_equal(weight, expected)
            np.testing.assert_array_equal(bias, expected_bias)
    thumbnails = np.asarray(array(group, "photos/thumbnail")[:])
    assert thumbnails[:, 0, 0, 0].tolist() == [0, 7, 7]
    assert np.asarray(array(group, "photos/fold")[:]).tolist() == [-1, 0, 1]


def test_studies_made_before_expect_nothing_and_are_still_read(tmp_path: Path) -> None:
    address = str(tmp_path / "study.zarr")
    study_writer.finish(write(address), STUDY)
    studies = study_reader.open_studies(address, "r+")
    kept = studies["mine"].attrs["study"]
    del kept["recommendation"]["expected"]
    studies["mine"].attrs["study"] = kept
    study = study_reader.read_study(study_reader.open_studies(address), "mine")
    assert study.recommendation.expected is None
    document = study_reader.ranking_document(study, [CUT], REPORT)
    assert document["baselines"] == {"chance": 0.5}
    assert not {"saver", "gain"} & set(document)


def test_what_the_heads_doubt_is_read_back_and_in_the_json(tmp_path: Path) -> None:
    address = str(tmp_path / "study.zarr")
    doubt = study_layout.LabelDoubt("b/2.jpg", "b", "a", 0.75)
    doubts = study_layout.LabelDoubts([("net", "block1")], [], [doubt])
    study = replace(STUDY, label_doubts=doubts)
    study_writer.finish(write(address), study)
    assert study_reader.read_study(study_reader.open_studies(address), "mine") == study
    document = study_reader.ranking_document(study, [CUT], REPORT)
    assert document["label_doubts"] == [
        {"path": "b/2.jpg", "given": "b", "suggested": "a", "score": 0.75}
    ]


def test_studies_made_before_know_of_no_doubts_and_are_still_read(tmp_path: Path) -> None:
    address = str(tmp_path / "study.zarr")
    study_writer.finish(write(address), STUDY)
    studies = study_reader.open_studies(address, "r+")
    kept = studies["mine"].attrs["study"]
    del kept["label_doubts"]
    studies["mine"].attrs["study"] = kept
    study = study_reader.read_study(study_reader.open_studies(address), "mine")
    assert study.label_doubts is None
    assert "label_doubts" not in study_reader.ranking_document(study, [CUT], REPORT)


def test_what_is_expected_is_read_back_and_in_the_json(tmp_path: Path) -> None:
    address = str(tmp_path / "study.zarr")
    loss, gain = (
        study_layout.Measured(0.004, (-0.01, 0.02)),
        study_layout.Measured(0.03, (0.01, 0.05)),
    )
    expected = study_layout.Expected(
        accuracy=SHARE,
        habit=study_layout.Habit("net", "block1", SHARE),
        gain=gain,
        saver=study_layout.Saver("net", "block1", loss),
        tolerance=0.01,
        neighbours=study_layout.Measured(0.4, (0.2, 0.6)),
        learning=study_layout.LearningCurve(
            [10.0, 20.0], [SHARE, SHARE], [10, 130], [SHARE, SHARE], SHARE, 100, gain
        ),
    )
    study = replace(STUDY, recommendation=replace(STUDY.recommendation, expected=expected))
    study_writer.finish(write(address), study)
    assert study_reader.read_study(study_reader.open_studies(address), "mine") == study
    document = study_reader.ranking_document(study, [CUT], REPORT)
    assert document["baselines"] == {"chance": 0.5, "habit": 0.5, "neighbours": 0.4}
    assert document["gain"] == {"value": 0.03, "interval": [0.01, 0.05]}
    assert document["more_photos"] == {"photos": 100, "gain": document["gain"]}
    assert document["last_cuts"] == {CUT.model: CUT.metrics.accuracy.value}
    assert document["saver"] == {
        "model": "net",
        "cut": "block1",
        "expected_loss": 0.004,
        "interval": [-0.01, 0.02],
    }


def test_a_study_that_was_stopped_leaves_the_last_one(tmp_path: Path) -> None:
    address = str(tmp_path / "study.zarr")
    study_writer.finish(write(address), STUDY)
    write(address, shade=200)
    group = study_reader.study_group(study_reader.open_studies(address), "mine")
    assert np.asarray(array(group, "photos/thumbnail")[1:2]).max() == 7


def test_a_study_made_anew_takes_the_place_of_the_last(tmp_path: Path) -> None:
    address = str(tmp_path / "study.zarr")
    for shade in (7, 200, 90):
        write(address, shade=13)  # stopped
        study_writer.finish(write(address, shade=shade), replace(STUDY, seed=shade))
        studies = study_reader.open_studies(address)
        assert study_reader.read_study(studies, "mine").seed == shade
        group = study_reader.study_group(studies, "mine")
        assert np.asarray(array(group, "photos/thumbnail")[1:2]).max() == shade
        folders = {path.name for path in (tmp_path / "study.zarr" / "mine").iterdir()}
        assert folders == {"zarr.json", group.basename}


def test_a_study_that_is_not_finished_is_not_there(tmp_path: Path) -> None:
    address = str(tmp_path / "study.zarr")
    write(address)
    study_writer.finish(write(address, replace(STUDY, name="other")), replace(STUDY, name="other"))
    studies = study_reader.open_studies(address)
    assert study_reader.names(studies) == ["other"]
    with pytest.raises(UserError, match=r"no finished study 'mine'.*it has 'other'"):
        study_reader.read_study(studies, "mine")


def test_another_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no studies at"):
        study_reader.open_studies(str(tmp_path / "none.zarr"))
    address = str(tmp_path / "study.zarr")
    study_writer.create_studies(address).attrs.update({"format_version": 99})
    for reader in (study_reader.open_studies, study_writer.create_studies):
        with pytest.raises(
            UserError, match="format_version 1, got kind 'study', format_version 99"
        ):
            reader(address)
