"""Whether a part of one photo is another photo: laid over each other and compared.

The margins that the part leaves are found by least squares, as Lucas and Kanade register images
(1981, "An iterative image registration technique"), coarse to fine, with a gain and an offset of
brightness beside them. Then the differences between neighbouring pixels must agree: photos of one
kind, on one background, agree in brightness as a whole, but not in those.
"""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.photos.duplicates.candidate_pairs import WINDOWS, Candidates
from diamond_cutter.precompute.photos.duplicates.fingerprint import TINT_SIDE, luma, tint

COARSE, FINE = 16, 32
"""Points a side at which photos are registered first, and at which they are compared.

Of a copy, resized and compressed, the finest half of the thumbnail's pixels is worth nothing.
"""

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
_NONE = np.zeros((1, 4), np.float32)

_Array = NDArray[np.float32]


def verify(fingerprints: NDArray[np.uint8], candidates: Candidates) -> NDArray[np.bool_]:
    """(M,) bool: which candidates show the same picture, of (N, SIZE) fingerprints."""
    results = [np.zeros(0, np.bool_)]
    for start in range(0, len(candidates.whole), BATCH):
        batch = slice(start, start + BATCH)
        agreement, tinted = compare(
            fingerprints[candidates.whole[batch]],
            fingerprints[candidates.part[batch]],
            WINDOWS[candidates.window[batch]],
            candidates.mirrored[batch],
        )
        results.append((agreement > AGREE) & (tinted < TINTED))
    return np.concatenate(results)


def compare(
    wholes: NDArray[np.uint8],
    parts: NDArray[np.uint8],
    margins: _Array,
    mirrored: NDArray[np.bool_],
) -> tuple[_Array, _Array]:
    """How far the parts, (M, SIZE) fingerprints, agree with about these windows of the wholes.

    `margins` (M, 4), as WINDOWS has them; `mirrored` (M,). Returns (M,) the correlation of
    differences, -1..1, and (M,) the mean difference of colour, in levels.
    """
    whole, part, colours, others = luma(wholes), luma(parts), tint(wholes), tint(parts)
    part[mirrored], others[mirrored] = part[mirrored, :, ::-1], others[mirrored, ..., ::-1]
    margins, agreement = _register(whole, part, margins, COARSE)
    likely = np.flatnonzero(agreement > LIKELY)
    margins[likely], agreement[likely] = _register(
        whole[likely], part[likely], margins[likely], FINE
    )
    grid = TINT_SIDE // 2
    differences = [
        np.abs(_sample(colours[:, each], margins, grid) - _sample(others[:, each], _NONE, grid))
        for each in (0, 1)
    ]
    return agreement, np.maximum(*(each.mean((1, 2)) for each in differences))


def _register(wholes: _Array, parts: _Array, margins: _Array, grid: int) -> tuple[_Array, _Array]:
    """Margins, (M, 4), at which the wholes are most like the parts, both (M, SIDE, SIDE).

    And how far they agree then, (M,).
    """
    whole, target = _shrink(wholes, 2 * grid), _sample(_shrink(parts, 2 * grid), _NONE, grid)
    # how far a point moves with the left or top edge; with the other edge it moves by the rest
    near = 1 - (np.arange(grid, dtype=np.float32) + np.float32(0.5)) / grid
    down, along = (np.gradient(whole, axis=axis) * np.float32(2 * grid) for axis in (1, 2))
    for _ in range(ROUNDS):
        image = _sample(whole, margins, grid)
        inside = _inside(margins, grid)
        gain = _gain(image, target, inside)[:, None, None]
        x, y = _sample(along, margins, grid) * gain, _sample(down, margins, grid) * gain
        moves = [x * near, x * (near - 1), y * near[:, None], y * (near[:, None] - 1)]
        # centred, else a plain image would be the offset once more, and the system singular
        light = [_centre(image, inside), np.ones_like(image)]
        basis = np.stack([*moves, *light], 1) * inside[:, None]
        basis = basis.reshape(len(basis), 6, grid**2)
        rest = ((target - gain * image) * inside).reshape(len(basis), grid**2, 1)
        normal = basis @ basis.transpose(0, 2, 1)
        # damped, as plain stretches say nothing of an edge
        damping = 1e-3 * np.einsum("mii->m", normal[:, :4, :4]) / 4
        normal += damping[:, None, None] * np.diag(_EDGES) + 1e-3 * np.eye(6, dtype=np.float32)
        step = np.linalg.solve(normal, basis @ rest)[:, :4, 0]
        margins = np.clip(margins + np.clip(step, -STEP, STEP), -MARGIN, MARGIN)
    return margins, _agreement(_sample(whole, margins, grid), target, _inside(margins, grid))


def _gain(image: _Array, target: _Array, inside: _Array) -> _Array:
    """(M,): the contrast of the target in terms of the image's, within reason."""
    image, target = _centre(image, inside), _centre(target, inside)
    gain: _Array = (image * target).sum((1, 2)) / ((image * image).sum((1, 2)) + 1)
    return np.clip(gain, 0.3, 3)


def _agreement(image: _Array, target: _Array, inside: _Array) -> _Array:
    """(M,): the correlation of the differences between neighbours, across and down."""
    product, ours, theirs = (np.zeros(len(image), np.float32) for _ in range(3))
    for axis in (1, 2):
        edge = (slice(None), slice(1, None), slice(None)) if axis == 1 else (..., slice(1, None))
        a, b = (np.diff(each, axis=axis) * inside[edge] for each in (image, target))
        product += (a * b).sum((1, 2))
        ours += (a * a).sum((1, 2))
        theirs += (b * b).sum((1, 2))
    agreement: _Array = product / np.maximum(np.sqrt(ours * theirs), np.float32(1e-3))
    return agreement


def _centre(image: _Array, inside: _Array) -> _Array:
    mean = (image * inside).sum((1, 2)) / inside.sum((1, 2))
    centred: _Array = (image - mean[:, None, None]) * inside
    return centred


def _points(margins: _Array, grid: int) -> tuple[_Array, _Array]:
    """Where the points of the grid lie in the whole, (M, G) in shares of a side: x and y."""
    share = (np.arange(grid, dtype=np.float32) + np.float32(0.5)) / grid
    left, right, top, bottom = margins.T[:, :, None]
    return left + (1 - left - right) * share, top + (1 - top - bottom) * share


def _inside(margins: _Array, grid: int) -> _Array:
    """(M, G, G) float32: 1 where a point lies in the whole, else 0."""
    x, y = (((at > 0) & (at < 1)).astype(np.float32) for at in _points(margins, grid))
    inside: _Array = y[:, :, None] * x[:, None]
    return inside


def _sample(image: _Array, margins: _Array, grid: int) -> _Array:
    """The images, (M, S, S), at the points of a grid within their margins, (M, G, G)."""
    side = image.shape[1]
    across, down = (_linear(at, side) for at in _points(margins, grid))
    rows: _Array = down @ image
    sampled: _Array = rows @ across.transpose(0, 2, 1)
    return sampled


def _linear(at: _Array, side: int) -> _Array:
    """(M, G, S): the weights of `side` pixels in a linear interpolation at (M, G) shares."""
    pixel = np.clip(at * side - np.float32(0.5), 0, side - 1)[:, :, None]
    weights: _Array = 1 - np.abs(pixel - np.arange(side, dtype=np.float32))
    return np.maximum(weights, np.float32(0))


def _shrink(image: _Array, side: int) -> _Array:
    """The images at `side` pixels a side, blurred by a Gaussian as wide as two of them."""
    old, new = (np.arange(count) + 0.5 for count in (image.shape[1], side))
    distance = new[:, None] - old * (side / image.shape[1])
    kernel = np.exp(-0.5 * distance**2)
    kernel = (kernel / kernel.sum(1, keepdims=True)).astype(np.float32)
    shrunk: _Array = kernel @ image @ kernel.T
    return shrunk
