"""A map as one picture: for lists, and for browsers that run no script."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import Grid


def whole_picture(grid: Grid, side: int, tile: int) -> NDArray[np.uint8]:
    """A grid as one picture, (side * tile, side * tile, 4) uint8, RGBA; clear where it has none."""
    whole = np.zeros((side, side, tile, tile, 4), np.uint8)
    for at in np.flatnonzero(grid.is_shown):
        picture = Image.fromarray(grid.picture[at]).resize((tile, tile), Image.Resampling.LANCZOS)
        whole[grid.row[at], grid.column[at]] = np.asarray(picture.convert("RGBA"))
    return whole.transpose(0, 2, 1, 3, 4).reshape(side * tile, side * tile, 4)
