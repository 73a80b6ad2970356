"""Near duplicates: copies are found, other photos are not, and groups don't chain."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.precompute.photos.duplicates import candidate_pairs
from diamond_cutter.precompute.photos.duplicates.candidate_pairs import WINDOWS
from diamond_cutter.precompute.photos.duplicates.duplicate_search import find_near, group
from diamond_cutter.precompute.photos.duplicates.fingerprint import fingerprint
from diamond_cutter.precompute.photos.duplicates.photo_alignment import compare

PHOTOS = 60
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def draw(seed: int) -> Image.Image:
    """A picture with the spectrum of a photo, some things in it, on a plain background or not."""
    random = np.random.default_rng([3, seed])
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(160), np.fft.fftfreq(120)))
    frequency[0, 0] = 1
    noise = np.fft.fft2(random.normal(size=(3, 120, 160))) / frequency**1.2
    picture = np.fft.ifft2(noise).real.transpose(1, 2, 0)
    picture = picture / picture.std() * (50 if seed % 2 else 4) + (128 if seed % 2 else 225)
    y, x = np.mgrid[:120, :160]
    for _ in range(6):
        across, down, width, height = random.uniform([30, 25, 8, 6], [130, 95, 35, 28])
        inside = ((x - across) / width) ** 2 + ((y - down) / height) ** 2 < 1
        picture[inside] = 0.3 * picture[inside] + random.uniform(0, 180, 3)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int = 85) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def crop(image: Image.Image, margins: NDArray[np.float64]) -> Image.Image:
    width, height = image.size
    left, right, top, bottom = margins * [width, width, height, height]
    return image.crop((round(left), round(top), round(width - right), round(height - bottom)))


def mirror(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


Change = Callable[[Image.Image, np.random.Generator], Image.Image]
CHANGES: dict[str, Change] = {
    "encoded again": lambda image, random: jpeg(image, int(random.integers(30, 91))),
    "mirrored": lambda image, _: jpeg(mirror(image)),
    "cropped": lambda image, random: jpeg(crop(image, random.uniform(0.03, 0.1, 4))),
    "cropped at one edge": lambda image, random: jpeg(
        crop(image, 0.1 * (np.arange(4) == random.integers(4)))
    ),
    "half the size": lambda image, _: jpeg(image.resize((80, 60))),
    "mirrored and cropped": lambda image, random: jpeg(
        crop(mirror(image), random.uniform(0.03, 0.1, 4))
    ),
    "brighter": lambda image, _: jpeg(image.point(lambda value: min(255, value * 1.1 + 8))),
}


def prints(images: list[Image.Image]) -> NDArray[np.uint8]:
    return np.stack([fingerprint(np.asarray(image)) for image in images])


def near(fingerprints: NDArray[np.uint8]) -> set[tuple[int, int]]:
    return {(one, other) for one, other in find_near(fingerprints, lambda *_: None).tolist()}


@pytest.fixture(scope="module")
def originals() -> list[Image.Image]:
    return [draw(seed) for seed in range(PHOTOS)]


@pytest.mark.parametrize("change", CHANGES)
def test_copies_are_found_and_nothing_else(originals: list[Image.Image], change: str) -> None:
    random = np.random.default_rng(11)
    copies = [CHANGES[change](image, random) for image in originals]
    found = near(prints(originals + copies))
    true = {(number, number + PHOTOS) for number in range(PHOTOS)}
    assert found <= true
    assert len(found) >= PHOTOS - 1


def test_a_repainted_thing_is_another_photo(originals: list[Image.Image]) -> None:
    repainted = [
        Image.merge("YCbCr", (y, cr, cb)).convert("RGB")
        for y, cb, cr in (image.convert("YCbCr").split() for image in originals[1::2])
    ]
    colourful = [
        np.ptp(np.asarray(image.convert("YCbCr"))[..., 1]) > 60 for image in originals[1::2]
    ]
    assert sum(colourful) > 20
    assert len(near(prints(originals[1::2] + repainted))) < len(repainted) / 4


def test_plain_colours_are_not_compared() -> None:
    plain = [Image.new("RGB", (50, 40), (grey, grey, grey)) for grey in (0, 100, 101, 102, 255)]
    assert near(prints(plain)) == set()


def test_many_photos_are_sorted_and_still_found(
    originals: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(11)
    copies = [CHANGES["mirrored and cropped"](image, random) for image in originals]
    monkeypatch.setattr(candidate_pairs, "LISTED", 4)  # 30 lists, of which a view sees about half
    monkeypatch.setattr(candidate_pairs, "BLOCK", 25)
    monkeypatch.setattr(candidate_pairs, "PENDING", 10)
    found = near(prints(originals + copies))
    assert found <= {(number, number + PHOTOS) for number in range(PHOTOS)}
    assert len(found) >= PHOTOS - 2


def test_one_photo_is_near_to_none(originals: list[Image.Image]) -> None:
    assert near(prints(originals[:1])) == set()


@pytest.mark.parametrize("folder", ["trash", "imagenet-random-1000"])
def test_photos_of_one_kind_are_not_duplicates(folder: str) -> None:
    files = sorted((SHARED / folder).rglob("*.jpg"))[:450]
    if not files:
        pytest.skip(f"no photos at {SHARED / folder}")
    images = [Image.open(file).convert("RGB") for file in files]
    assert near(prints(images)) == set()


def pairs(*edges: tuple[int, int]) -> NDArray[np.intp]:
    return np.array(edges, np.intp).reshape(-1, 2)


def test_groups_are_those_that_hang_together() -> None:
    assert group(5, pairs((0, 3), (3, 4))) == [0, 1, 2, 0, 0]
    assert group(3, pairs()) == [0, 1, 2]
    assert group(0, pairs()) == []


def test_one_chance_likeness_joins_no_two_families() -> None:
    family = [(one, other) for one in range(6) for other in range(one + 1, 6)]
    others = [(one + 6, other + 6) for one, other in family]
    assert group(12, pairs(*family, *others, (2, 9))) == [0] * 6 + [1] * 6


def test_a_photo_with_one_neighbour_stays_in_a_large_group() -> None:
    star = [(0, number) for number in range(1, 12)]
    assert group(12, pairs(*star)) == [0] * 12


def test_a_plain_part_is_no_copy_of_anything() -> None:
    plain = fingerprint(np.full((40, 60, 3), 200, np.uint8))[None].repeat(2, 0)
    drawn = prints([draw(1), draw(2)])
    for whole, part in ((plain, plain), (plain, drawn), (drawn, plain)):
        agreement, _, _ = compare(whole, part, WINDOWS[[0, 5]], np.array([False, True]))
        assert (np.abs(agreement) < 0.5).all()
