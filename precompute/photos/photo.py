"""The photos of a dataset, as a study takes them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.photos.images.image_decoding import decode
from diamond_cutter.precompute.photos.images.value_range import Range
from diamond_cutter.precompute.stores.study.dataset_report import Report, Split


@dataclass(frozen=True)
class Photo:
    """One photo.

    `file`: where it lies on this machine; `path`: as the dataset has it; `label`: index into the
    dataset's classes; `digest`: SHA-256, hex, of the file's content, and of `value_range`, which
    says how values of more than 8 bits are read, None if there are none; `group`: the same for near
    duplicates and for those that the dataset says belong together, else its own; `fold`: the name
    of the dataset's own fold, empty without one.
    """

    file: Path
    path: str
    label: int
    split: Split
    digest: str
    group: int
    fold: str = ""
    value_range: Range | None = None


@dataclass(frozen=True)
class Dataset:
    """The photos that the report accepts, in its order, and the classes' names, sorted."""

    report: Report
    photos: list[Photo]
    classes: list[str]


class PhotoError(Exception):
    """A photo that can't be used after all: which and why."""


def read_image(photo: Photo) -> NDArray[np.uint8]:
    """The photo decoded, (H, W, 3) sRGB; raises `PhotoError`."""
    try:
        return decode(photo.file, photo.value_range).image
    except Exception as error:  # whatever the decoder meets, the photo is to be named
        raise PhotoError(f"{photo.path}: {type(error).__name__}: {error}") from error
