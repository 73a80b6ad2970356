"""Look-alikes: photos of one scene are told from copies of one photo, and copies stay together."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.precompute.photos.duplicates.candidate_pairs import find_candidates
from diamond_cutter.precompute.photos.duplicates.duplicate_search import find_near, group
from diamond_cutter.precompute.photos.duplicates.fingerprint import fingerprint
from diamond_cutter.precompute.photos.duplicates.look_alikes import stand_out
from diamond_cutter.precompute.photos.duplicates.photo_alignment import find_agreeing, join

PHOTOS = 60
HEIGHT, WIDTH = 120, 160


def texture(random: np.random.Generator, depth: float) -> NDArray[np.float64]:
    """Noise with the spectrum of a photo, (HEIGHT, WIDTH)."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(WIDTH), np.fft.fftfreq(HEIGHT)))
    frequency[0, 0] = 1
    noise = np.fft.ifft2(np.fft.fft2(random.normal(size=(HEIGHT, WIDTH))) / frequency**1.2).real
    picture: NDArray[np.float64] = noise / noise.std() * depth + 128
    return picture


def fixed_camera(photo: int) -> NDArray[np.float64]:
    """One place, and two other things in it in every photo."""
    picture = texture(np.random.default_rng(5), 45)
    own = np.random.default_rng([6, photo])
    for down, across in own.integers((5, 5), (HEIGHT - 25, WIDTH - 25), (2, 2)):
        picture[down : down + 10, across : across + 10] = own.integers(0, 256)
    return picture + own.normal(0, 3, picture.shape)


def plain_panel(photo: int) -> NDArray[np.float64]:
    """Bars and a frame on plain ground, and a few small stains in every photo."""
    picture = np.full((HEIGHT, WIDTH), 190.0)
    picture[[20, 21, 58, 59, 96, 97]] = 30
    picture[:5], picture[-5:], picture[:, :5], picture[:, -5:] = 20, 20, 20, 20
    own = np.random.default_rng([7, photo])
    for down, across in own.integers((8, 8), (HEIGHT - 20, WIDTH - 20), (5, 2)):
        picture[down : down + 7, across : across + 7] -= 50
    return picture + own.normal(0, 3, picture.shape)


def shown(picture: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).convert("RGB")


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def prints(images: list[Image.Image]) -> NDArray[np.uint8]:
    return np.stack([fingerprint(np.asarray(image)) for image in images])


@pytest.mark.parametrize("scene", [fixed_camera, plain_panel])
def test_photos_of_one_scene_are_no_copies_but_a_copy_is(scene: object) -> None:
    assert callable(scene)
    images = [shown(scene(photo)) for photo in range(PHOTOS)]
    copies = [jpeg(images[place], 50) for place in (3, 17, 40)]
    looked_at = prints(images + copies)
    agreeing = join(
        find_agreeing(looked_at, each) for each in find_candidates(looked_at, lambda *_: None)
    )
    assert len(agreeing.whole) > 2 * PHOTOS  # all that a thumbnail shows agrees
    true = {(3, PHOTOS), (17, PHOTOS + 1), (40, PHOTOS + 2)}
    found = {(one, other) for one, other in find_near(looked_at, lambda *_: None).tolist()}
    assert true <= found
    assert len(found - true) <= PHOTOS // 30


def test_a_family_of_copies_stays_together_in_a_small_set() -> None:
    random = np.random.default_rng(9)
    images = []
    for seed in range(4):
        picture = shown(texture(np.random.default_rng([8, seed]), 50))
        for _ in range(10):
            left, top = random.integers(0, 10, 2).tolist()
            cropped = picture.crop((left, top, WIDTH - 4, HEIGHT - 4))
            images.append(jpeg(cropped, int(random.integers(30, 91))))
    near = find_near(prints(images), lambda *_: None)
    assert group(len(images), near) == [seed for seed in range(4) for _ in range(10)]


def test_two_copies_alone_are_copies() -> None:
    picture = shown(texture(np.random.default_rng(4), 50))
    assert find_near(prints([picture, jpeg(picture, 60)]), lambda *_: None).tolist() == [[0, 1]]


def test_no_pair_stands_out_where_none_agrees() -> None:
    images = [shown(texture(np.random.default_rng([1, seed]), 50)) for seed in range(5)]
    looked_at = prints(images)
    agreeing = join(
        find_agreeing(looked_at, each) for each in find_candidates(looked_at, lambda *_: None)
    )
    assert stand_out(looked_at, agreeing).tolist() == []
