"""Tables of photos and labels, as spreadsheets and scripts write them."""

import re
from pathlib import Path

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.sources.dataset_source import open_dataset

JPEG = b"\xff\xd8\xff\xe0 a photo, as far as its first bytes go"


def quiet(_step: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with photos in it, beside it and below it."""
    for name in ("set/1.jpg", "set/in/2.jpg", "set/a, b; c.jpg", "beside.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(JPEG)
    return tmp_path / "set"


def read(folder: Path, text: str | bytes) -> list[Entry]:
    table = folder / "photos.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_dataset(DatasetSettings(str(table)), folder.parent / "cache", quiet).entries


def rows(entries: list[Entry]) -> list[tuple[str, str, str, str | None]]:
    return [(entry.path, entry.label, entry.split, entry.outcome) for entry in entries]


@pytest.mark.parametrize(
    "text",
    [
        "path,label\n1.jpg,cat\nin/2.jpg,dog\n",
        "\ufeffPath;Label\r\n1.jpg;cat\r\nin/2.jpg;dog\r\n",
        "\n\nLABEL\tid\tPATH\ncat\t7\t1.jpg\ndog\t8\tin/2.jpg",
        "1.jpg,cat\nin/2.jpg,dog",
        "1.jpg\tcat\nin/2.jpg\tdog",
        "path,label\n1.jpg,cat\nin/2.jpg,dog\n".encode("utf-16"),
        '"path" , "label"\n"1.jpg","cat"\n in/2.jpg , dog \n\n,\n',
    ],
)
def test_a_table_is_read_as_it_was_written(folder: Path, text: str | bytes) -> None:
    entries = read(folder, text)
    assert rows(entries) == [("1.jpg", "cat", "", None), ("in/2.jpg", "dog", "", None)]
    assert [entry.file for entry in entries] == [folder / "1.jpg", folder / "in/2.jpg"]


def test_splits_and_quoted_names(folder: Path) -> None:
    text = 'label,path,Split\ncat,1.jpg,Training\n cat  big ,"a, b; c.jpg",valid\ndog,in/2.jpg,\n'
    assert rows(read(folder, text)) == [
        ("1.jpg", "cat", "train", None),
        ("a, b; c.jpg", "cat big", "val", None),
        ("in/2.jpg", "dog", "", None),
    ]


def test_a_table_of_the_users_own_may_name_photos_anywhere(folder: Path) -> None:
    far = str(folder.parent / "beside.jpg")
    entries = read(folder, f"path,label\n../beside.jpg,cat\n{far},dog\nin\\2.jpg,cat\n")
    assert {entry.outcome for entry in entries} == {None}
    assert all(entry.file and entry.file.read_bytes() == JPEG for entry in entries)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("gone.jpg,cat,", "No photo is called so"),
        ("in,cat,", "No photo is called so"),
        ("/dev/null,cat,", "No photo is called so"),
        ("1.jpg,,", "without a label"),
        (",cat,", "without a path"),
        ("1.jpg,cat,sometimes", "'sometimes': expected train, val, test"),
        ("n" * 2000 + ",cat,", "more than 1,024"),
        ("n" * 300 + ",cat,", "No photo is called so"),
        ("1.jpg", "without a label"),
    ],
)
def test_a_row_that_can_not_be_used_is_rejected(folder: Path, row: str, reason: str) -> None:
    entries = read(folder, f"path,label,split\n{row}\nin/2.jpg,dog,\n")
    (bad,) = [entry for entry in entries if entry.outcome == "reject"]
    assert bad.file is None
    assert re.search(reason, bad.reason)
    assert len(entries) == 2


def test_a_photo_that_is_listed_twice_is_taken_once(folder: Path) -> None:
    entries = read(folder, "path,label\n1.jpg,cat\nin/2.jpg,dog\n1.jpg,cat\n")
    assert rows(entries) == [("1.jpg", "cat", "", None), ("in/2.jpg", "dog", "", None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b,c\nx,cat,8\ny,dog,9\n", "column that names photos, got a, b, c, none of which"),
        ("just one column\n1.jpg\n", "got just one column; add the column label"),
        ("\n\n", "an empty file"),
        (b"path,label\n1.jpg,K\0ln", "a file of another kind"),
        (b"path,label\n1.jpg,cat" + b"\n" * (1 << 24) + b"in/2.jpg,K\xf6ln", "0xf6"),
        ('path,label\n"' + "x" * 200_000 + "\n", "broken"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(
    folder: Path, text: str | bytes, expected: str
) -> None:
    with pytest.raises(UserError, match=expected) as caught:
        read(folder, text)
    assert "\n" not in str(caught.value)


def test_a_header_alone_is_an_empty_dataset(folder: Path) -> None:
    assert read(folder, "path,label\n") == []
