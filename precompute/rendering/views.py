"""The random views of a picture that it is optimized and scored on: place and size."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.runtime import keras

ops = keras.ops

JITTER = 1 / 16  # of the canvas, where views are steady


@dataclass(frozen=True)
class Sampling:
    """How views are drawn.

    side: of a view, in pixels, V.
    canvas: side of the picture, in pixels, S.
    magnification: least and most pixels of the view for one of the picture, log-uniform.
    beyond: how far a view may reach over the border, as a share of the canvas; the picture goes on
        there as its reflection.
    """

    side: int
    canvas: int
    magnification: tuple[float, float]
    beyond: float


@dataclass(frozen=True)
class Views:
    """T views of each of B pictures.

    rows, columns: (T, B, V) float32, where the pixels lie, in canvas units of 0..1 and beyond.
    """

    rows: NDArray[np.float32]
    columns: NDArray[np.float32]


def steady(side: int, canvas: int) -> Sampling:
    """Views of the whole picture that jitter and scale little: to judge it, or one place of it."""
    fit = side / canvas
    return Sampling(side, canvas, (0.9 * fit, 1.1 * fit), JITTER)


def draw(samplings: list[Sampling], generators: list[np.random.Generator], count: int) -> Views:
    """Draw `count` views of each picture, each with its sampling from its own generator."""
    drawn = [
        _draw(sampling, generator, count)
        for sampling, generator in zip(samplings, generators, strict=True)
    ]
    rows, columns = (np.stack(part, axis=1) for part in zip(*drawn, strict=True))
    return Views(rows, columns)


def _draw(
    sampling: Sampling, generator: np.random.Generator, count: int
) -> tuple[NDArray[np.float32], ...]:
    low, high = np.log(sampling.magnification)
    extent = sampling.side / sampling.canvas / np.exp(generator.uniform(low, high, (count, 1)))
    # A view that is larger than the canvas has no room on it, but its place varies all the same.
    room = 1 - extent + 2 * sampling.beyond
    corners = generator.uniform(0, 1, (2, count, 1)) * room - sampling.beyond
    rows, columns = corners + extent * pixel_centres(sampling.side)
    return rows.astype(np.float32), columns.astype(np.float32)


def pixel_centres(side: int) -> NDArray[np.float32]:
    """Where `side` pixels lie on the canvas, (side,) float32 in 0..1."""
    return ((np.arange(side) + 0.5) / side).astype(np.float32)


def surrounded(images: Any, rows: Any, columns: Any) -> Any:
    """(B, V, V, 3) views with grey in place of what lies beyond the picture's border.

    rows, columns: (B, V), where the pixels lie.
    """
    down, across = (ops.cast(ops.abs(axis - 0.5) <= 0.5, "float32") for axis in (rows, columns))
    inside = down[:, :, None, None] * across[:, None, :, None]
    return 0.5 + (images - 0.5) * inside
