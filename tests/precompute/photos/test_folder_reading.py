"""Folders above class folders: splits in any spelling, folds, groups, copies, and what is asked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.file_entry import Listing
from diamond_cutter.precompute.photos.sources.dataset_source import open_dataset

JPEG = b"\xff\xd8\xff\xe0 a photo, as far as its first bytes go"
Read = Callable[..., Listing]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """What is read of photos at those paths, each of them other bytes."""

    def fill(*paths: str, **settings: str) -> Listing:
        for number, path in enumerate(paths):
            file = tmp_path / "set" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(JPEG + bytes(number))
        asked = DatasetSettings(str(tmp_path / "set"), **settings)
        return open_dataset(asked, tmp_path / "cache", lambda *_: None)

    return fill


def found(listing: Listing) -> dict[str, tuple[str, str, str, str]]:
    """Class, split, fold and group of each photo taken, by path."""
    return {
        entry.path: (entry.label, entry.split, entry.fold, entry.group)
        for entry in listing.entries
        if entry.outcome is None
    }


def reasons(listing: Listing) -> dict[str, str]:
    return {entry.path: entry.reason for entry in listing.entries if entry.outcome == "reject"}


@pytest.mark.parametrize(
    "tops",
    [
        {"Training": "train", "Test": "test"},
        {"Training": "train", "Test": "test", "extra": "train"},
        {"TRAIN": "train", "valid": "val", "testing": "test"},
        {"train_set": "train", "dev-set": "val"},
        {"trainset": "train", "holdout": "test"},
        {"train2017": "train", "eval": "val"},
        {"learn": "train", "hold-out": "test", "validation data": "val"},
        {"seg_train": "train", "seg_test": "test"},
        {"PublicTest": "test", "Training": "train"},
        {"Train cropped": "train", "Test original": "test"},
        {"trainval": "train", "test": "test"},
        {"Trainingsdaten": "train", "Testdaten": "test"},
        {"treino": "train", "valida\xe7\xe3o": "val", "teste": "test"},
    ],
)
def test_splits_in_any_spelling(read: Read, tops: dict[str, str]) -> None:
    listing = read(*(f"{top}/{label}/{top}{label}.jpg" for top in tops for label in "ab"))
    assert found(listing) == {
        f"{top}/{label}/{top}{label}.jpg": (label, split, "", "")
        for top, split in tops.items()
        for label in "ab"
    }
    assert listing.reading == [
        f"Splits by folders: {', '.join(sorted(f'{top} is {tops[top]}' for top in tops))}."
    ]


def test_what_is_no_part_of_a_split_is_left_out_and_said(read: Read) -> None:
    listing = read(
        *(f"{top}/{label}/1.jpg" for top in ("train", "test", "other") for label in "ab"),
        "test-many/1.jpg",
    )
    assert set(found(listing)) == {
        f"{top}/{label}/1.jpg" for top in ("train", "test") for label in "ab"
    }
    left = reasons(listing)
    assert left["other/a/1.jpg"] == (
        "other is neither train, val nor test: rename it to take its photos."
    )
    assert left["test-many/1.jpg"].startswith("In test-many, where no photo has a class")


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"),
        ("train", "test1"),
        ("asl_train/asl_train", "asl_test/asl_test"),
        ("seg_train/seg_train", "seg_pred/seg_pred"),
        ("train/images", "test/images"),
        ("set/train", "set/unlabelled"),
        ("labeled", "unlabeled"),
    ],
)
def test_a_test_without_classes_is_left_out_and_splits_nothing(
    read: Read, train: str, test: str
) -> None:
    listing = read(f"{train}/cat/1.jpg", f"{train}/dog/2.jpg", f"{test}/3.jpg", f"{test}/4.jpg")
    assert found(listing) == {
        f"{train}/cat/1.jpg": ("cat", "", "", ""),
        f"{train}/dog/2.jpg": ("dog", "", "", ""),
    }
    assert all("no photo has a class" in reason for reason in reasons(listing).values())
    assert len(reasons(listing)) == 2
    assert listing.reading[0].startswith("Classes are the folders in ")


@pytest.mark.parametrize(
    "folds",
    [["fold_0", "fold_1"], ["cv1", "cv2", "cv3"], ["Fold A", "Fold B"], ["0", "1", "2", "3", "4"]],
)
def test_folds(read: Read, folds: list[str]) -> None:
    listing = read(*(f"{fold}/{label}/{fold}.jpg" for fold in folds for label in ("all", "hem")))
    assert found(listing) == {
        f"{fold}/{label}/{fold}.jpg": (label, "", fold, "")
        for fold in folds
        for label in ("all", "hem")
    }
    assert "are folds, each held out in turn" in listing.reading[0]


@pytest.mark.parametrize(
    "groups",
    [
        ["patient_01", "patient_02"],
        ["2021", "2022", "2023"],
        ["site-a", "site-b"],
        ["2021-03-01", "2021-03-02"],
        ["8863", "8864", "9175"],
        ["40X", "100X", "200X"],
    ],
)
def test_a_series_of_folders_is_one_of_groups(read: Read, groups: list[str]) -> None:
    labels = ("0", "1") if len(groups) > 2 else ("ill", "well")
    listing = read(*(f"{each}/{label}/1.jpg" for each in groups for label in labels))
    assert {what[0] for what in found(listing).values()} == set(labels)
    assert {what[3] for what in found(listing).values()} == set(groups)
    assert "never trained on while others are held out" in listing.reading[0]


def test_parts_and_folds_below_the_classes(read: Read) -> None:
    listing = read("cat/train/1.jpg", "cat/test/2.jpg", "dog/train/3.jpg", "dog/test/4.jpg")
    assert found(listing) == {
        "cat/train/1.jpg": ("cat", "train", "", ""),
        "cat/test/2.jpg": ("cat", "test", "", ""),
        "dog/train/3.jpg": ("dog", "train", "", ""),
        "dog/test/4.jpg": ("dog", "test", "", ""),
    }


@pytest.mark.parametrize(
    "paths",
    [
        ["cat/day1/1.jpg", "cat/day2/1.jpg", "dog/day1/1.jpg", "dog/day2/1.jpg"],
        ["class_1/left/1.jpg", "class_1/right/1.jpg", "class_2/left/1.jpg", "class_2/right/1.jpg"],
        ["cat/images/1.jpg", "dog/images/1.jpg"],
        ["cat/indoor/1.jpg", "cat/outdoor/1.jpg", "dog/indoor/1.jpg", "dog/2.jpg"],
    ],
)
def test_classes_that_hold_folders_of_the_same_names(read: Read, paths: list[str]) -> None:
    listing = read(*paths)
    assert {path: what[0] for path, what in found(listing).items()} == {
        path: path.split("/")[0] for path in paths
    }


def test_a_copy_one_level_deeper_is_left_out(tmp_path: Path, read: Read) -> None:
    for name in ("a/1.jpg", "a/2.jpg", "b/3.jpg"):
        for top in ("set/plants", "set/plants/plants"):
            (tmp_path / top / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / top / name).write_bytes(JPEG)
    listing = read()
    assert set(found(listing)) == {"plants/a/1.jpg", "plants/a/2.jpg", "plants/b/3.jpg"}
    assert listing.reading == ["Left out: plants/plants/ repeats what lies beside it."]
    assert set(reasons(listing).values()) == {"plants/plants/ repeats what lies beside it."}


@pytest.mark.parametrize("content", [JPEG, b"another" + JPEG[7:]])
def test_what_is_as_large_is_a_copy_only_if_it_is_the_same(
    tmp_path: Path, read: Read, content: bytes
) -> None:
    for name in ("a/1.jpg", "a/2.jpg", "b/3.jpg"):
        for top, written in (("set/plants", JPEG), ("set/data/plants", content)):
            (tmp_path / top / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / top / name).write_bytes(written)
    if content == JPEG:
        listing = read()
        assert {path: what[0] for path, what in found(listing).items()} == {
            "plants/a/1.jpg": "a",
            "plants/a/2.jpg": "a",
            "plants/b/3.jpg": "b",
        }
        assert listing.reading == ["Left out: data/ repeats what lies beside it."]
    else:
        with pytest.raises(UserError, match="got a, b in each of data, plants"):
            read()


def test_other_photos_of_the_classes_beside(read: Read) -> None:
    plain = read("cat/1.jpg", "dog/2.jpg", "more/cat/3.jpg", "more/dog/4.jpg")
    assert [what[:2] for what in found(plain).values()] == [
        ("cat", ""),
        ("dog", ""),
        ("cat", ""),
        ("dog", ""),
    ]


def test_a_test_beside_the_classes(read: Read) -> None:
    held_out = read("cat/1.jpg", "dog/2.jpg", "test/cat/3.jpg", "test/dog/4.jpg")
    assert [what[:2] for what in found(held_out).values()] == [
        ("cat", "train"),
        ("dog", "train"),
        ("cat", "test"),
        ("dog", "test"),
    ]


def test_groups_in_the_parts_of_a_split(read: Read) -> None:
    listing = read(
        *(
            f"{part}/patient_{number}/{label}/1.jpg"
            for part, numbers in (("train", (1, 2)), ("test", (3, 4)))
            for number in numbers
            for label in ("ill", "well")
        )
    )
    assert found(listing)["train/patient_2/ill/1.jpg"] == ("ill", "train", "", "patient_2")
    assert {what[0] for what in found(listing).values()} == {"ill", "well"}


@pytest.mark.parametrize("tops", [("small", "large"), ("fold_1", "fold_2")])
def test_a_split_in_each_of_several_folders_is_asked_about(
    read: Read, tops: tuple[str, str]
) -> None:
    paths = [
        f"{top}/{part}/{label}/1.jpg"
        for top in tops
        for part in ("train", "test")
        for label in ("cat", "dog")
    ]
    with pytest.raises(UserError, match=r"got one in each of .*; name one of these folders"):
        read(*paths)


def test_folds_and_classes_that_are_numbers(read: Read) -> None:
    paths = [f"{fold}/{label}/{fold}.jpg" for fold in range(5) for label in range(2)]
    assert found(read(*paths))["3/1/3.jpg"] == ("1", "", "3", "")


def test_numbers_under_words_are_asked_about(read: Read) -> None:
    with pytest.raises(UserError, match=r"got 0, 1 in each of berne, vienna"):
        read(*(f"{town}/{label}/1.jpg" for town in ("berne", "vienna") for label in "01"))


TWO = ("cats/indoor/1.jpg", "cats/outdoor/2.jpg", "dogs/indoor/3.jpg", "dogs/outdoor/4.jpg")


def test_where_two_readings_are_possible_both_are_named(read: Read) -> None:
    with pytest.raises(UserError) as caught:
        read(*TWO)
    said = str(caught.value)
    assert "got indoor, outdoor in each of cats, dogs" in said
    assert 'folders = "classes" takes cats, dogs' in said
    assert 'folders = "groups" takes indoor, outdoor' in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("folders", "first"),
    [
        ("classes", ("cats", "", "", "")),
        ("groups", ("indoor", "", "", "cats")),
        ("folds", ("indoor", "", "cats", "")),
        ("ignore", ("indoor", "", "", "")),
    ],
)
def test_what_was_asked_is_answered_by_a_setting(
    read: Read, folders: str, first: tuple[str, str, str, str]
) -> None:
    assert found(read(*TWO, folders=folders))["cats/indoor/1.jpg"] == first


def test_an_answer_that_is_none_is_refused(read: Read) -> None:
    with pytest.raises(UserError, match=r"folders: expected one of 'auto', 'classes'.*'cats'"):
        read(*TWO, folders="cats")


def test_pictures_of_the_classes_beside_a_split_are_left_out(read: Read) -> None:
    listing = read("Train/0/1.png", "Train/1/2.png", "Test/3.png", "Meta/0.png")
    assert {path: what[:2] for path, what in found(listing).items()} == {
        "Train/0/1.png": ("0", ""),
        "Train/1/2.png": ("1", ""),
    }
    assert reasons(listing)["Meta/0.png"].startswith("Meta is neither train, val nor test")


def test_folders_of_places_in_a_split_are_no_classes(read: Read) -> None:
    listing = read(
        *(f"train/n{number}/images/n{number}_{n}.jpg" for number in (1, 2) for n in range(2)),
        "val/images/val_0.jpg",
        "test/images/test_0.jpg",
    )
    assert {what[0] for what in found(listing).values()} == {"n1", "n2"}
    assert set(reasons(listing)) == {"val/images/val_0.jpg", "test/images/test_0.jpg"}


@pytest.mark.parametrize(
    ("paths", "asked", "first"),
    [
        (
            ["train/a/1.jpg", "train/b/2.jpg", "misc/3.jpg"],
            "misc, train and, in train, a, b;",
            "misc",
        ),
        (
            [f"{one}/{other}/1.jpg" for one in "123" for other in "1234"],
            "1, 2, 3, 4 in each of",
            "1",
        ),
        (
            [f"images_00{n}/images/{n}.png" for n in (1, 2, 3)],
            "got images_001, images_002, images_003, as parts of one set are called; add a CSV",
            "images_001",
        ),
        (["batch 1/1.jpg", "batch 2/2.jpg"], "got batch 1, batch 2, as parts", "batch 1"),
        (["images/1.jpg", "masks/1.png"], "got images, masks, as parts of one set", "images"),
    ],
)
def test_what_may_be_classes_or_not_is_asked(
    read: Read, paths: list[str], asked: str, first: str
) -> None:
    with pytest.raises(UserError, match=asked) as caught:
        read(*paths)
    assert "\n" not in str(caught.value)
    assert first in {what[0] for what in found(read(folders="classes")).values()}


@pytest.mark.parametrize("folders", [["00001", "00002"], ["class_1", "class_2"], ["s1", "s2"]])
def test_other_numbers_are_classes(read: Read, folders: list[str]) -> None:
    assert [
        what[0] for what in found(read(*(f"{each}/1.jpg" for each in folders))).values()
    ] == folders
