"""What it saves to decode a photo once: CPU seconds of a study's passes, both ways in one run.

Features: every backbone by itself, which decodes every photo, and all of them together. With
`--megapixels` the photos are enlarged first to what a phone takes.
"""

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.features.feature_extraction import extract
from diamond_cutter.precompute.jobs.display import open_display
from diamond_cutter.precompute.photos.photo import Photo, read_image

MODELS = ("efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where photos are, as .jpg, at any depth")
    parser.add_argument("--photos", type=int, default=450)
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--megapixels", type=float, help="enlarge the photos to so many")
    options = parser.parse_args()
    files = sorted(options.folder.rglob("*.jpg"))
    files = files[:: max(len(files) // options.photos, 1)][: options.photos]
    with tempfile.TemporaryDirectory() as folder:
        if options.megapixels:
            files = [enlarge(file, options.megapixels, Path(folder)) for file in files]
        photos = [
            Photo(file, file.name, 0, "", hashlib.sha256(file.read_bytes()).hexdigest(), 0)
            for file in files
        ]
        measure(photos, options.models)


def measure(photos: list[Photo], models: list[str]) -> None:
    each = 1000 / len(photos)
    decoding = seconds(lambda: [read_image(photo) for photo in photos])
    image = read_image(photos[0])
    preparing = seconds(lambda: [prepare(image, 224) for _ in range(20)])
    print(f"{len(photos)} photos of {image.shape[1]} x {image.shape[0]}: {decoding * each:.1f} ms "
          f"to decode one, {preparing * 50:.1f} ms to prepare it")  # fmt: skip

    asked = [
        (model, [layer.name for layer in catalogue.layers(model) if layer.is_cut])
        for model in models
    ]
    apart = seconds(lambda: [pass_photos([one], photos) for one in asked])
    report("features, each backbone", apart, seconds(lambda: pass_photos(asked, photos)))


def pass_photos(models: list[tuple[str, list[str]]], photos: list[Photo]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = StudySettings(features=f"{folder}/features.zarr")
        extract(models, photos, settings, open_display(sys.stderr))


def enlarge(file: Path, megapixels: float, folder: Path) -> Path:
    with Image.open(file) as image:
        factor = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        size = round(image.width * factor), round(image.height * factor)
        image.resize(size, Image.Resampling.BICUBIC).save(folder / file.name, quality=90)
    return folder / file.name


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process, all threads."""
    started = time.process_time()
    work()
    return time.process_time() - started


def report(what: str, before: float, after: float) -> None:
    print(f"{what}: {before:.1f} CPU s decoding again, {after:.1f} once: {after / before - 1:+.0%}")


if __name__ == "__main__":
    main()
