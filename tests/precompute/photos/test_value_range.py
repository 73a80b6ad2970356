"""One range of values for a whole dataset of photos of more than 8 bits."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.images.value_range import Range, common_range, find_span
from diamond_cutter.precompute.photos.photo import Dataset, read_image
from diamond_cutter.precompute.photos.report_text import summarize


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(941.0, 1126.0)], (940, 1130)),
        ([(41.0, 4054.0)], (0, 4095)),  # 12 bits, well used
        ([(655.0, 64879.0)], (0, 65535)),
        ([(0.01, 0.99)], (0, 1)),
        ([(3.0, 251.0)], (0, 255)),
        ([(20.13, 35.7)], (20, 36)),  # degrees
        ([(0.4012, 0.4518)], (0.401, 0.452)),
        ([(-4.0, 6.0)], (-4, 6)),
        ([(5.0, 5.0)], (0, 255)),
        ([(-5.0, -5.0)], (-5, -4)),
        ([(900.0, 1000.0), (1000.0, 1190.0)], (900, 1190)),  # of the darker and the brighter
        ([(940.0, 1130.0)] * 20 + [(0.0, 65535.0)], (940, 1130)),  # one gone wrong
        ([(1_000_000.0, 1_000_100.0)], (1_000_000, 1_000_100)),
    ],
)
def test_the_range_of_spans(spans: list[Range], expected: Range) -> None:
    assert common_range(spans) == expected


def test_dead_and_hot_pixels_are_not_in_the_span() -> None:
    values = np.tile(np.linspace(1000, 1100, 200, dtype=np.float32), (200, 1))
    values[0, :30], values[1, :30], values[2, 0] = 0, 65535, np.nan
    span = find_span(values)
    assert span == pytest.approx((1001, 1099), abs=1)
    assert find_span(np.full((9, 9), np.nan, np.float32)) is None


def wave(number: int) -> NDArray[np.float64]:
    """(48, 64), 0..1, unlike that of another number."""
    y, x = np.mgrid[:48, :64]
    return np.asarray(0.5 + 0.5 * np.sin((x * (1 + number % 3) + y * (number % 5)) / 9 + number))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Twelve photos of 939 to 1128, one class of them half as bright as the other."""
    for number in range(12):
        file = tmp_path / "photos" / ("dim" if number % 2 else "lit") / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        values = 939 + (1128 - 939) * wave(number) * (0.5 if number % 2 else 1)
        Image.fromarray(values.astype(np.uint16)).save(file)
    return tmp_path / "photos"


def read(root: Path, value_range: Range | None = None) -> Dataset:
    quiet = lambda *_: None  # noqa: E731
    cache = root.parent / "cache"
    settings = DatasetSettings(dataset=str(root))
    return read_dataset(settings, cache, quiet, value_range=value_range)


def test_a_dataset_is_read_by_one_range(root: Path) -> None:
    dataset = read(root)
    assert dataset.report.value_range == (930, 1130)
    assert dataset.report.faint == 0
    for photo in dataset.photos:
        number = int(Path(photo.path).stem)
        values = np.asarray(Image.open(photo.file), np.float64)
        expected = np.rint((values - 930) / 200 * 255).clip(0, 255)
        assert np.abs(read_image(photo)[..., 0] - expected).max() <= 1
        assert read_image(photo).max() <= (140 if number % 2 else 255)  # what is dim stays dim
    text = summarize(dataset.report)
    assert "Of more than 8 bits: values from 930 to 1130 become black to white" in text
    assert "lit/0.png: Scaled to 8 bits from 930 to 1130." in text


def test_photos_that_come_change_how_all_are_read(root: Path) -> None:
    before = {photo.path: photo.digest for photo in read(root).photos}
    assert before == {photo.path: photo.digest for photo in read(root).photos}
    Image.fromarray((900 + 400 * wave(77)).astype(np.uint16)).save(root / "lit" / "77.png")
    dataset = read(root)
    assert dataset.report.value_range == (900, 1300)
    after = {photo.path: photo.digest for photo in dataset.photos}
    assert all(after[path] != digest for path, digest in before.items())


def test_a_range_may_be_given(root: Path) -> None:
    dataset = read(root, (0.0, 4095.0))
    assert dataset.report.value_range == (0, 4095)
    assert dataset.report.faint == 12
    assert "Next to nothing to be seen: in 12 of 12 photos" in summarize(dataset.report)
