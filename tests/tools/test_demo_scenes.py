"""The demo's photos without classes, and how a dataset is read that needs none."""

from pathlib import Path

import numpy as np
import skimage.data
from demo_scenes import write_scenes
from PIL import Image

from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.dataset_reader import UNLABELLED, read_dataset


def quiet(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody reads."""


def test_the_scenes_are_those_of_scikit_image_and_replace_older_ones(tmp_path: Path) -> None:
    folder = tmp_path / "scenes"
    folder.mkdir()
    (folder / "old.png").write_bytes(b"")
    assert write_scenes(folder) == 4
    assert sorted(file.stem for file in folder.iterdir()) == [
        *("astronaut", "cat", "coffee", "rocket")
    ]
    with Image.open(folder / "cat.png") as cat:
        np.testing.assert_array_equal(np.asarray(cat), skimage.data.chelsea())


def test_photos_need_no_class_folders_where_no_head_is_trained(tmp_path: Path) -> None:
    folder = tmp_path / "scenes"
    write_scenes(folder)
    refused = read_dataset(DatasetSettings(str(folder)), tmp_path / "cache", quiet)
    assert refused.report.problem
    assert not refused.photos
    taken = read_dataset(DatasetSettings(str(folder)), tmp_path / "cache", quiet, labelled=False)
    assert (taken.report.problem, taken.classes) == ("", [UNLABELLED])
    assert [photo.path for photo in taken.photos] == [
        *("astronaut.png", "cat.png", "coffee.png", "rocket.png")
    ]
    alone = tmp_path / "alone"
    alone.mkdir()
    (folder / "cat.png").rename(alone / "cat.png")
    assert (
        len(
            read_dataset(
                DatasetSettings(str(alone)), tmp_path / "cache", quiet, labelled=False
            ).photos
        )
        == 1
    )
    (alone / "cat.png").write_text("no photo")
    assert read_dataset(
        DatasetSettings(str(alone)), tmp_path / "cache", quiet, labelled=False
    ).report.problem
