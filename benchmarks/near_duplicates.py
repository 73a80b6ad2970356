"""How many copies of photos are found, how many others are taken for copies, and how fast.

    python benchmarks/near_duplicates.py FOLDER [--photos 2000] [--scale 20000]
    python benchmarks/near_duplicates.py --look-alikes
    python benchmarks/near_duplicates.py elpv-dataset

Every photo of the folder is copied in each of several ways; the originals and the copies of one way
are then searched for near duplicates as a dataset is. Pairs among the originals are counted apart:
they may be true ones, so look at them. `--scale` measures the search alone among that many pictures
of a photo's spectrum. `--look-alikes`: photos of scenes that are all alike, some of them copied.
`elpv-dataset`: the solar cells of that package, where another method says which are the same.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path

import numpy as np
from cell_identity import OTHER, PACKAGE, SAME, TWICE, find_cells, same_cell
from look_alike_scenes import SCENES, draw_scene
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.precompute.photos.duplicates.candidate_pairs import find_candidates
from diamond_cutter.precompute.photos.duplicates.duplicate_search import Pairs, find_near, group
from diamond_cutter.precompute.photos.duplicates.fingerprint import SIDE, SIZE, fingerprint
from diamond_cutter.precompute.photos.duplicates.look_alikes import stand_out
from diamond_cutter.precompute.photos.duplicates.photo_alignment import find_agreeing, join
from diamond_cutter.precompute.photos.images.image_decoding import FORMATS, decode

SEED = 4
SCENE_SEEDS = (3, 4)
"""Of scenes that nothing was chosen by."""
SCENE_PHOTOS, COPIED = 100, 10
"""Photos of a scene, of which every so many is copied."""

Change = Callable[[Image.Image, np.random.Generator], Image.Image]


def jpeg(image: Image.Image, quality: int = 85) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def crop(image: Image.Image, margins: Iterable[float]) -> Image.Image:
    width, height = image.size
    left, right, top, bottom = margins
    return image.crop(
        (
            round(left * width),
            round(top * height),
            round((1 - right) * width),
            round((1 - bottom) * height),
        )
    )


def mirror(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def half(image: Image.Image) -> Image.Image:
    return image.resize((max(8, image.width // 2), max(8, image.height // 2)))


CHANGES: dict[str, Change] = {
    "JPEG, quality 30-90": lambda image, random: jpeg(image, int(random.integers(30, 91))),
    "mirrored": lambda image, _: jpeg(mirror(image)),
    "half the size": lambda image, _: jpeg(half(image)),
    "brighter": lambda image, _: jpeg(image.point(lambda value: min(255, value * 1.1 + 8))),
    "cropped by 3-10 % a side": lambda image, random: jpeg(
        crop(image, random.uniform(0.03, 0.1, 4))
    ),
    "cropped by 10 % a side": lambda image, _: jpeg(crop(image, [0.1] * 4)),
    "cropped by 10 % at one": lambda image, random: jpeg(
        crop(image, 0.1 * (np.arange(4) == random.integers(4)))
    ),
    "mirrored and cropped": lambda image, random: jpeg(
        crop(mirror(image), random.uniform(0.03, 0.1, 4))
    ),
    "all of it, quality 40": lambda image, random: jpeg(
        half(crop(mirror(image), random.uniform(0.03, 0.1, 4))), 40
    ),
}


def search(fingerprints: NDArray[np.uint8]) -> tuple[Pairs, float]:
    started = time.perf_counter()
    pairs = find_near(fingerprints, lambda *_: None)
    return pairs, time.perf_counter() - started


def compare_steps(fingerprints: NDArray[np.uint8]) -> tuple[Pairs, Pairs]:
    """The pairs that agree, and of those the ones that stand out: near duplicates."""
    agreeing = join(
        find_agreeing(fingerprints, candidates)
        for candidates in find_candidates(fingerprints, lambda *_: None)
    )
    ordered = np.stack([agreeing.whole, agreeing.part], 1)
    steps = [ordered, ordered[stand_out(fingerprints, agreeing)]]
    every, found = (np.unique(np.sort(pairs, axis=1), axis=0) for pairs in steps)
    return every, found


def measure(files: list[Path]) -> None:
    images = [Image.fromarray(decode(file).image) for file in files]
    originals = np.stack([fingerprint(np.asarray(image)) for image in images])
    alike, seconds = search(originals)
    print(f"{len(files):,} photos: {len(alike)} pairs among themselves, {seconds:.1f} s")
    for one, other in alike[:20]:
        print(f"  {files[one]}  {files[other]}")
    known = {tuple(pair) for pair in alike.tolist()}
    print(f"{'copies':26}{'recall':>8}{'precision':>11}{'seconds':>9}")
    for name, change in CHANGES.items():
        random = np.random.default_rng(SEED)
        copies = np.stack([fingerprint(np.asarray(change(image, random))) for image in images])
        pairs, seconds = search(np.concatenate([originals, copies]))
        true = (pairs[:, 1] - pairs[:, 0] == len(files)).sum()
        # a copy of a photo that has a double is near to that as well
        counted = [
            pair
            for pair in pairs.tolist()
            if tuple(sorted(at % len(files) for at in pair)) not in known
        ]
        print(f"{name:26}{true / len(files):8.2%}{true / max(1, len(counted)):11.2%}{seconds:9.1f}")


def measure_look_alikes() -> None:
    """How far copies are told from photos of one scene, of which all look alike."""
    print(f"{'scene':12}{'seed':>6}{'agreeing':>10}{'found':>7}{'recall':>8}{'precision':>11}")
    for name, seed in product(SCENES, SCENE_SEEDS):
        images = draw_scene(name, seed, SCENE_PHOTOS)
        random = np.random.default_rng([SEED, seed])
        copied = range(0, SCENE_PHOTOS, COPIED)
        ways = list(CHANGES.values())
        copies = [ways[random.integers(len(ways))](images[place], random) for place in copied]
        prints = np.stack([fingerprint(np.asarray(image)) for image in images + copies])
        agreeing, found = compare_steps(prints)
        true = {(place, SCENE_PHOTOS + number) for number, place in enumerate(copied)}
        right = len(true & set(map(tuple, found.tolist())))
        print(
            f"{name:12}{seed:6}{len(agreeing):10}{len(found):7}{right / len(true):8.2%}"
            f"{right / max(1, len(found)):11.2%}"
        )


def measure_cells() -> None:
    """How far the same cell is told from cells that look like it."""
    files = find_cells()
    prints = np.stack([fingerprint(decode(file).image) for file in files])
    started = time.perf_counter()
    agreeing, found = compare_steps(prints)
    seconds = time.perf_counter() - started
    groups = {
        name: group(len(files), pairs)
        for name, pairs in (("agreement", agreeing), ("what stands out", found))
    }
    known = dict(zip(map(tuple, agreeing.tolist()), same_cell(files, agreeing), strict=True))
    true = sum(value > SAME for value in known.values())
    for name, pairs in (("that agree", agreeing), ("that stand out", found)):
        values = np.array([known[tuple(pair)] for pair in pairs.tolist()])
        right, wrong = int((values > SAME).sum()), int((values < OTHER).sum())
        print(
            f"pairs {name}: {len(pairs)}, {right} of one cell, {wrong} of two: recall "
            f"{right / true:.2%}, precision {right / (right + wrong):.2%}"
        )
    for name, numbers in groups.items():
        sizes = np.bincount(numbers)
        print(f"photos by {name}: {sizes[sizes > 1].sum()} in groups of up to {sizes.max()}")
    places, later = TWICE
    pairs = set(map(tuple, found.tolist()))
    print(
        f"photographed twice: {sum((one, one + later) in pairs for one in places)} of {len(places)}"
    )
    print(f"{seconds:.1f} s")


def measure_scale(count: int) -> None:
    """The time and memory of a search among pictures that nothing but chance makes alike."""
    import resource  # on Unix alone

    random = np.random.default_rng(SEED)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    frequency[0, 0] = 1
    with tempfile.TemporaryFile() as file:
        for start in range(0, count, 1000):
            noise = np.fft.fft2(random.normal(size=(min(1000, count - start), SIDE, SIDE)))
            picture = np.fft.ifft2(noise / frequency).real
            picture *= 50 / picture.std((1, 2), keepdims=True)
            prints = np.full((len(picture), SIZE), 128, np.uint8)
            prints[:, : SIDE**2] = np.clip(picture + 128, 0, 255).reshape(len(picture), -1)
            file.write(prints.tobytes())
        file.flush()
        before = resource.getrusage(resource.RUSAGE_SELF)
        pairs, seconds = search(np.memmap(file, np.uint8, "r", shape=(count, SIZE)))
        after = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{count:,} pictures: {len(pairs)} pairs, {seconds:.0f} s, "
        f"{after.ru_utime - before.ru_utime:.0f} s of one core, {after.ru_maxrss / 1e6:.2f} GB"
    )


def measure_folder(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    suffixes = {suffix for known in FORMATS.values() for suffix in known}
    files = sorted(file for file in options.folder.rglob("*") if file.suffix.lower() in suffixes)
    if not files:
        parser.error(f"{options.folder}: no photos")
    measure(files[: options.photos])
    if options.scale:
        measure_scale(options.scale)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--look-alikes", action="store_true")
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--scale", type=int, default=0)
    options = parser.parse_args()
    if options.look_alikes:
        measure_look_alikes()
    if options.folder == Path(PACKAGE):
        measure_cells()
    elif options.folder:
        measure_folder(parser, options)
    elif not options.look_alikes:
        parser.error("name a folder, elpv-dataset or --look-alikes")


if __name__ == "__main__":
    main()
