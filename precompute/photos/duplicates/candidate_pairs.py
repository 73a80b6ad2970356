"""Pairs of photos that may show the same picture: few, and all that do.

A photo is described by the low frequencies of the cosine transform of its thumbnail, as perceptual
hashes are (Zauner 2010, "Implementation and benchmarking of perceptual image hash functions"), but
as numbers, not signs; each is weighted by its frequency, since the amplitudes of natural images
fall by it (Field 1987). A photo that was cropped or mirrored is described as a window of the whole
one, or of its mirror image: 34 views of each photo are compared with others.

Where photos are many, each is compared with those alone that lie where its views lie: all are
sorted into lists by the nearest of some pivots, and a view looks into those of its nearest pivots,
as in an inverted file (Jégou et al. 2011, "Product quantization for nearest neighbor search").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from diamond_cutter.precompute.photos.duplicates.fingerprint import SIDE, luma
from diamond_cutter.precompute.photos.file_entry import Progress

FREQUENCIES = 8
"""Half periods over a side, from 0: the coefficients of pHash."""

MARGINS = (0.025, 0.075)
"""What a window leaves out at each edge, as shares of the side: within 0.025 of any crop to 0.1."""

WINDOWS = np.array([(0.0,) * 4, *product(MARGINS, repeat=4)], np.float32)
"""(17, 4): left, right, top and bottom margin; first the whole photo."""

SIMILAR = 0.75
"""The least cosine of a candidate; of 13,000 copies of photos 0.03 % have less."""

MOST = 8
"""Candidates of a photo, the best: sets of much alike (digits, scans) would have thousands."""

PLAIN = 0.5
"""Below this length of its description, in levels of grey, a photo is of one plain colour."""

LISTED, PROBES = 256, 16
"""Photos in a list, on average, and the lists that a view looks into: of 4,096 photos all."""

BLOCK = 512
"""Photos whose views are compared at once."""

PENDING = 200_000
"""Candidates of a block, above which the best are picked before more are gathered."""

SEED = 0

_VERTICAL, _HORIZONTAL = (
    frequency[1:]
    for frequency in np.nonzero(
        np.hypot(*np.mgrid[:FREQUENCIES, :FREQUENCIES]) <= FREQUENCIES - 0.5
    )
)
_WEIGHTS = np.hypot(_VERTICAL, _HORIZONTAL).astype(np.float32)
_MIRROR = np.where(_HORIZONTAL % 2, -1, 1).astype(np.float32)

_Array = NDArray[np.float32]


@dataclass(frozen=True)
class Candidates:
    """Ordered pairs: a window of photo `whole` may be photo `part`, turned over if `mirrored`.

    `whole`, `part`, `window` (M,) intp, the last an index into WINDOWS; `mirrored` (M,) bool;
    `similarity` (M,) float32: the cosine of their descriptions, SIMILAR..1.
    """

    whole: NDArray[np.intp]
    part: NDArray[np.intp]
    window: NDArray[np.intp]
    mirrored: NDArray[np.bool_]
    similarity: NDArray[np.float32]


def find_candidates(
    fingerprints: NDArray[np.uint8], report_progress: Progress
) -> Iterator[Candidates]:
    """The pairs to be looked at closely among (N, SIZE) fingerprints, block by block.

    A photo of one plain colour is in none: there is nothing to compare.
    """
    count = len(fingerprints)
    blocks = [slice(at, at + BLOCK) for at in range(0, count, BLOCK)]
    with threadpool_limits(1, "blas"):  # the products are too small to be shared among threads
        photos = np.concatenate(
            [_describe(luma(fingerprints[block]), WINDOWS[0]) for block in blocks]
        )
        pivots, lists = _sort(photos)
        for block in blocks:
            report_progress("comparing photos", block.start, count)
            views = _views(luma(fingerprints[block]))
            yield _search(views, photos, pivots, lists, block.start)
    report_progress("comparing photos", count, count)


def _sort(photos: _Array) -> tuple[_Array, list[NDArray[np.intp]]]:
    """Pivots, drawn from the photos, and for each the photos that it is the nearest of."""
    random = np.random.default_rng([SEED, len(photos)])
    count = -(-len(photos) // LISTED)
    pivots = photos[random.choice(len(photos), count, replace=False)]
    nearest = np.concatenate(
        [
            np.argmax(photos[at : at + BLOCK] @ pivots.T, axis=1)
            for at in range(0, len(photos), BLOCK)
        ]
    )
    return pivots, [np.flatnonzero(nearest == pivot) for pivot in range(count)]


def _views(thumbnails: _Array) -> _Array:
    """(2 W, N, D): the windows of (N, SIDE, SIDE) thumbnails, then those of their mirror images.

    Mirroring turns the sign of the odd horizontal frequencies.
    """
    windows = np.stack([_describe(thumbnails, window) for window in WINDOWS])
    return np.concatenate([windows, windows * _MIRROR])


def _search(
    views: _Array, photos: _Array, pivots: _Array, lists: list[NDArray[np.intp]], start: int
) -> Candidates:
    """The candidates among all photos, (N, D), for a block of wholes from `start`, by its views."""
    size = views.shape[1]
    flat = views.reshape(-1, views.shape[2])
    nearness = flat @ pivots.T
    probes = min(PROBES, len(pivots))
    chosen = np.argpartition(-nearness, probes - 1, axis=1)[:, :probes]
    found: list[Candidates] = []
    least = np.full(size, SIMILAR, np.float32)
    for number, members in enumerate(lists):
        rows = np.flatnonzero((chosen == number).any(1))
        similarity = flat[rows] @ photos[members].T
        hits = np.flatnonzero(similarity > least[rows % size, None])
        row, column = np.divmod(hits, len(members))
        view, whole = np.divmod(rows[row], size)
        other = members[column] != whole + start
        found.append(
            Candidates(
                whole=whole[other] + start,
                part=members[column][other],
                window=view[other] % len(WINDOWS),
                mirrored=view[other] >= len(WINDOWS),
                similarity=similarity.ravel()[hits][other],
            )
        )
        if sum(len(each.whole) for each in found) > PENDING:
            found = [_best(found)]
            last = np.flatnonzero(_rank(found[0].whole) == MOST - 1)
            least[found[0].whole[last] - start] = found[0].similarity[last]
    return _best(found)


def _describe(thumbnails: _Array, window: _Array) -> _Array:
    """Unit vectors of a window's low frequencies, (N, D) float32; zeros for a plain colour."""
    left, right, top, bottom = (float(margin) for margin in window)
    rows, columns = _waves(top, 1 - bottom), _waves(left, 1 - right)
    waves = (rows @ thumbnails @ columns.T)[:, _VERTICAL, _HORIZONTAL] * _WEIGHTS
    length = np.linalg.norm(waves, axis=1, keepdims=True)
    described: _Array = np.where(length > PLAIN, waves / np.maximum(length, PLAIN), 0)
    return described.astype(np.float32)


def _waves(low: float, high: float) -> _Array:
    """(FREQUENCIES, SIDE): cosines over low..high of a side, each integrated over the pixels."""
    edges = (np.clip(np.arange(SIDE + 1) / SIDE, low, high) - low) / (high - low)
    frequency = np.arange(1, FREQUENCIES)[:, None]
    waves = np.diff(np.sin(np.pi * frequency * edges)) / (np.pi * frequency)
    return np.concatenate([np.diff(edges)[None], np.sqrt(2) * waves]).astype(np.float32)


def _best(found: list[Candidates]) -> Candidates:
    """For each pair its best window, for each whole the MOST best pairs, best first."""
    fields = ("whole", "part", "window", "mirrored", "similarity")
    joined = {name: np.concatenate([getattr(each, name) for each in found]) for name in fields}

    def take(chosen: NDArray[np.intp]) -> None:
        joined.update({name: joined[name][chosen] for name in fields})

    take(np.lexsort((-joined["similarity"], joined["part"], joined["whole"])))
    pairs = np.stack([joined["whole"], joined["part"]])
    take(np.flatnonzero(np.any(np.diff(pairs, prepend=-1), axis=0)))
    take(np.lexsort((-joined["similarity"], joined["whole"])))
    take(np.flatnonzero(_rank(joined["whole"]) < MOST))
    return Candidates(**joined)


def _rank(whole: NDArray[np.intp]) -> NDArray[np.intp]:
    """The place of each pair among those of the same whole, which stand together."""
    return np.arange(len(whole)) - np.searchsorted(whole, whole)
