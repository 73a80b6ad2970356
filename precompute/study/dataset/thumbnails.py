"""The thumbnails and colour histograms of a study's photos, made when the dataset was examined."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.examination_cache import NAME, open_examination_cache
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.stores.study.study_writer import Draft, write_thumbnails

BATCH = 256
"""Photos in a batch: 7 MB of thumbnails."""


def store_thumbnails(
    draft: Draft, dataset: Dataset, cache: Path, report_progress: Callable[[str, int, int], None]
) -> NDArray[np.float32]:
    """Store the thumbnails of a study's photos; their colour histograms, (N, 1, 512).

    `cache`: that the dataset was read with. Raises `UserError` if it does not know a photo.
    """
    total = len(dataset.photos)
    histograms: list[NDArray[np.float32]] = []
    with open_examination_cache(cache) as examination_cache:
        for start in range(0, total, BATCH):
            thumbnails = []
            for photo in dataset.photos[start : start + BATCH]:
                preview = examination_cache.preview(photo.digest)
                if preview is None:
                    raise UserError(
                        f"{cache / NAME}: expected the thumbnail of {photo.path}, got none, as "
                        "where the cache was removed meanwhile; run the same command again"
                    )
                thumbnails.append(preview.thumbnail)
                histograms.append(preview.colour)
            write_thumbnails(draft, start, np.stack(thumbnails))
            report_progress("thumbnails", len(histograms), total)
    return np.stack(histograms)[:, None]
