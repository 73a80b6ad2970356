"""Thumbnails of a dataset as files, for whoever looks at a report: what was found is not redone."""

import os
from collections import Counter
from pathlib import Path

from PIL import Image

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.leftovers import discard
from diamond_cutter.precompute.photos.examination_cache import open_examination_cache
from diamond_cutter.precompute.photos.photo import Dataset

MOST = 200
"""Photos of a class, at most."""
QUALITY = 80
"""Of WebP."""


def write_thumbnail_files(dataset: Dataset, cache: Path, folder: Path) -> None:
    """Write `<digest>.webp`, 96 x 96, of the first `MOST` photos of each class, by their content.

    `cache`: that the dataset was read with. Files that are there stay. Raises `UserError` where
    the folder can't be written to.
    """
    shown = Counter[int]()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open_examination_cache(cache) as examination_cache:
            for photo, file in zip(dataset.photos, dataset.report.photos, strict=True):
                shown[photo.label] += 1
                path = folder / f"{file.digest}.webp"
                if shown[photo.label] > MOST or path.exists():
                    continue
                preview = examination_cache.preview(photo.digest)
                if preview is not None:
                    _write(Image.fromarray(preview.thumbnail), path)
    except OSError as error:
        raise UserError(
            f"{folder}: expected a folder that can be written to, got: {error.strerror}; free some "
            "disk, mend its permissions or name another --thumbnails"
        ) from error


def _write(image: Image.Image, path: Path) -> None:
    """Write a file that is whole as soon as it is there."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        image.save(beside, "WEBP", quality=QUALITY)
        beside.replace(path)
    finally:
        discard(beside)
