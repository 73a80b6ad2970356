"""Folders as people have them: what is a photo, and of which class and split."""

import bz2
import gzip
import io
import os
import pickle
import zipfile
from pathlib import Path

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.sources.dataset_source import open_dataset

JPEG = b"\xff\xd8\xff\xe0 a photo, as far as its first bytes go"


def quiet(_step: str, _done: int, _total: int) -> None:
    pass


def fill(folder: Path, *paths: str, content: bytes = JPEG) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def read(folder: Path) -> list[Entry]:
    return open_dataset(DatasetSettings(str(folder)), folder.parent / "cache", quiet).entries


def packed(name: str) -> bytes:
    """A zip that begins with a member of that name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, b"something")
    return file.getvalue()


def labels(entries: list[Entry]) -> dict[str, str]:
    """Class, with its split, of every photo to be examined, by path."""
    return {
        entry.path: f"{entry.split}:{entry.label}" if entry.split else entry.label
        for entry in entries
        if entry.outcome is None
    }


def outcomes(entries: list[Entry]) -> dict[str, str | None]:
    return {entry.path: entry.outcome for entry in entries}


def test_the_class_is_the_first_folder(tmp_path: Path) -> None:
    root = tmp_path / "set"
    fill(root, "dog/2.JPG", "dog/10.png", "cat/old/deep/1.webp", "cat/1.tiff", "alone.jpg")
    entries = read(root)
    assert labels(entries) == {
        "cat/1.tiff": "cat",
        "cat/old/deep/1.webp": "cat",
        "dog/10.png": "dog",
        "dog/2.JPG": "dog",
    }
    assert [entry.path for entry in entries] == sorted(entry.path for entry in entries)
    alone = next(entry for entry in entries if entry.path == "alone.jpg")
    assert (alone.outcome, alone.file, alone.label) == ("reject", None, "")
    assert "CLASS/NAME" in alone.reason
    assert all(entry.file == root / entry.path for entry in entries if entry.outcome is None)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["train/cat/1.jpg", "TEST/cat/2.jpg"], ["test:cat", "train:cat"]),
        (
            ["Training/a/1.jpg", "validation/a/2.jpg", "testing/b/3.jpg", "dev/b/4.jpg"],
            ["train:a", "val:b", "test:b", "val:a"],
        ),
        (["set/train/a/1.jpg", "set/val/a/1.jpg"], ["train:a", "val:a"]),
        (["photos/a/1.jpg", "photos/b/1.jpg"], ["a", "b"]),
        (["photos/a/1.jpg", "photos/b/1.jpg", "photos/cover.jpg"], ["a", "b"]),
        (["outer/photos/a/x/1.jpg", "outer/photos/b/x/1.jpg"], ["a", "b"]),
        # A class may be called so, and one split alone splits nothing.
        (["train/1.jpg", "boat/2.jpg"], ["boat", "train"]),
        (["train/a/1.jpg", "train/b/1.jpg"], ["a", "b"]),
        (["val/a/1.jpg", "valid/b/1.jpg"], ["a", "b"]),
        (["a/1.jpg", "a/2.jpg"], ["a", "a"]),
        (["a/b/1.jpg", "a/2.jpg"], ["a", "a"]),
    ],
)
def test_splits_and_wrapping_folders(tmp_path: Path, paths: list[str], expected: list[str]) -> None:
    fill(tmp_path / "set", *paths)
    assert list(labels(read(tmp_path / "set")).values()) == expected


def test_photos_of_a_split_without_a_class_are_rejected(tmp_path: Path) -> None:
    fill(tmp_path / "set", "train/a/1.jpg", "val/a/1.jpg", "test/1.jpg")
    entries = read(tmp_path / "set")
    # Nothing in test has a class, so that it is no folder of classes; yet it is no class either.
    assert labels(entries) == {"train/a/1.jpg": "train:a", "val/a/1.jpg": "val:a"}
    assert outcomes(entries)["test/1.jpg"] == "reject"


def test_what_is_no_photo_is_ignored_and_what_can_not_be_used_rejected(tmp_path: Path) -> None:
    root = tmp_path / "set"
    fill(root, "a/1.jpg", "a/.hidden.jpg", ".git/objects/1.jpg", "__MACOSX/a/._1.jpg")
    fill(root, "a/Thumbs.db", "desktop.ini", "README.md", "a/LICENSE", content=b"words, words")
    fill(root, "a/clip.mp4", "a/empty.txt", content=b"")
    fill(root, "a/more.zip", "a/phone.HEIC", "a/lens.nef", content=b"PK or so")
    fill(root, "a/000001", "a/1.jpg_large", "a/really.heic")
    fill(root, "a/train.parquet", "a/train.tfrecord-00001-of-00002", content=b"\x08 or so")
    assert outcomes(read(root)) == {
        ".git/objects/1.jpg": "ignore",
        "README.md": "ignore",
        "__MACOSX/a/._1.jpg": "ignore",
        "a/.hidden.jpg": "ignore",
        "a/000001": None,
        "a/1.jpg": None,
        "a/1.jpg_large": None,
        "a/LICENSE": "ignore",
        "a/Thumbs.db": "ignore",
        "a/clip.mp4": "ignore",
        "a/empty.txt": "ignore",
        "a/lens.nef": "reject",
        "a/more.zip": "reject",
        "a/phone.HEIC": "reject",
        "a/really.heic": None,
        "a/train.parquet": "reject",
        "a/train.tfrecord-00001-of-00002": "reject",
        "desktop.ini": "ignore",
    }
    assert all(entry.reason for entry in read(root) if entry.outcome)


def test_links_are_followed_to_files_alone(tmp_path: Path) -> None:
    root = tmp_path / "set"
    fill(tmp_path, "elsewhere/far.jpg", "elsewhere/deep/near.jpg")
    fill(root, "a/1.jpg")
    (root / "a/far.jpg").symlink_to(tmp_path / "elsewhere/far.jpg")
    (root / "a/loop").symlink_to(root)
    (root / "b").symlink_to(tmp_path / "elsewhere")
    (root / "a/gone.jpg").symlink_to(tmp_path / "gone")
    (root / "a/self.jpg").symlink_to(root / "a/self.jpg")
    os.mkfifo(root / "a/pipe.jpg")
    entries = read(root)
    assert labels(entries) == {"a/1.jpg": "a", "a/far.jpg": "a"}
    reasons = {entry.path: entry.reason for entry in entries if entry.outcome == "reject"}
    assert set(reasons) == {"a/gone.jpg", "a/loop", "a/pipe.jpg", "a/self.jpg", "b"}
    assert reasons["b"] == 'A link to a folder outside the dataset; links = "all" follows it.'
    assert reasons["a/loop"].startswith("A link to a folder that it lies in")
    assert "pipe" in reasons["a/pipe.jpg"]


def test_linked_class_folders_are_followed_by_a_setting(tmp_path: Path) -> None:
    root = tmp_path / "set"
    fill(tmp_path, "elsewhere/3.jpg")
    fill(root, "classes/cat/1.jpg", "store/2.jpg")
    (root / "classes/dog").symlink_to(root / "store")
    (root / "classes/far").symlink_to(tmp_path / "elsewhere")

    def found(links: str) -> dict[str, str | None]:
        settings = DatasetSettings(str(root / "classes"), links=links)
        return outcomes(open_dataset(settings, tmp_path / "cache", quiet).entries)

    assert found("inside") == {"cat/1.jpg": None, "dog": "reject", "far": "reject"}
    assert found("all") == {"cat/1.jpg": None, "dog/2.jpg": None, "far/3.jpg": None}
    assert found("none") == {"cat/1.jpg": None, "dog": "reject", "far": "reject"}
    with pytest.raises(UserError, match="links: expected one of 'inside'"):
        found("some")
    inside = labels(open_dataset(DatasetSettings(str(root)), tmp_path / "cache", quiet).entries)
    assert inside == {
        "classes/cat/1.jpg": "classes",
        "classes/dog/2.jpg": "classes",
        "store/2.jpg": "store",
    }


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    root = tmp_path / "set"
    fill(root, "a/1.jpg", "b/2.jpg")
    (root / "a/to_b").symlink_to(root / "b")
    (root / "b/to_a").symlink_to(root / "a")
    (root / "b/itself").symlink_to(root / "b/itself")
    entries = read(root)
    assert labels(entries) == {
        "a/1.jpg": "a",
        "a/to_b/2.jpg": "a",
        "b/2.jpg": "b",
        "b/to_a/1.jpg": "b",
    }
    loops = {entry.path for entry in entries if entry.reason.startswith("A link to a folder that")}
    assert loops == {"a/to_b/to_a", "b/to_a/to_b"}


def test_any_name_gives_valid_unicode(tmp_path: Path) -> None:
    root = tmp_path / "set"
    fill(root, "Ko\u0308ln/1.jpg", "K\u00f6ln/2.jpg", "<b>'\"&/\n\x1b[31m.jpg", "  猫 \n 猫 /1.jpg")
    fill(root, os.fsdecode(b"caf\xe9/\xff.jpg"))
    found = labels(read(root))
    assert list(found.values()) == ["猫 猫", "<b>'\"&", "Köln", "Köln", "caf\\xe9"]
    assert "caf\\xe9/\\xff.jpg" in found
    for path in found:
        path.encode()
    raws = [entry.file for entry in read(root) if entry.path.startswith("caf")]
    assert raws[0] is not None
    assert raws[0].read_bytes() == JPEG


def test_a_folder_that_can_not_be_read_is_rejected(tmp_path: Path) -> None:
    if os.getuid() == 0:
        pytest.skip("root may read everything")
    fill(tmp_path / "set", "a/1.jpg", "b/1.jpg")
    (tmp_path / "set/b").chmod(0)
    entries = read(tmp_path / "set")
    (tmp_path / "set/b").chmod(0o700)
    assert outcomes(entries) == {"a/1.jpg": None, "b/": "reject"}


def test_an_empty_folder_has_no_entries(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    assert read(tmp_path / "set") == []


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("gone", None, "nothing there"),
        ("empty.zip", b"", "an empty file"),
        ("photo.jpg", JPEG, "a single photo"),
        ("photos.7z", b"7z\xbc\xaf\x27\x1c...", "7z archive"),
        ("photos.rar", b"Rar!\x1a\x07", "RAR"),
        ("photos.tar.zst", b"\x28\xb5\x2f\xfd....", "Zstandard"),
        ("photos.zip", b"<!doctype html><title>Sign in</title>", "a web page"),
        ("labels.csv.gz", gzip.compress(b"path,label\n1.jpg,cat\n", mtime=0), "gzip; unpack it"),
        (
            "train-images.gz",
            gzip.compress(b"\0\0\x08\x03" + bytes(999), mtime=0),
            "gzip, an IDX file",
        ),
        ("images.bz2", bz2.compress(b"one file"), "a single file packed with bzip2; unpack it"),
        ("train.parquet", b"PAR1....", "a Parquet file; save each of its pictures as a file"),
        ("train-00001-of-00002.tfrecord", bytes([8, *[0] * 99]), "a TFRecord file; save each"),
        ("train.tfrec", bytes([8, *[0] * 99]), "a TFRecord file; save each of its pictures"),
        ("train.npz", packed("images.npy"), "NumPy arrays; save each of its pictures as a file"),
        ("train.npy", b"\x93NUMPY\x01\0v\0", "NumPy arrays; save each of its pictures"),
        ("train.pkl", pickle.dumps({"images": []}), "a pickle, .*; save each of its pictures"),
        ("train.h5", b"\x89HDF\r\n\x1a\n", "an HDF5 file; save each of its pictures"),
        ("t10k-images-idx3-ubyte", b"\0\0\x08\x03" + bytes(99), "an IDX file of arrays"),
        ("labels.xlsx", packed("[Content_Types].xml"), "an Office file; save its table as a CSV"),
        ("list.csv", b"\0\0\0\1", "another kind"),
    ],
)
def test_an_address_of_something_else_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes | None, expected: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=expected) as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("address", ["", "a\0b", "x" * 5000, os.devnull, "foo://bar/baz"])
def test_an_address_that_makes_no_sense_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(UserError):
        open_dataset(DatasetSettings(address), tmp_path / "cache", quiet)


def test_many_files_are_listed_at_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(1500):
            (tmp_path / "set" / name / f"{number}.jpg").touch()
    told: list[tuple[str, int, int]] = []
    entries = open_dataset(
        DatasetSettings(f"file://{tmp_path}/set"),
        tmp_path / "cache",
        lambda *args: told.append(args),
    ).entries
    assert len(labels(entries)) == 3000
    assert told == [("listing", n, 0) for n in (1000, 2000, 3000)] + [("listing", 3000, 3000)]
    assert not (tmp_path / "cache").exists()
