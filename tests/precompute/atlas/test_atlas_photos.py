"""Which photos natural statistics are measured on."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.atlas import statistics_photos
from diamond_cutter.precompute.atlas.statistics_photos import Photos, choose_photos
from diamond_cutter.precompute.rendering.sample_statistics import sample_crops


def write(folder: Path, *names: str) -> None:
    for name in names:
        pixels = np.random.default_rng(list(name.encode())).integers(0, 256, (40, 30, 3), np.uint8)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)


def choose(address: object, cache: Path) -> Photos:
    return choose_photos(str(address), cache, lambda *_: None)


def test_without_an_address_samples_are_taken(tmp_path: Path) -> None:
    found = choose("", tmp_path)
    assert (found.source, found.named_digest) == ("crops of scikit-learn's two", None)
    np.testing.assert_array_equal(list(found.images()), sample_crops())
    assert list(tmp_path.iterdir()) == []


def test_photos_need_no_classes_and_are_known_by_name_and_content(tmp_path: Path) -> None:
    write(tmp_path / "mine", "one.png", "deep/two.png", "deep/er/three.png")
    found = choose(f"{tmp_path}/mine/", tmp_path / "cache")
    assert found.source == "mine"
    assert str(tmp_path) not in repr((found.source, found.digest))
    paths = [file.path for file in found.files]
    assert sorted(paths) == ["deep/er/three.png", "deep/two.png", "one.png"]
    for path, image in zip(paths, found.images(), strict=True):
        np.testing.assert_array_equal(image, Image.open(tmp_path / "mine" / path))
    (tmp_path / "mine").rename(tmp_path / "yours")
    again = choose(tmp_path / "yours", tmp_path / "cache")
    assert (again.source, again.digest) == ("yours", found.digest)
    write(tmp_path / "yours", "four.png")
    assert choose(tmp_path / "yours", tmp_path / "cache").digest != found.digest


def test_of_many_photos_a_few_are_drawn_from_all_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics_photos, "MOST", 8)
    write(tmp_path / "many", *(f"{folder}/{n}.png" for folder in "abcd" for n in range(5)))
    found = choose(tmp_path / "many", tmp_path / "cache")
    assert [file.path[0] for file in found.files] == list("aabbccdd")
    assert len({file.digest for file in found.files}) == 8
    assert choose(tmp_path / "many", tmp_path / "cache") == found


def test_a_photo_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    write(tmp_path / "some", "a.png", "b.png")
    (tmp_path / "some" / "c.png").write_bytes((tmp_path / "some" / "a.png").read_bytes())
    paths = [file.path for file in choose(tmp_path / "some", tmp_path / "cache").files]
    assert paths == ["a.png", "b.png"]


def test_an_address_without_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^photos: .*got nothing there; .* none by --photos \"\"$"):
        choose(tmp_path / "none", tmp_path / "cache")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"photos: .*got no file at all"):
        choose(tmp_path / "empty", tmp_path / "cache")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("s3://bucket/cats/", "cats"),
        ("https://a.example/dogs.zip?key=1", "dogs.zip"),
        ("https://me:secret@a.example/?key=1", "a.example"),
        ("gs://birds", "birds"),
        ("/", "photos"),
    ],
)
def test_a_name_is_no_address(address: str, name: str) -> None:
    assert statistics_photos._name(address) == name
