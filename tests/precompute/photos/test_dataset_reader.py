"""A dataset from its address to its report: what is taken, what is left out, and what is said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos import examination
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.examination_cache import NAME
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.photos.report_text import printable, summarize
from diamond_cutter.precompute.stores.study.dataset_report import File, from_json, to_json


def picture(seed: int) -> Image.Image:
    """A smooth picture, unlike that of any other seed."""
    noise = np.random.default_rng([2, seed]).integers(0, 256, (9, 12, 3), np.uint8)
    return Image.fromarray(noise).resize((64, 48), Image.Resampling.BICUBIC)


class Folder:
    """A dataset that a test fills."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = root.parent / "cache"
        root.mkdir()

    def add(self, path: str, image: Image.Image, **options: Any) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        image.save(file, **options)

    def fill(self, name: str, count: int, first: int) -> None:
        for seed in range(first, first + count):
            self.add(f"{name}/{seed}.png", picture(seed))

    def read(self, near_duplicates: str = "group") -> Dataset:
        settings = DatasetSettings(str(self.root), near_duplicates=near_duplicates)
        return read_dataset(settings, self.cache, lambda *_: None)

    def file(self, path: str) -> File:
        return next(file for file in self.read().report.files if file.path == path)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "photos")


def test_a_plain_dataset(folder: Folder) -> None:
    folder.fill("dog", 12, 0)
    folder.fill("cat", 4, 100)
    folder.add("cat/wide.jpg", picture(200).resize((300, 20)))
    (folder.root / "cat" / "notes.txt").write_text("none")
    dataset = folder.read()
    report = dataset.report
    assert report.classes == {"cat": 5, "dog": 12}
    assert dataset.classes == ["cat", "dog"]
    assert report.imbalance == pytest.approx(12 / 5)
    assert report.small == ["cat"]
    assert report.sides == [20, 48, 48]
    assert report.splits == {}
    assert report.duplicates == []
    assert report.problem == ""
    assert [photo.path for photo in dataset.photos] == [file.path for file in report.photos]
    assert [photo.label for photo in dataset.photos] == [0] * 5 + [1] * 12
    assert len({photo.group for photo in dataset.photos}) == 17
    wide = folder.file("cat/wide.jpg")
    assert (wide.outcome, wide.width, wide.height, wide.label) == ("note", 300, 20, "cat")
    assert "1 to 15" in wide.reason
    assert folder.file("cat/notes.txt").outcome == "ignore"
    assert from_json(to_json(report)) == report


def test_unusable_files_stop_nothing(folder: Folder) -> None:
    folder.fill("cat", 2, 0)
    folder.fill("dog", 2, 10)
    (folder.root / "cat" / "empty.jpg").touch()
    (folder.root / "cat" / "cut.png").write_bytes(
        (folder.root / "cat" / "0.png").read_bytes()[:900]
    )
    (folder.root / "dog" / "text.gif").write_text("GIF89 is what I would like to be")
    folder.add("dog/12.jpg", picture(12), format="PNG")
    report = folder.read().report
    outcomes = {file.path: file.outcome for file in report.files}
    assert outcomes.pop("dog/12.jpg") == "note"
    assert {path for path, outcome in outcomes.items() if outcome == "reject"} == {
        "cat/empty.jpg",
        "cat/cut.png",
        "dog/text.gif",
    }
    assert (
        folder.file("dog/12.jpg").reason == "Named .jpg, but PNG by its content, and read as that."
    )
    assert report.classes == {"cat": 2, "dog": 3}
    assert report.problem == ""


def test_one_picture_with_two_labels_is_said_on_both(folder: Folder) -> None:
    folder.fill("cat", 3, 0)
    folder.fill("dog", 3, 10)
    folder.add("dog/same.png", picture(0))  # the same bytes
    folder.add("dog/pixels.bmp", picture(1))  # the same pixels
    folder.add("dog/near.jpg", picture(2).transpose(Image.Transpose.FLIP_LEFT_RIGHT), quality=60)
    dataset = folder.read()
    found = {(each.kind, each.across, tuple(each.paths)) for each in dataset.report.duplicates}
    assert found == {
        ("exact", "classes", ("cat/0.png", "dog/same.png")),
        ("exact", "classes", ("cat/1.png", "dog/pixels.bmp")),
        ("near", "classes", ("cat/2.png", "dog/near.jpg")),
    }
    assert dataset.report.classes == {"cat": 3, "dog": 6}
    assert folder.file("cat/0.png").reason == "Exact duplicate of dog/same.png, whose class is dog."
    assert folder.file("dog/near.jpg").reason == "Near duplicate of cat/2.png, whose class is cat."
    groups = {photo.path: photo.group for photo in dataset.photos}
    assert groups["cat/2.png"] == groups["dog/near.jpg"]
    assert groups["cat/1.png"] == groups["dog/pixels.bmp"]
    assert len(set(groups.values())) == 6


def test_a_set_names_exact_and_near_ones(folder: Folder) -> None:
    folder.fill("cat", 3, 0)
    folder.fill("dog", 3, 10)
    folder.add("cat/copy.png", picture(0))
    folder.add("cat/again.jpg", picture(0), quality=50)
    assert [(each.kind, each.across, each.paths) for each in folder.read().report.duplicates] == [
        ("exact", "", ["cat/0.png", "cat/copy.png"]),
        ("near", "", ["cat/0.png", "cat/again.jpg", "cat/copy.png"]),
    ]
    assert folder.file("cat/copy.png").reason == (
        "Exact duplicate of cat/0.png. Near duplicate of cat/again.jpg."
    )
    assert folder.file("cat/again.jpg").reason == "Near duplicate of cat/0.png, and of 1 more."


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image,
        lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        lambda image: image.crop((5, 2, 61, 45)),
        lambda image: image.resize((32, 24)),
    ],
    ids=["encoded again", "mirrored", "cropped", "smaller"],
)
def test_a_leaked_split_is_caught(
    folder: Folder, change: Callable[[Image.Image], Image.Image]
) -> None:
    for label, first in (("cat", 0), ("dog", 100)):
        folder.fill(f"train/{label}", 4, first)
        folder.fill(f"test/{label}", 3, first + 10)
        folder.add(f"test/{label}/leak.jpg", change(picture(first)), quality=70)
    report = folder.read().report
    assert report.splits == {"test": 8, "train": 8}
    assert [(each.kind, each.across, each.paths) for each in report.duplicates] == [
        ("near", "split", ["test/cat/leak.jpg", "train/cat/0.png"]),
        ("near", "split", ["test/dog/leak.jpg", "train/dog/100.png"]),
    ]
    assert folder.file("test/cat/leak.jpg").reason == (
        "Near duplicate of train/cat/0.png, which is in train."
    )
    assert report.problem == ""


def test_a_class_of_one_picture_is_left_out(folder: Folder) -> None:
    folder.fill("cat", 3, 0)
    folder.fill("dog", 3, 10)
    folder.fill("owl", 1, 20)
    folder.add("yak/one.png", picture(30))
    folder.add("yak/two.png", picture(30))
    folder.add("yak/three.jpg", picture(30), quality=60)
    dataset = folder.read()
    assert dataset.classes == ["cat", "dog"]
    assert {photo.label for photo in dataset.photos} == {0, 1}
    for path in ("owl/20.png", "yak/one.png", "yak/three.jpg"):
        file = folder.file(path)
        assert file.outcome == "reject"
        assert file.reason.startswith("Its class has 1 different photo: expected 2 or more")
    assert dataset.report.problem == ""


def test_a_class_without_training_photos_is_left_out(folder: Folder) -> None:
    for split in ("train", "test"):
        folder.fill(f"{split}/cat", 3, 0 if split == "train" else 50)
        folder.fill(f"{split}/dog", 3, 10 if split == "train" else 60)
    folder.fill("test/owl", 3, 90)
    assert folder.read().classes == ["cat", "dog"]
    assert "no photos in train" in folder.file("test/owl/90.png").reason


def test_a_class_whose_training_photos_all_have_copies_in_test_is_left_out(folder: Folder) -> None:
    for split in ("train", "test"):
        folder.fill(f"{split}/cat", 3, 0 if split == "train" else 50)
        folder.fill(f"{split}/dog", 3, 10 if split == "train" else 60)
        folder.fill(f"{split}/owl", 3, 90)
    assert folder.read().classes == ["cat", "dog"]
    assert "belong with none of test" in folder.file("train/owl/90.png").reason


def test_folds_of_the_dataset_are_counted_and_a_class_of_one_is_left_out(folder: Folder) -> None:
    for fold in range(3):
        folder.fill(f"fold_{fold}/cat", 2, 10 * fold)
        folder.fill(f"fold_{fold}/dog", 2, 10 * fold + 50)
    folder.fill("fold_0/owl", 3, 90)
    dataset = folder.read()
    assert dataset.report.classes == {"cat": 6, "dog": 6}
    assert dataset.report.folds == {"fold_0": 4, "fold_1": 4, "fold_2": 4}
    assert {photo.fold for photo in dataset.photos} == {"fold_0", "fold_1", "fold_2"}
    [owls] = dataset.report.left_out
    assert (owls.first, owls.files) == ("fold_0/owl/90.png", 3)
    assert owls.reason.startswith("Its class is in one fold alone")
    said = summarize(dataset.report)
    assert "Folds: 4 fold_0, 4 fold_1, 4 fold_2" in said
    assert "Left out: 3\n  fold_0/owl/90.png and 2 more: Its class is in one fold alone" in said


def test_groups_of_folders_stay_together(folder: Folder) -> None:
    for number in range(3):
        folder.fill(f"patient_{number}/ill", 2, 10 * number)
        folder.fill(f"patient_{number}/well", 2, 10 * number + 50)
    dataset = folder.read()
    assert dataset.report.classes == {"ill": 6, "well": 6}
    assert len({photo.group for photo in dataset.photos}) == 3
    assert "Groups by folder: 3, of at most 4 photos" in summarize(dataset.report)


def test_three_hundred_classes(folder: Folder) -> None:
    for label in range(300):
        folder.fill(f"{label:03}", 2, 2 * label)
    dataset = folder.read()
    assert dataset.classes == [f"{label:03}" for label in range(300)]
    assert dataset.report.problem == ""
    assert dataset.report.duplicates == []
    assert len(dataset.report.small) == 300
    assert "and 280 more" in summarize(dataset.report)


@pytest.mark.parametrize(
    ("counts", "problem"),
    [
        ({}, "got no file at all"),
        ({"cat": 5}, "got 5, all of class 'cat'"),
        ({"cat": 2, "dog": 1}, "2 different photos each, got 1 of 2, of 3 photos in all"),
        ({"cat": 1, "dog": 1, "owl": 1}, "got 0 of 3, of 3 photos in all"),
    ],
)
def test_a_dataset_of_which_no_study_can_be_made(
    folder: Folder, counts: dict[str, int], problem: str
) -> None:
    for number, (label, count) in enumerate(counts.items()):
        folder.fill(label, count, 10 * number)
    report = folder.read().report
    assert problem in report.problem
    assert report.problem.startswith(f"{folder.root}: expected ")
    assert "\n" not in report.problem
    assert len(report.files) == sum(counts.values())


def test_files_of_which_none_is_a_photo(folder: Folder) -> None:
    (folder.root / "cat").mkdir()
    (folder.root / "cat" / "a.jpg").write_text("no photo")
    assert "got none among 1 file " in folder.read().report.problem


def test_a_split_with_one_side_is_a_problem(folder: Folder) -> None:
    folder.fill("photos", 6, 0)
    table = folder.root / "table.csv"
    rows = [f"photos/{seed}.png,{'cat' if seed % 2 else 'dog'},test" for seed in range(6)]
    table.write_text("\n".join(["path,label,split", *rows]))
    report = read_dataset(DatasetSettings(str(table)), folder.cache, lambda *_: None).report
    assert "expected photos in train, and in val or test, got some in test alone" in report.problem


def test_a_second_run_opens_what_changed(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.fill("cat", 3, 0)
    folder.fill("dog", 3, 10)
    (folder.root / "dog" / "bad.png").write_text("no photo")
    folder.add("dog/near.jpg", picture(0), quality=60)
    first = folder.read()
    opened = []

    def decode(file: Path, *given: Any) -> Any:
        opened.append(file.name)
        return original(file, *given)

    original = examination.decode
    monkeypatch.setattr(examination, "decode", decode)
    assert folder.read() == first
    assert opened == []
    folder.add("cat/1.png", picture(70))
    third = folder.read()
    assert opened == ["1.png"]
    assert third != first
    assert third.report.duplicates == first.report.duplicates


def test_what_an_interrupted_run_found_is_kept(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.fill("cat", 6, 0)
    folder.fill("dog", 6, 10)
    monkeypatch.setattr(examination, "SLICE", 4)

    def interrupt(step: str, done: int, _: int) -> None:
        if step == "reading photos" and done == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_dataset(DatasetSettings(str(folder.root)), folder.cache, interrupt)
    opened = []
    original = examination.decode
    monkeypatch.setattr(
        examination,
        "decode",
        lambda file, *given: opened.append(file.name) or original(file, *given),
    )
    assert len(folder.read().photos) == 12
    assert sorted(opened) == ["12.png", "13.png", "14.png", "15.png"]
    assert [path.name for path in folder.cache.iterdir()] == [NAME]


def test_a_file_that_cannot_be_opened_is_tried_again(folder: Folder) -> None:
    folder.fill("cat", 3, 0)
    folder.fill("dog", 3, 10)
    missing = folder.root / "table.csv"
    rows = [f"{label}/{seed}.png,{label}" for label, seed in (("cat", 0), ("cat", 1), ("dog", 10))]
    missing.write_text("\n".join(["path,label", *rows, "dog/later.png,dog"]))
    before = read_dataset(DatasetSettings(str(missing)), folder.cache, lambda *_: None).report
    assert before.classes == {"cat": 2}
    folder.add("dog/later.png", picture(40))
    after = read_dataset(DatasetSettings(str(missing)), folder.cache, lambda *_: None).report
    assert after.classes == {"cat": 2, "dog": 2}


def test_a_damaged_ledger_is_said_in_a_line(folder: Folder) -> None:
    folder.fill("cat", 2, 0)
    folder.cache.mkdir()
    (folder.cache / NAME).write_text("not a database " * 100)
    with pytest.raises(UserError, match=rf"{NAME}: expected .* got: .*; remove the file"):
        folder.read()


def test_names_do_not_reach_the_terminal(folder: Folder) -> None:
    folder.fill("cat", 2, 0)
    folder.fill("d\x1b[31mog", 2, 10)
    (folder.root / "cat" / "a\nb\u202e[red].jpg").write_text("no photo")
    lines = summarize(folder.read().report)
    assert not any(ord(char) < 32 and char != "\n" for char in lines)
    assert "\u202e" not in lines
    assert r"cat/a\nb\u202e[red].jpg: No image" in lines
    assert r"d\x1b[31mog" in lines
    assert printable("ærlig 犬 (1)") == "ærlig 犬 (1)"


def test_what_becomes_of_near_duplicates_is_said_and_can_be_chosen(folder: Folder) -> None:
    folder.fill("cat", 3, 129)
    folder.fill("dog", 3, 500)
    for number in range(3):
        folder.add(f"cat/again {number}.jpg", picture(129 + number), quality=60)
    folder.add("cat/same.png", picture(129))
    together = folder.read()
    groups = {photo.path: photo.group for photo in together.photos}
    assert len(set(groups.values())) == 6
    assert groups["cat/129.png"] == groups["cat/again 0.jpg"] == groups["cat/same.png"]
    assert together.report.reading[-1] == (
        "7 photos are near duplicates of others, in 3 sets, the largest of 3: each set stays on "
        "one side of every fold, and counts as one photo. If they only look alike, "
        'near_duplicates = "report" deals them out as different.'
    )
    assert together.report.reading[-1] in summarize(together.report)
    told = folder.read("report")
    groups = {photo.path: photo.group for photo in told.photos}
    assert groups["cat/129.png"] == groups["cat/same.png"]  # the same pixels
    assert len(set(groups.values())) == 9
    assert len(told.report.duplicates) == len(together.report.duplicates) == 4
    assert "dealt out as if they were different" in told.report.reading[-1]
    ignored = folder.read("ignore")
    assert len({photo.group for photo in ignored.photos}) == 9
    assert [each.kind for each in ignored.report.duplicates] == ["exact"]
    assert ignored.report.reading == [
        'Near duplicates are not looked for: near_duplicates = "ignore".'
    ]
    with pytest.raises(UserError, match="near_duplicates: expected one of 'group', 'report', 'ig"):
        folder.read("merge")


def test_a_class_of_look_alikes_says_what_can_be_done(folder: Folder) -> None:
    folder.fill("dog", 4, 0)
    folder.add("cat/1.png", picture(50))
    folder.add("cat/2.jpg", picture(50), quality=60)
    assert folder.read().report.problem.endswith(
        'add photos, or give near_duplicates = "report" if near duplicates only look alike'
    )
    assert folder.read("report").report.problem == ""


def test_what_is_not_read_is_named_by_its_kind(folder: Folder) -> None:
    for name in ("cat", "dog"):
        (folder.root / name).mkdir()
        for number in range(3):
            (folder.root / name / f"{number}.dcm").write_bytes(bytes(128) + b"DICM" + bytes(9))
        (folder.root / name / "IM0001").write_bytes(bytes(128) + b"DICM" + bytes(9))
        (folder.root / name / "old.tga").write_bytes(bytes(9))
        (folder.root / name / "notes.txt").write_bytes(b"none")
    assert folder.read().report.problem.endswith(
        "got none among 12 files (8: a DICOM image; 2: a .txt file; "
        "2: a TGA image); mend the address or the files"
    )
    folder.fill("cat", 3, 0)
    folder.fill("dog", 3, 10)
    report = folder.read().report
    assert report.problem == ""
    assert [(each.files, each.reason.partition(":")[0]) for each in report.left_out] == [
        (8, "A DICOM image"),
        (2, "A TGA image"),
    ]
