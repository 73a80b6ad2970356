"""The photos that natural statistics are measured on: which, and what they are called."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.file_entry import Progress
from diamond_cutter.precompute.photos.photo import Photo, read_image
from diamond_cutter.precompute.rendering.sample_statistics import sample_crops
from diamond_cutter.precompute.stores.store_address import local_folder

MOST = 1000
"""Photos of a dataset that are looked at."""

SAMPLES = "crops of scikit-learn's two"
"""What the photos are called that are taken where none are named."""

_SEED = 0
_OTHERWISE = ', or name others, or none by --photos ""'


@dataclass(frozen=True)
class Photos:
    """The photos of a run.

    source: what they are called, no path. digest: SHA-256 of all of them, hex.
    files: in order; none: the crops of scikit-learn's photos.
    classes: the names of those that their labels count; empty where there are none.
    """

    source: str
    digest: str
    files: tuple[Photo, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def named_digest(self) -> str | None:
        """The digest where somebody chose them; None of samples, which do where any are."""
        return self.digest if self.files else None

    def images(self, most: int = MOST) -> Iterator[NDArray[np.uint8]]:
        """The photos, (H, W, 3) uint8 sRGB; of more than `most` so many, evenly.

        Raises `PhotoError` for one that can't be read.
        """
        photos: Sequence[Any] = self.files or list(sample_crops())
        for number in np.linspace(0, len(photos) - 1, min(most, len(photos))).round().astype(int):
            yield read_image(photos[number]) if self.files else photos[number]


def choose_photos(
    address: str, cache: Path, progress: Progress, study: DatasetSettings | None = None
) -> Photos:
    """At most `MOST` photos of the dataset at an address, which need no classes; empty: samples.

    study: whose photos they are, with what it says of their classes and of those left out.
    What is downloaded or unpacked, and what is found in the photos, is kept below `cache`.
    Raises `UserError` for an address at which there are no photos.
    """
    if not address:
        return Photos(SAMPLES, hashlib.sha256(sample_crops().tobytes()).hexdigest())
    from diamond_cutter.precompute.photos.dataset_reader import read_dataset  # no worker needs it

    settings = replace(study or DatasetSettings(), dataset=address)
    try:
        dataset = read_dataset(settings, cache, progress, labelled=False)
    except UserError as error:
        raise UserError(f"photos: {error}{_OTHERWISE}") from error
    if not dataset.photos:
        raise UserError(f"photos: {dataset.report.problem}{_OTHERWISE}")
    chosen = _chosen(dataset.photos)
    digest = hashlib.sha256("\n".join(photo.digest for photo in chosen).encode()).hexdigest()
    return Photos(_name(address), digest, tuple(chosen), tuple(dataset.classes))


def _chosen(photos: Sequence[Photo]) -> list[Photo]:
    """One of each run of about as many, so that all folders are seen; one of near duplicates."""
    first: dict[int, Photo] = {}
    for photo in photos:
        first.setdefault(photo.group, photo)
    different = list(first.values())
    if len(different) <= MOST:
        return different
    edges = np.linspace(0, len(different), MOST + 1).astype(int)
    drawn = np.random.default_rng(_SEED).integers(edges[:-1], edges[1:])
    return [different[number] for number in drawn]


def _name(address: str) -> str:
    """The last part of an address, which may hold secrets: "cats" of "s3://bucket/cats/"."""
    folder = local_folder(address)
    path = folder.as_posix() if folder is not None else urlsplit(address).path
    return PurePosixPath(path).name or urlsplit(address).hostname or "photos"
