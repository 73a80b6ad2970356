"""Of each photo what needs no network: a thumbnail, and how often each colour occurs."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from dask.system import CPU_COUNT
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.images.image_decoding import UnreadableError, decode
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.stores.study.study_layout import THUMBNAIL
from diamond_cutter.precompute.stores.study.study_writer import Draft, write_thumbnails

LEVELS = 8
"""Steps of red, of green and of blue that the histogram tells apart."""

COLOURS = LEVELS**3

BATCH = 256
"""Photos in a batch: 7 MB of thumbnails, half a megabyte of histograms."""

_AHEAD = 2  # photos a thread, decoded before they are asked for

_FINE = 512  # pixels; a shorter side beyond twice that is reduced first


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """A batch of photos: `start` is the place of the first, `thumbnail` (B, 96, 96, 3) uint8.

    `colour` (B, 512) float32: see `histogram`.
    """

    start: int
    thumbnail: NDArray[np.uint8]
    colour: NDArray[np.float32]


def store_portraits(
    draft: Draft, dataset: Dataset, report_progress: Callable[[str, int, int], None]
) -> NDArray[np.float32]:
    """Store the thumbnails of a study's photos; their colour histograms, (N, 1, 512)."""
    files = [photo.file for photo in dataset.photos]
    histograms = []
    for batch in portray(files, len(files), report_progress, threads=CPU_COUNT):
        write_thumbnails(draft, batch.start, batch.thumbnail)
        histograms.append(batch.colour)
    return np.concatenate(histograms)[:, None]


def portray(
    files: Iterable[Path],
    total: int,
    report_progress: Callable[[str, int, int], None],
    *,
    threads: int,
) -> Iterator[Thumbnails]:
    """Decode `total` photos once and give their thumbnails in order, batch by batch.

    Memory does not grow with the number of photos. Raises `UserError` for a file that has become
    unreadable since the dataset was checked.
    """
    with ThreadPoolExecutor(threads) as pool:
        thumbnails = _in_order(pool, files, _AHEAD * threads)
        start = 0
        while batch := list(islice(thumbnails, BATCH)):
            yield Thumbnails(
                start, np.stack([each[0] for each in batch]), np.stack([each[1] for each in batch])
            )
            start += len(batch)
            report_progress("thumbnails", start, total)


def thumbnail(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The central square of an (H, W, 3) sRGB image, antialiased: (96, 96, 3)."""
    height, width = image.shape[:2]
    side = min(height, width)
    left, top = (width - side) / 2, (height - side) / 2
    small = Image.fromarray(image).resize(
        (THUMBNAIL, THUMBNAIL),
        Image.Resampling.BICUBIC,
        box=(left, top, left + side, top + side),
        reducing_gap=3.0,
    )
    return np.asarray(small)


def histogram(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How often each of 8 x 8 x 8 colours occurs in an (H, W, 3) image: (512,), length 1.

    Square roots of shares, whose scalar product is the Bhattacharyya coefficient: a linear head
    then compares histograms by the Hellinger distance (Arandjelović and Zisserman, CVPR 2012, take
    the same root of SIFT's).
    """
    # a pixel in several will do for shares; photos are many times larger than what networks see
    step = max(1, min(image.shape[:2]) // _FINE)
    levels = image[::step, ::step] // (256 // LEVELS)
    colours = (levels[..., 0].astype(np.int64) * LEVELS + levels[..., 1]) * LEVELS + levels[..., 2]
    shares = np.bincount(colours.ravel(), minlength=COLOURS) / colours.size
    return np.sqrt(shares).astype(np.float32)


def _portray_one(file: Path) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    try:
        image = decode(file).image
    except UnreadableError as error:
        raise UserError(f"{file}, whole when the dataset was checked: {error}") from error
    return thumbnail(image), histogram(image)


def _in_order(
    pool: ThreadPoolExecutor, files: Iterable[Path], ahead: int
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    """The thumbnails of `files` in order, never more than `ahead` of them waiting."""
    waiting: deque[Future[tuple[NDArray[np.uint8], NDArray[np.float32]]]] = deque()
    try:
        for file in files:
            waiting.append(pool.submit(_portray_one, file))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for each in waiting:  # when a file can't be read, or no more thumbnails are asked for
            each.cancel()
