import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.features.photo_views import KINDS, Augmentation, make_view

DIGEST = "3b" * 32
SIZE = 64


@pytest.fixture(scope="module")
def image() -> NDArray[np.uint8]:
    return np.asarray(skimage.data.astronaut())[:300, :420]


def view(
    image: NDArray[np.uint8], number: int, *kinds: str, seed: int = 0, digest: str = DIGEST
) -> NDArray[np.float32]:
    return make_view(image, SIZE, digest, number, Augmentation(kinds, seed))


def test_the_first_view_is_the_photo_itself(image: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(view(image, 0, *KINDS), prepare(image, SIZE))


def test_about_half_of_the_views_are_mirrored(image: NDArray[np.uint8]) -> None:
    plain = prepare(image, SIZE)
    views = [view(image, number, "flip") for number in range(1, 41)]
    mirrored = [np.array_equal(each, plain[:, ::-1]) for each in views]
    same = [np.array_equal(each, plain) for each in views]
    assert sum(mirrored) + sum(same) == 40
    assert 10 < sum(mirrored) < 30


def test_a_crop_is_70_to_100_percent_of_the_area_anywhere_in_the_photo() -> None:
    down, right = np.mgrid[0:300, 0:420]
    image = np.stack([down * 255 // 299, right * 255 // 419, 0 * down], axis=-1).astype(np.uint8)
    whole = np.ptp(prepare(image, SIZE)[..., 0])
    views = [view(image, number, "crop") for number in range(1, 41)]
    shares = np.array([(np.ptp(each[..., 0]) / whole) ** 2 for each in views])
    assert shares.min() > 0.68
    assert shares.max() < 1.02
    assert np.ptp(shares) > 0.2
    middles = np.array([each[..., :2].mean(axis=(0, 1)) for each in views])
    assert (np.abs(middles - 0.5) < 0.1).all()
    assert (np.ptp(middles, axis=0) > 0.08).all()


def test_colours_change_by_a_fifth_at_most() -> None:
    flat = np.full((80, 80, 3), 128, np.uint8)
    levels = [view(flat, number, "colour").mean() / (128 / 255) for number in range(1, 41)]
    assert 0.79 < min(levels) < 0.87
    assert 1.13 < max(levels) < 1.21
    flat[..., 0] = 160
    factors = []
    for number in range(1, 41):
        pixel = view(flat, number, "colour")[0, 0]
        factors.append((pixel[0] - pixel[1]) / pixel.mean() / (32 / np.mean([160, 128, 128])))
    # contrast and saturation both take the channels apart
    assert 0.62 < min(factors) < 0.75
    assert 1.3 < max(factors) < 1.46


def test_contrast_changes_around_the_mean() -> None:
    image = np.full((80, 80, 3), 90, np.uint8)
    image[:, 40:] = 150
    ratios = []
    for number in range(1, 41):
        pixels = view(image, number, "colour")
        ratios.append((pixels[0, -1, 0] - pixels[0, 0, 0]) / pixels.mean() / (60 / 120))
    assert 0.79 < min(ratios) < 0.87
    assert 1.13 < max(ratios) < 1.21


def test_a_view_is_the_same_each_time_and_another_for_another_number_seed_or_photo(
    image: NDArray[np.uint8],
) -> None:
    one = view(image, 1, *KINDS)
    np.testing.assert_array_equal(one, view(image, 1, *KINDS))
    for other in (
        view(image, 2, *KINDS),
        view(image, 1, *KINDS, seed=1),
        view(image, 1, *KINDS, digest="4c" * 32),
    ):
        assert np.abs(one - other).mean() > 0.01
    assert one.dtype == np.float32
    assert one.min() >= 0
    assert one.max() <= 1


def test_a_kind_does_not_change_what_another_draws(image: NDArray[np.uint8]) -> None:
    cropped = [view(image, number, "crop") for number in range(1, 9)]
    both = [view(image, number, "crop", "flip") for number in range(1, 9)]
    same = [np.array_equal(a, b) for a, b in zip(cropped, both, strict=True)]
    mirrored = [np.array_equal(a[:, ::-1], b) for a, b in zip(cropped, both, strict=True)]
    assert sum(same) + sum(mirrored) == 8
    assert 0 < sum(same) < 8
