"""Pairs that agree in what other photos of the set do not show: copies, not look-alikes.

Photos of a fixed camera, of panels or of forms agree in nearly all that a thumbnail shows, two
copies of one as well as any two. So a pair is compared once more, less the mean of the photos that
look most like it, and each difference by how strong it is in them (the diagonal of a whitening, as
classifiers whiten by a background: Hariharan et al. 2012, "Discriminative decorrelation for
clustering and classification"): a busbar that all cells have counts no more than a stain that one
has. A few copies of the pair among those photos take little from it.

LIKE, UNLIKE and STANDS_OUT were chosen on half of the 2,624 solar cells of elpv-dataset. In the
other half 249 pairs that agree are of one cell or of one block, 1,635 of two (a precision of 13 %);
of those that stand out 233 and 62 (79 %; a recall of 94 %). Of the copies of photos that are no
look-alikes none is lost: 450 of trash, 400 of ImageNet, families of ten and of twenty. A family of
forty among sixty others falls in three, for it is what its own look-alikes show. Copies cropped
alike, of photos of one scene, may still be taken for each other: the whole photos that look like
them don't lie over them.
"""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.photos.duplicates.fingerprint import luma
from diamond_cutter.precompute.photos.duplicates.photo_alignment import Registered
from diamond_cutter.precompute.photos.duplicates.thumbnail_grid import (
    COARSE,
    FINE,
    WHOLE,
    differences,
    inside,
    sample,
    shrink,
)

LIKE = 64
"""The photos that look most like a pair, with which it is compared."""

UNLIKE = 4
"""So many photos that are like none count beside them: what a few show is not common yet."""

ALIKE = 0.5
"""The least correlation of differences, of a coarse thumbnail, of photos that look alike."""

STANDS_OUT = 0.8
"""The least correlation of what is left of a picture with that of its copy."""

POOL = 4096
"""Photos among which look-alikes are sought: of more, some by chance."""

BATCH = 256
SEED = 0

_Array = NDArray[np.float32]


def stand_out(fingerprints: NDArray[np.uint8], pairs: Registered) -> NDArray[np.bool_]:
    """(M,) bool: which pairs share what photos that look like them don't, of (N, SIZE) prints."""
    count = len(fingerprints)
    stands = np.zeros(len(pairs.whole), np.bool_)
    if not len(stands):
        return stands
    random = np.random.default_rng([SEED, count])
    drawn = np.sort(random.choice(count, min(count, POOL), replace=False))
    thumbnails = luma(fingerprints[drawn])
    thumbnails = np.concatenate([thumbnails, thumbnails[:, :, ::-1]])
    photo = np.concatenate([drawn, drawn])
    pool, rough = (
        np.concatenate(
            [
                _look(thumbnails[at : at + BATCH], WHOLE, grid)
                for at in range(0, len(thumbnails), BATCH)
            ]
        )
        for grid in (FINE, COARSE)
    )
    for start in range(0, len(stands), BATCH):
        batch = slice(start, start + BATCH)
        whole, part = (luma(fingerprints[each[batch]]) for each in (pairs.whole, pairs.part))
        mirrored, margins = pairs.mirrored[batch], pairs.margins[batch]
        part[mirrored] = part[mirrored, :, ::-1]
        likeness = _look(part, WHOLE, COARSE) @ rough.T
        for own in (pairs.whole, pairs.part):
            likeness[photo == own[batch][:, None]] = -np.inf
        nearest = np.argpartition(-likeness, min(LIKE, len(pool)) - 1)[:, :LIKE]
        ours, theirs = _look(whole, margins, FINE), _look(part, WHOLE, FINE, margins)
        for at, row in enumerate(nearest):
            like = pool[row[likeness[at, row] > ALIKE]]
            stands[start + at] = _detail(ours[at], theirs[at], like) > STANDS_OUT
    return stands


def _look(thumbnails: _Array, margins: _Array, grid: int, seen: _Array | None = None) -> _Array:
    """(M, D): the differences between neighbours, of unit length; none outside `seen`, margins."""
    sampled = sample(shrink(thumbnails, 2 * grid), margins, grid)
    found = differences(sampled, inside(margins if seen is None else seen, grid))
    unit: _Array = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), np.float32(1))
    return unit


def _detail(one: _Array, other: _Array, like: _Array) -> float:
    """The correlation of two photos, (D,), in what their look-alikes, (L, D), have not."""
    count = np.float32(len(like) + UNLIKE)
    mean = like.sum(0) / count
    weight = count / ((like * like).sum(0) + np.float32(UNLIKE / len(mean)))
    one, other = one - mean, other - mean
    lengths = np.sqrt((one * one) @ weight * ((other * other) @ weight))
    return float((one * other) @ weight / lengths)
