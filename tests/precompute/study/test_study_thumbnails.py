from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.examination_cache import NAME
from diamond_cutter.precompute.photos.images.thumbnail import histogram, thumbnail
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.stores.store_address import array
from diamond_cutter.precompute.stores.study import study_writer
from diamond_cutter.precompute.study.dataset import thumbnails
from diamond_cutter.precompute.study.dataset.thumbnails import store_thumbnails


def plain(height: int, width: int, colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.full((height, width, 3), colour, np.uint8)


def read(folder: Path, shades: list[int]) -> Dataset:
    """A dataset of a plain photo of each shade of red, losslessly, whose files are gone again."""
    root = folder / "photos"
    root.mkdir()
    for place, shade in enumerate(shades):
        Image.fromarray(plain(12, 16, (shade, 10, 20))).save(root / f"{place}.png")
    dataset = read_dataset(DatasetSettings(str(root)), folder / "cache", nothing, labelled=False)
    for photo in dataset.photos:
        photo.file.unlink()
    return dataset


def begin(folder: Path, dataset: Dataset) -> study_writer.Draft:
    draft = study_writer.begin(study_writer.create_studies(str(folder / "study.zarr")), "mine")
    count = np.zeros(len(dataset.photos), np.int32)
    study_writer.write_photos(draft, count, count, count)
    return draft


def nothing(_step: str, _done: int, _total: int) -> None:
    pass


@pytest.mark.parametrize(("height", "width"), [(100, 300), (300, 100), (2000, 3000), (31, 50)])
def test_thumbnail_is_the_central_square(height: int, width: int) -> None:
    image = plain(height, width, (200, 0, 0))
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    image[top : top + side, left : left + side] = (0, 100, 0)
    image[top : top + side // 2, left : left + side // 2] = (0, 0, 100)
    small = thumbnail(image)
    assert small.shape == (96, 96, 3)
    assert small.dtype == np.uint8
    # enlarged, half a pixel of what lies beside the square may shine in
    assert np.abs(small[6:40, 6:40].astype(int) - [0, 0, 100]).max() <= 3
    assert np.abs(small[56:90, 56:90].astype(int) - [0, 100, 0]).max() <= 3


def test_thumbnail_is_antialiased() -> None:
    image = plain(960, 960, (0, 0, 0))
    image[:, ::2] = 255
    assert np.abs(thumbnail(image)[4:-4, 4:-4].astype(int) - 127).max() <= 3


def test_histogram_by_hand() -> None:
    image = plain(2, 2, (0, 0, 0))
    image[0, 0] = (255, 255, 255)
    image[0, 1] = (40, 100, 255)
    expected = np.zeros(512)
    expected[[0, 511, (1 * 8 + 3) * 8 + 7]] = np.sqrt([0.5, 0.25, 0.25])
    found = histogram(image)
    assert found == pytest.approx(expected)
    assert found.dtype == np.float32


def test_histogram_does_not_hang_on_size_nor_place() -> None:
    small = np.random.default_rng(0).integers(256, size=(40, 40, 3)).astype(np.uint8)
    large = small.repeat(60, 0).repeat(60, 1)
    assert histogram(large) == pytest.approx(histogram(small), abs=2e-3)
    assert histogram(small[::-1, ::-1]) == pytest.approx(histogram(small))


def test_thumbnails_come_in_order_and_in_batches_and_no_photo_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "BATCH", 4)
    shades = list(range(0, 250, 25))
    told: list[tuple[str, int, int]] = []
    dataset = read(tmp_path, shades)
    draft = begin(tmp_path, dataset)
    colours = store_thumbnails(draft, dataset, tmp_path / "cache", lambda *step: told.append(step))
    found = np.asarray(array(draft.slot, "photos/thumbnail")[:])
    assert found[:, 50, 50].tolist() == [[shade, 10, 20] for shade in shades]
    assert colours.shape == (10, 1, 512)
    assert colours[:, 0].argmax(1).tolist() == [shade // 32 * 64 for shade in shades]
    assert colours.max(2).tolist() == [[1.0]] * 10
    assert [step[1:] for step in told] == [(4, 10), (8, 10), (10, 10)]


def test_a_cache_that_was_removed_meanwhile_is_said(tmp_path: Path) -> None:
    dataset = read(tmp_path, [1, 2, 3])
    (tmp_path / "cache" / NAME).unlink()
    with pytest.raises(UserError, match=r"expected the thumbnail of 0\.png, got none"):
        store_thumbnails(begin(tmp_path, dataset), dataset, tmp_path / "cache", nothing)
