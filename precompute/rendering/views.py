"""The random views that a picture is optimized and scored on: place, size, where it is read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.recipes import STRIDE

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


ops = keras.ops


def cells(place: Any, rows: Any, columns: Any, height: int, width: int) -> Any:
    """The weight of each cell of a map of the view, (B, height, width), sum 1 or, unseen, 0.

    Args:
        place: (B, 2) float32, (down, across) in 0..1 of the picture; -1: all cells alike.
        rows, columns: (B, V) float32, where the view's pixels lie on the picture.
    """
    down = _weights(place[:, 0], rows, height)
    across = _weights(place[:, 1], columns, width)
    return down[:, :, None] * across[:, None, :]


def _weights(place: Any, positions: Any, count: int) -> Any:
    """Linear between the two cells nearest to the place, (B, count)."""
    first, last = positions[:, :1], positions[:, -1:]
    side = positions.shape[1]
    # Pixel centres lie at (i + .5) / side of the view, and so do cell centres with count.
    share = ((place[:, None] - first) / (last - first) * (side - 1) + 0.5) / side
    centre = ops.clip(share * count - 0.5, -1, count)
    near = ops.relu(1 - ops.abs(centre - ops.arange(count, dtype="float32")[None, :]))
    return ops.where(place[:, None] < 0, 1 / count, near)


PLACES = 4
"""Along a side of a view: where a recipe's views have as many, they are large enough."""


def roomy(network: Any, view: int, most: int) -> int:
    """The side of views of a layer, in pixels: `view`, or more where that leaves too few places.

    Where convolutions pad there is a place for each stride. Where they do not, as in Inception,
    fewer are left of a small view, or none. Then it is enlarged, in steps of 32 pixels and at most
    to `most`, until it has as many places as with padding, or PLACES.
    network: RGB (N, H, W, 3) to a layer (N, h, w, C). Raises `UserError` if it has no place at all.
    """
    for_each_pixel = (_places(network, 512) - _places(network, 256)) / 256  # 0 of a pooled one
    wanted = max(min(PLACES, int(view * for_each_pixel)), 1)
    sides: list[int] = [*range(view, most, STRIDE), most]
    for side in sides:
        if _places(network, side) >= wanted:
            return side
    if not _places(network, most):
        raise UserError(
            f"{network.name}: expected a layer with a place in a picture of {most} pixels, got one "
            "that sees no less than more; name a layer less deep"
        )
    return most


def _places(network: Any, side: int) -> int:
    """How many places the layer has along a side of a square view, 0 if it takes none so small."""
    try:
        _, height, width, _ = network.compute_output_spec(
            keras.KerasTensor((1, side, side, 3))
        ).shape
    except ValueError:
        return 0
    return int(min(height, width))
