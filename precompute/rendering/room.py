"""How large a view must be for a layer to have places in it."""

from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.rendering.recipes import STRIDE
from diamond_cutter.precompute.runtime import keras

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
