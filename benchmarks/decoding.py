"""What it saves to decode a photo once: CPU seconds of a study's passes, both ways in one run.

Thumbnails: made from photos decoded again, and kept when the dataset was examined. Features: every
backbone by itself, which decodes every photo, and all of them together. Attribution: 40 photos
asked for themselves and again for their classes, seen anew or not. With `--megapixels` the photos
are enlarged first to what a phone takes. Pillow's resizing in float32 is timed beside ours.
"""

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.attribution.attribution_task import (
    AttributionRequest,
    PhotoRow,
    ask_all,
    see,
)
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.features.feature_extraction import extract
from diamond_cutter.precompute.jobs.display import open_display
from diamond_cutter.precompute.photos.examination import examine
from diamond_cutter.precompute.photos.examination_cache import open_examination_cache
from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.images.thumbnail import histogram, thumbnail
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
    ours, pillows = (
        seconds(lambda resize=resize: [resize(image, 224) for _ in range(20)]) * 50
        for resize in (prepare, prepare_by_pillow)
    )
    apart = np.abs(prepare(image, 224) - prepare_by_pillow(image, 224)).max()
    print(f"{len(photos)} photos of {image.shape[1]} x {image.shape[0]}: {decoding * each:.1f} ms "
          f"to decode one, {ours:.1f} ms to prepare it, {pillows:.1f} by Pillow, which differs by "
          f"{apart:.1e}")  # fmt: skip

    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        examined = seconds(lambda: list(examine(entries(photos), cache, lambda *_: None).groups))
        report("examination and thumbnails", examined + decoding, examined)
        shown = seconds(lambda: [show(read_image(photo)) for photo in photos])
        with open_examination_cache(cache) as examination_cache:
            kept = seconds(lambda: [examination_cache.preview(photo.digest) for photo in photos])
        report("thumbnails of a further study", shown, kept)

    asked = [
        (model, [layer.name for layer in catalogue.layers(model) if layer.is_cut])
        for model in models
    ]
    apart = seconds(lambda: [pass_photos([one], photos) for one in asked])
    report(f"features, {len(asked)} backbones", apart, seconds(lambda: pass_photos(asked, photos)))

    see.cache_clear()
    few = photos[:40]
    ask(models[0], few[:1])  # traces
    apart = seconds(lambda: (ask(models[0], few), see.cache_clear(), ask(models[0], few)))
    see.cache_clear()
    report("attribution", apart, seconds(lambda: (ask(models[0], few), ask(models[0], few))))


def entries(photos: list[Photo]) -> list[Entry]:
    return [Entry(photo.path, photo.file, "photos", "", None, "") for photo in photos]


def show(image: NDArray[np.uint8]) -> tuple[object, object]:
    return thumbnail(image), histogram(image)


def prepare_by_pillow(image: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    channels = [Image.fromarray(image[..., channel].astype(np.float32)) for channel in range(3)]
    resized = [each.resize((size, size), Image.Resampling.BICUBIC) for each in channels]
    return np.stack([np.asarray(each) for each in resized], -1).clip(0, 255) / np.float32(255)


def ask(model: str, photos: list[Photo]) -> None:
    cuts = [layer for layer in catalogue.layers(model) if layer.is_cut]
    asked = AttributionRequest(model, tuple(layer.name for layer in cuts[-3:]), "average", 0, 3)
    head = [(np.zeros((cuts[-1].channels, 5), np.float32), np.zeros(5, np.float32))]
    list(ask_all(asked, [PhotoRow(photo, 0, 0) for photo in photos], [head], os.cpu_count() or 1))


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
