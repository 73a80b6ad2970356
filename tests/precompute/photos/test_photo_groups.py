"""Photos that a column of the table keeps together: patients, days, machines."""

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.heads.folds import make_folds
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.photos.report_text import summarize
from diamond_cutter.precompute.stores.study.dataset_report import Grouping, from_json, to_json

TABLE = """path,label,Patient
0.png,cat,a
1.png,cat,a
2.png,cat,b
3.png,cat,
4.png,dog,b
5.png,dog,c
6.png,dog,
near.jpg,dog,c
"""


def picture(seed: int) -> Image.Image:
    noise = np.random.default_rng([2, seed]).integers(0, 256, (9, 12, 3), np.uint8)
    return Image.fromarray(noise).resize((64, 48), Image.Resampling.BICUBIC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Seven photos, and a near duplicate of the fourth, which is of no patient."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(7):
        picture(seed).save(folder / f"{seed}.png")
    picture(3).save(folder / "near.jpg", quality=60)
    return folder


def read(folder: Path, table: str, groups: str = "patient") -> Dataset:
    file = folder / "table.csv"
    file.write_text(table)
    cache = folder.parent / "cache"
    return read_dataset(DatasetSettings(str(file), groups=groups), cache, lambda *_: None)


def test_a_group_is_what_the_column_or_the_picture_joins(folder: Path) -> None:
    dataset = read(folder, TABLE)
    groups = {photo.path: photo.group for photo in dataset.photos}
    assert groups["0.png"] == groups["1.png"]
    assert groups["2.png"] == groups["4.png"]
    assert groups["3.png"] == groups["near.jpg"] == groups["5.png"]  # by the picture, then by c
    assert len(set(groups.values())) == 4  # and 6.png alone
    report = dataset.report
    assert report.grouping == Grouping("patient", count=3, largest=2, alone=2, across=[])
    assert from_json(to_json(report)) == report
    assert "Groups by patient: 3, of at most 2 photos, 2 photos without one" in summarize(report)
    [near] = report.duplicates
    assert near.paths == ["3.png", "near.jpg"]


def test_without_the_setting_the_column_says_nothing(folder: Path) -> None:
    dataset = read(folder, TABLE, groups="")
    assert dataset.report.grouping is None
    assert len({photo.group for photo in dataset.photos}) == 7
    assert "Groups by" not in summarize(dataset.report)


def test_no_group_is_on_both_sides_of_a_fold(folder: Path) -> None:
    photos = read(folder, TABLE).photos
    groups = np.array([photo.group for photo in photos])
    folds = make_folds(np.array([photo.label for photo in photos]), groups, [""] * 8, 3, 0)
    for fold in folds:
        assert not set(groups[fold.train]) & set(groups[fold.test])


def test_a_group_on_both_sides_of_the_own_split_is_said_and_not_trained_on(folder: Path) -> None:
    rows = [
        "path;label;split;day",
        *(f"{n};{'cat' if n < '3' else 'dog'};train;{n}" for n in "0134"),
        "2;cat;test;0",
        "5;dog;test;9",
    ]
    table = "\n".join(re.sub(r"^(\d)", r"\1.png", row) for row in rows)
    dataset = read(folder, table, groups="DAY")
    assert dataset.report.grouping == Grouping("DAY", count=5, largest=2, alone=0, across=["0"])
    reasons = {file.path: file.reason for file in dataset.report.files}
    assert reasons["0.png"] == "Its DAY is 0, as that of 2.png, which is in test."
    assert reasons["2.png"] == "Its DAY is 0, as that of 0.png, which is in train."
    assert reasons["1.png"] == ""
    assert "Values of DAY on both sides of the split: 1\n  0" in summarize(dataset.report)
    photos = dataset.photos
    labels, groups = (
        np.array([getattr(each, name) for each in photos]) for name in ("label", "group")
    )
    [fold] = make_folds(labels, groups, [photo.split for photo in photos], 5, 0)
    assert [photos[place].path for place in fold.train] == ["1.png", "3.png", "4.png"]


def test_a_class_of_one_group_is_left_out(folder: Path) -> None:
    table = TABLE.replace("5.png,dog,c", "5.png,owl,d").replace("6.png,dog,", "6.png,owl,d")
    dataset = read(folder, table.replace("near.jpg,dog,c", "near.jpg,dog,"))
    assert dataset.classes == ["cat", "dog"]
    reasons = {file.path: file.reason for file in dataset.report.files}
    assert reasons["5.png"].startswith("Its class has 1 group by patient: expected 2 or more")


def test_a_column_that_is_not_there_is_named_with_those_that_are(folder: Path) -> None:
    with pytest.raises(UserError, match=r"'day'.*got the columns path, label, Patient; mend"):
        read(folder, TABLE, groups="day")
    with pytest.raises(UserError, match=r"'day'.*got the columns number 1, number 2; mend"):
        read(folder, "0.png,cat\n1.png,dog\n", groups="day")


def test_a_folder_has_no_column(folder: Path) -> None:
    with pytest.raises(
        UserError, match=r"'day'.*got no table of the photos; add a CSV with the col"
    ):
        read_dataset(
            DatasetSettings(str(folder), groups="day"), folder.parent / "cache", lambda *_: None
        )


@pytest.mark.parametrize("table", [TABLE, None])
def test_the_table_of_an_archive_says_the_groups(folder: Path, table: str | None) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
        if table:
            archive.writestr("labels.csv", table)
    file = folder.parent / "set.zip"
    file.write_bytes(packed.getvalue())

    def opened(groups: str) -> Dataset:
        cache = folder.parent / "cache"
        return read_dataset(DatasetSettings(str(file), groups=groups), cache, lambda *_: None)

    if table is None:
        with pytest.raises(UserError, match="got no table of the photos"):
            opened("patient")
        return
    assert len({photo.group for photo in opened("patient").photos}) == 4
    with pytest.raises(UserError, match=r"labels.csv: .*'day'.*the columns path, label, Patient"):
        opened("day")
