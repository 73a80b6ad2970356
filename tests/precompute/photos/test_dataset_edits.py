"""Classes under other names and photos left out: by settings alone, and told in the report."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.main import main
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.dataset_edits import Unwanted
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.stores.study.dataset_report import LEFT_OUT, from_json, to_json


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three classes of four photos each, and a damaged one."""
    random = np.random.default_rng(5)
    for name in ("cat", "dog", "wolf"):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for number in range(4):
            noise = Image.fromarray(random.integers(0, 256, (6, 8, 3), np.uint8))
            noise.resize((40, 30), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    (tmp_path / "photos" / "dog" / "cut.png").write_bytes(b"\x89PNG")
    return tmp_path / "photos"


def read(photos: Path, *, labelled: bool = True, **changes: object) -> Dataset:
    settings = DatasetSettings(str(photos), **changes)  # type: ignore[arg-type]
    return read_dataset(settings, photos.parent / "cache", lambda *_: None, labelled=labelled)


def test_classes_of_one_name_are_one_and_keep_their_photos(photos: Path) -> None:
    plain = read(photos)
    dataset = read(photos, rename={"dog": "canine", "wolf": "canine"})
    assert dataset.classes == ["canine", "cat"]
    assert dataset.report.classes == {"canine": 8, "cat": 4}
    assert dataset.report.renamed == {"dog": "canine", "wolf": "canine"}
    assert dataset.report.original_classes == {"cat": 4, "dog": 4, "wolf": 4}
    assert 'Renamed: "dog" to "canine", "wolf" to "canine".' in dataset.report.reading
    assert {photo.path: photo.digest for photo in dataset.photos} == {
        photo.path: photo.digest for photo in plain.photos
    }
    assert plain.report.original_classes == {}
    assert from_json(to_json(dataset.report)) == dataset.report


def test_two_classes_exchange_their_names(photos: Path) -> None:
    dataset = read(photos, rename={"cat": "dog", "dog": "cat"})
    named = {photo.path: dataset.classes[photo.label] for photo in dataset.photos}
    assert (named["cat/0.png"], named["dog/0.png"]) == ("dog", "cat")
    assert named["wolf/0.png"] == "wolf"


def test_photos_are_left_out_by_path_folder_and_pattern(photos: Path) -> None:
    dataset = read(photos, leave_out=("cat/0.png", "wolf", "*/3.*", "dog/cut.png", "bird/1.png"))
    assert [photo.path for photo in dataset.photos] == [
        *("cat/1.png", "cat/2.png", "dog/0.png", "dog/1.png", "dog/2.png")
    ]
    assert dataset.classes == ["cat", "dog"]
    files = {file.path: file for file in dataset.report.files}
    assert (files["wolf/1.png"].outcome, files["wolf/1.png"].label) == ("reject", "wolf")
    left_out = {each.reason: each.files for each in dataset.report.left_out}
    assert left_out == {LEFT_OUT: 8}
    assert dataset.report.leave_out[-1] == "bird/1.png"
    assert 'leave_out names what is not there: "bird/1.png".' in dataset.report.reading


@pytest.mark.parametrize(
    ("pattern", "path", "is_one"),
    [
        ("cat/7.jpg", "cat/7.jpg", True),
        ("cat/7.jpg", "cat/7.jpg.png", False),
        ("cat/7", "cat/70.jpg", False),
        ("./cat/", "cat/night/7.jpg", True),
        ("cat/*", "cat/night/7.jpg", True),
        ("*/night", "cat/night/7.jpg", True),
        ("*.jpg", "cat/7.jpg", True),
        ("*.jpg", "cat/7.JPG", False),
        ("cat/[1].jpg", "cat/[1].jpg", True),
        ("cat/[12].jpg", "cat/2.jpg", True),
        ("", "cat/7.jpg", False),
        (".", "cat/7.jpg", False),
        ("7.jpg", "cat/7.jpg", False),
    ],
)
def test_what_a_pattern_names(pattern: str, path: str, is_one: bool) -> None:
    unwanted = Unwanted([pattern])
    assert unwanted.holds(path) == is_one
    assert unwanted.unmet([path]) == ([] if is_one else [pattern])


def test_a_name_that_no_class_has_is_asked_about_with_the_report(photos: Path) -> None:
    report = read(photos, rename={"catt": "tiger"}).report
    assert report.problem == (
        "rename: expected classes of the dataset (cat, dog, wolf), got 'catt' (did you mean "
        "'cat'?); mend or remove it"
    )
    assert report.classes == {"cat": 4, "dog": 4, "wolf": 4}
    assert read(photos, labelled=False, rename={"catt": "tiger"}).report.problem == ""


def test_a_class_can_not_be_without_a_name(photos: Path) -> None:
    with pytest.raises(UserError, match="another name for the class 'cat', got an empty one"):
        read(photos, rename={"cat": " "})


def test_a_merge_that_leaves_one_class_is_no_study(photos: Path) -> None:
    report = read(photos, rename={"dog": "cat", "wolf": "cat"}).report
    assert "expected photos of two classes or more, got 12, all of class 'cat'" in report.problem


def test_both_are_options(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(photos.parent)
    given = ["--rename", "dog=canine, wolf = canine", "--leave-out", "cat/1.png,dog/*"]
    assert main(["check-data", "photos", "--json", *given]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["classes"] == {"canine": 4, "cat": 3}
    assert document["original_classes"] == {"cat": 3, "wolf": 4}
    assert document["left_out"] == [{"reason": LEFT_OUT, "files": 6}]
    assert main(["check-data", "photos", "--rename", "dog"]) == 2
    assert "--rename: expected old=new, or several with commas between, got 'dog'" in (
        capsys.readouterr().err
    )
