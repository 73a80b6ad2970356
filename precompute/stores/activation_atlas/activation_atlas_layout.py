"""The layout of activation atlases in the store of studies: what passes to `build`.

An activation atlas is the map of what a layer knows (Carter et al. 2019): activation vectors drawn
of many photos, laid out in the plane so that those that are alike lie near each other, and averaged
in the squares of grids::

    <store>/<study>/<slot>/activation_atlas             attributes: maps (see `ActivationMap`)
    <store>/<study>/<slot>/activation_atlas/<model>/<layer>
        photo                                           (V,) int32: the photo of each vector
        place                                           (V, 2) int32: row and column in the layer
        position                                        (V, 2) float32, 0..1: right and down
        crop, crop_end                                  (B,) uint8: pictures of what examples show,
                                                        WebP, one after the other, and (E,) int64
        crop_vector                                     (E,) int32: the vector of each, ascending
        grids/<side>/...                                see `Grid`
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CROP = 64
"""The side in pixels of the pictures of what a vector shows."""
TOP = 6
"""Channels of a cell that are kept."""


@dataclass(frozen=True)
class ActivationMap:
    """A layer's map. `grids`: their sides, coarsest first; none where vectors are too few.

    `cut`: the cut whose heads say what a place gives to the `classes`, the layer itself or a deeper
    one. `photos`, `vectors`: how many. `height`, `width`: of the layer, in places; `input_size`,
    `receptive_field`, `stride` in pixels, None where not known. `trustworthiness`, `continuity`:
    0..1, of the layout (Venna and Kaski 2001): whether neighbours on the map are neighbours in the
    layer, and the other way round, among 15.
    """

    model: str
    layer: str
    cut: str
    index: int
    channels: int
    classes: list[str]
    photos: int
    vectors: int
    height: int
    width: int
    input_size: int
    receptive_field: int | None
    stride: int | None
    grids: list[int]
    trustworthiness: float
    continuity: float
    weights_digest: str


@dataclass(frozen=True, eq=False)
class Grid:
    """The G cells of a grid that hold a vector, row by row.

    row, column    (G,) int32
    count          (G,) int32: vectors
    attribution    (G, K) float32: the mean of what its vectors give to the logit of each class;
                   NaN where none was asked
    asked          (G, K) int32: the vectors that were
    channel        (G, TOP) int32: the channels highest above their mean over the map; and
    above          (G, TOP) float32: by how many standard deviations
    example        (G, E) int32: vectors that are typical of it, of different photos; -1 fills up
    picture        (G, S, S, 3) uint8 sRGB: its mean direction rendered; black where `is_shown` is 0
    is_shown       (G,) uint8: whether there is a picture, and it is better than chance
    """

    row: NDArray[np.int32]
    column: NDArray[np.int32]
    count: NDArray[np.int32]
    attribution: NDArray[np.float32]
    asked: NDArray[np.int32]
    channel: NDArray[np.int32]
    above: NDArray[np.float32]
    example: NDArray[np.int32]
    picture: NDArray[np.uint8]
    is_shown: NDArray[np.uint8]
