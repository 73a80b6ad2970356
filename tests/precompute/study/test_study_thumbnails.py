from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.study import thumbnails
from diamond_cutter.precompute.study.thumbnails import BATCH, histogram, portray, thumbnail


def plain(height: int, width: int, colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.full((height, width, 3), colour, np.uint8)


def write(folder: Path, shades: list[int]) -> list[Path]:
    """A plain photo of each shade of red, losslessly."""
    files = [folder / f"{place}.png" for place in range(len(shades))]
    for file, shade in zip(files, shades, strict=True):
        Image.fromarray(plain(12, 16, (shade, 10, 20))).save(file)
    return files


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


def test_portraits_come_in_order_and_in_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "BATCH", 4)
    shades = list(range(0, 250, 25))
    told: list[tuple[str, int, int]] = []
    files = write(tmp_path, shades)
    batches = list(portray(files, 10, lambda *step: told.append(step), threads=3))
    assert [each.start for each in batches] == [0, 4, 8]
    assert [len(each.colour) for each in batches] == [4, 4, 2]
    found = np.concatenate([each.thumbnail for each in batches])
    assert found[:, 50, 50].tolist() == [[shade, 10, 20] for shade in shades]
    colours = np.concatenate([each.colour for each in batches])
    assert colours.argmax(1).tolist() == [shade // 32 * 64 for shade in shades]
    assert colours.max(1).tolist() == [1.0] * 10
    assert [step[1:] for step in told] == [(4, 10), (8, 10), (10, 10)]


def test_few_photos_are_read_ahead(tmp_path: Path) -> None:
    """Whatever the number of photos, only some more than a batch of them are opened."""
    opened = 0

    def files() -> Iterator[Path]:
        nonlocal opened
        for file in write(tmp_path, [7]) * (3 * BATCH):
            opened += 1
            yield file

    first = next(portray(files(), 3 * BATCH, nothing, threads=2))
    assert len(first.colour) == BATCH
    assert opened < BATCH + 20


def test_file_that_became_unreadable(tmp_path: Path) -> None:
    files = write(tmp_path, [1, 2, 3])
    files[1].write_bytes(b"no photo")
    with pytest.raises(
        UserError, match=r"1\.png, whole when the dataset was checked: .*expected JPEG"
    ):
        list(portray(files, 3, nothing, threads=2))


def test_file_that_is_gone_is_no_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write(tmp_path, [1, 2])
    files[0].unlink()
    expected = r"0\.png, whole when .*: Can't be opened \(No such file or directory\): mend that"
    with pytest.raises(UserError, match=expected):
        list(portray(files, 2, nothing, threads=1))

    def lose(file: Path, **_: object) -> None:
        file.unlink()
        raise UnidentifiedImageError

    files = write(tmp_path, [1, 2])
    monkeypatch.setattr(Image, "open", lose)
    with pytest.raises(UserError, match=expected):
        list(portray(files, 2, nothing, threads=1))


def test_no_photos() -> None:
    assert list(portray([], 0, nothing, threads=1)) == []
