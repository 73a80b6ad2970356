"""What `diamond study` prints of a study that was made."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from diamond_cutter.build.measured_study import read_studies
from diamond_cutter.command.main import main
from diamond_cutter.precompute.commands import study_command
from diamond_cutter.precompute.stores.study.dataset_report import File, Report
from diamond_cutter.precompute.stores.study.study_layout import LabelDoubts
from diamond_cutter.precompute.study import network_result, study_run
from diamond_cutter.precompute.study.network_result import NetworkResult
from diamond_cutter.precompute.study.study_run import Result

Printed = Callable[..., str]


@pytest.fixture
def printed(
    small_study: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Printed:
    """What is printed of the small study, with some things of it changed."""
    (measured,) = read_studies([small_study])
    monkeypatch.chdir(tmp_path)

    def run(*options: str, **changes: object) -> str:
        study = replace(measured.study, **changes)  # type: ignore[arg-type]
        result = Result(study, [cut.cut for cut in measured.cuts], measured.report, small_study)
        monkeypatch.setattr(study_run, "make_study", lambda *_: result)
        assert main(["study", "pets", "--dataset", "photos", *options]) == 0
        return capsys.readouterr().out

    return run


def test_doubted_labels_are_told_with_the_surest_doubt(printed: Printed) -> None:
    said = " ".join(printed().split())
    assert (
        'The heads doubt 2 labels, first of all that of "photos/036.jpg": "plain", rather '
        '"<b>bold</b> & co". It may be the label, the photo or the network'
    ) in said


@pytest.mark.parametrize("doubts", [None, LabelDoubts([("tiny-net", "block1")], [], [])])
def test_without_doubts_nothing_is_told_of_them(
    printed: Printed, doubts: LabelDoubts | None
) -> None:
    assert "doubt" not in printed(label_doubts=doubts)


def test_classes_and_what_was_left_out_are_told_at_the_end(printed: Printed) -> None:
    said = printed()
    assert "photos/<my set>.csv: " in said
    assert "Classes: " in said
    assert "Left out: 2\n  broken/<img src=x>.jpg: not an image: cut off after 12 bytes" in said
    left_out = json.loads(printed("--json"))["dataset"]["left_out"]
    assert left_out[1] == {
        "reason": "has 90000 x 90000 pixels, more than can be read",
        "files": 1,
    }


def test_doubted_labels_are_in_the_json(printed: Printed) -> None:
    doubts = json.loads(printed("--json"))["label_doubts"]
    assert [doubt["path"] for doubt in doubts] == ["photos/036.jpg", "photos/054.jpg"]
    assert 1 > doubts[0]["score"] > doubts[1]["score"] > 0.5


def test_photos_in_brackets_and_what_was_left_out_of_networks_by_themselves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    report = Report(
        source="photos",
        classes={},
        splits={},
        imbalance=1.0,
        small=[],
        sides=[],
        duplicates=[],
        problem="",
        files=[File("cut.jpg", "reject", "Cut off."), File("a.txt", "ignore", "No photo.")],
    )
    seen = [{"path": "[/b] 1.jpg", "classes": {"tiny": [("[x]", 2.0), ("cup", 1.0)]}}]
    monkeypatch.setattr(study_command, "network_document", lambda *_: {"photos": seen})
    monkeypatch.setattr(
        network_result,
        "explain_networks",
        lambda *_: NetworkResult(None, report, "there"),  # type: ignore[arg-type]
    )
    assert main(["study", "own", "--dataset", "photos", "--head", "own"]) == 0
    said = capsys.readouterr().out
    assert "[/b] 1.jpg tiny" in said
    assert "Left out: 1\n  cut.jpg: Cut off.\nIgnored: a.txt, no photo\nthere: all of it" in said
