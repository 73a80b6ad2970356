"""Whether a part of one photo is another photo: laid over each other and compared.

The margins that the part leaves are found by least squares, as Lucas and Kanade register images
(1981, "An iterative image registration technique"), coarse to fine, with a gain and an offset of
brightness beside them. Then the differences between neighbouring pixels must agree: photos of one
kind, on one background, agree in brightness as a whole, but not in those.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.photos.duplicates.candidate_pairs import WINDOWS, Candidates
from diamond_cutter.precompute.photos.duplicates.fingerprint import TINT_SIDE, luma, tint
from diamond_cutter.precompute.photos.duplicates.thumbnail_grid import (
    COARSE,
    FINE,
    WHOLE,
    differences,
    inside,
    sample,
    shares,
    shrink,
)

ROUNDS = 6
"""Steps of the registration on each grid; each moves an edge by STEP at most."""

STEP = 0.03
"""A share of a side."""

MARGIN = 0.14
"""The most that a part may leave of the whole, or exceed it by, at an edge; a share of a side."""

AGREE = 0.97
"""The least correlation of the differences of a picture with those of its copy."""

LIKELY = 0.7
"""The least of it at COARSE points, else no closer look is worth its time."""

TINTED = 12.0
"""The most by which a copy differs in colour, in levels of Cb and Cr, on average."""

BATCH = 256

_EDGES = np.array([1, 1, 1, 1, 0, 0], np.float32)

_Array = NDArray[np.float32]


@dataclass(frozen=True)
class Registered:
    """Ordered pairs as `Candidates` has them, and where exactly the part lies in the whole.

    `whole`, `part` (M,) intp; `mirrored` (M,) bool; `margins` (M, 4) float32, shares of a side that
    the part leaves of the whole, below 0 where it goes beyond: left, right, top and bottom.
    """

    whole: NDArray[np.intp]
    part: NDArray[np.intp]
    mirrored: NDArray[np.bool_]
    margins: _Array


def join(found: Iterable[Registered]) -> Registered:
    """All pairs as one."""
    parts = list(found)
    return Registered(
        *(
            np.concatenate([getattr(part, item.name) for part in parts])
            for item in fields(Registered)
        )
    )


def find_agreeing(fingerprints: NDArray[np.uint8], candidates: Candidates) -> Registered:
    """The candidates that agree in all that a thumbnail shows, of (N, SIZE) fingerprints."""
    margins = WINDOWS[candidates.window]
    agree = np.zeros(len(margins), np.bool_)
    for start in range(0, len(margins), BATCH):
        batch = slice(start, start + BATCH)
        agreement, tinted, margins[batch] = compare(
            fingerprints[candidates.whole[batch]],
            fingerprints[candidates.part[batch]],
            margins[batch],
            candidates.mirrored[batch],
        )
        agree[batch] = (agreement > AGREE) & (tinted < TINTED)
    return Registered(
        candidates.whole[agree], candidates.part[agree], candidates.mirrored[agree], margins[agree]
    )


def compare(
    wholes: NDArray[np.uint8],
    parts: NDArray[np.uint8],
    margins: _Array,
    mirrored: NDArray[np.bool_],
) -> tuple[_Array, _Array, _Array]:
    """How far the parts, (M, SIZE) fingerprints, agree with about these windows of the wholes.

    `margins` (M, 4), as WINDOWS has them; `mirrored` (M,). Returns (M,) the correlation of
    differences, -1..1, (M,) the mean difference of colour, in levels, and (M, 4) the margins at
    which that is so.
    """
    whole, part, colours, others = luma(wholes), luma(parts), tint(wholes), tint(parts)
    part[mirrored], others[mirrored] = part[mirrored, :, ::-1], others[mirrored, ..., ::-1]
    margins, agreement = _register(whole, part, margins, COARSE)
    likely = np.flatnonzero(agreement > LIKELY)
    margins[likely], agreement[likely] = _register(
        whole[likely], part[likely], margins[likely], FINE
    )
    grid = TINT_SIDE // 2
    apart = [
        np.abs(sample(colours[:, each], margins, grid) - sample(others[:, each], WHOLE, grid))
        for each in (0, 1)
    ]
    return agreement, np.maximum(*(each.mean((1, 2)) for each in apart)), margins


def _register(wholes: _Array, parts: _Array, margins: _Array, grid: int) -> tuple[_Array, _Array]:
    """Margins, (M, 4), at which the wholes are most like the parts, both (M, SIDE, SIDE).

    And how far they agree then, (M,).
    """
    whole, target = shrink(wholes, 2 * grid), sample(shrink(parts, 2 * grid), WHOLE, grid)
    # how far a point moves with the left or top edge; with the other edge it moves by the rest
    near = 1 - shares(grid)
    down, along = (np.gradient(whole, axis=axis) * np.float32(2 * grid) for axis in (1, 2))
    for _ in range(ROUNDS):
        image = sample(whole, margins, grid)
        lies = inside(margins, grid)
        gain = _gain(image, target, lies)[:, None, None]
        x, y = sample(along, margins, grid) * gain, sample(down, margins, grid) * gain
        moves = [x * near, x * (near - 1), y * near[:, None], y * (near[:, None] - 1)]
        # centred, else a plain image would be the offset once more, and the system singular
        light = [_centre(image, lies), np.ones_like(image)]
        basis = np.stack([*moves, *light], 1) * lies[:, None]
        basis = basis.reshape(len(basis), 6, grid**2)
        rest = ((target - gain * image) * lies).reshape(len(basis), grid**2, 1)
        normal = basis @ basis.transpose(0, 2, 1)
        # damped, as plain stretches say nothing of an edge
        damping = 1e-3 * np.einsum("mii->m", normal[:, :4, :4]) / 4
        normal += damping[:, None, None] * np.diag(_EDGES) + 1e-3 * np.eye(6, dtype=np.float32)
        step = np.linalg.solve(normal, basis @ rest)[:, :4, 0]
        margins = np.clip(margins + np.clip(step, -STEP, STEP), -MARGIN, MARGIN)
    return margins, _agreement(sample(whole, margins, grid), target, inside(margins, grid))


def _gain(image: _Array, target: _Array, lies: _Array) -> _Array:
    """(M,): the contrast of the target in terms of the image's, within reason."""
    image, target = _centre(image, lies), _centre(target, lies)
    gain: _Array = (image * target).sum((1, 2)) / ((image * image).sum((1, 2)) + 1)
    return np.clip(gain, 0.3, 3)


def _agreement(image: _Array, target: _Array, lies: _Array) -> _Array:
    """(M,): the correlation of the differences between neighbours, across and down."""
    ours, theirs = differences(image, lies), differences(target, lies)
    lengths = np.sqrt((ours * ours).sum(1) * (theirs * theirs).sum(1))
    agreement: _Array = (ours * theirs).sum(1) / np.maximum(lengths, np.float32(1e-3))
    return agreement


def _centre(image: _Array, lies: _Array) -> _Array:
    mean = (image * lies).sum((1, 2)) / lies.sum((1, 2))
    centred: _Array = (image - mean[:, None, None]) * lies
    return centred
