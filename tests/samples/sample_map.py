"""An activation atlas for tests, written by the real writer: made-up cells of the made-up study."""

from io import BytesIO

import numpy as np
import zarr
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.precompute.activation_atlas.drawn_vectors import Run
from diamond_cutter.precompute.activation_atlas.map_cells import make_cells
from diamond_cutter.precompute.stores.activation_atlas import activation_atlas_store
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    CROP,
    ActivationMap,
    Grid,
)
from diamond_cutter.precompute.stores.store_address import array, subgroup

PHOTOS, PARTS, GRIDS = 60, 4, (4, 8, 16)
PLACES = ((1, 2), (1, 6), (5, 1), (6, 6))
"""Of a photo's parts: row and column in the layer."""
LAYERS = (("stem", 20), ("block1", 300))
"""The layers that have a map and their channels; the last is the cut."""
SIDE = 16
"""Of a cell's picture, in pixels."""


def colour_of_cell(side: int, row: int, column: int) -> tuple[int, int, int]:
    """The one colour of a cell's picture."""
    return (255 * row // side, 255 * column // side, 40 + side)


def write_maps(address: str, study: str, classes: list[str]) -> None:
    """Vectors of all photos but the last; those of a class lie in a corner of their own.

    What a vector gives: to its photo's class 1, to the next -1, to others 0. Nothing lies at the
    upper left, and cells of fewer than five vectors have no picture.
    """
    studies = zarr.open_group(address, mode="r+")
    group = subgroup(studies, study)
    slot = subgroup(group, str(group.attrs["slot"]))
    label = np.asarray(array(slot, "photos/label")[:])
    photo = np.arange(PHOTOS - 1, dtype=np.int32).repeat(PARTS)
    maps = []
    for layer, channels in LAYERS:
        generator = np.random.default_rng([2, channels])
        corner = np.array([[0.8, 0.2], [0.2, 0.8], [0.8, 0.8], [0.5, 0.5]], np.float32)
        spread = generator.normal(0, 0.08, (len(photo), 2))
        position = np.clip(corner[label[photo] % 4] + spread, 0, 1).astype(np.float32)
        vector = generator.random((len(photo), channels)).astype(np.float32)
        own = np.maximum(label[photo], 0)
        asked = np.stack([own, (own + 1) % len(classes)], axis=1).astype(np.int32)
        given = np.tile(np.float32([1, -1]), (len(photo), 1))
        run = Run(vector, asked, given)
        cells = make_cells(GRIDS, position, photo, lambda run=run: [run], channels, len(classes))
        examples = np.unique(np.concatenate([each.example.ravel() for each in cells]))
        examples = examples[examples >= 0]
        crops = [_webp((int(at) % 256, 90, 160)) for at in examples]
        found = ActivationMap(
            model="tiny-net",
            layer=layer,
            cut="block1",
            index=len(maps),
            channels=channels,
            classes=classes,
            photos=PHOTOS - 1,
            vectors=len(photo),
            height=8,
            width=8,
            input_size=64,
            receptive_field=19,
            stride=8,
            grids=list(GRIDS),
            trustworthiness=0.93,
            continuity=0.88,
            weights_digest="5d" * 32,
        )
        grids = {}
        for each in cells:
            shown = (each.count >= 5).astype(np.uint8)
            grids[each.side] = Grid(
                row=each.row,
                column=each.column,
                count=each.count,
                attribution=each.attribution,
                asked=each.asked,
                channel=np.tile(np.arange(6, dtype=np.int32), (len(each.row), 1)),
                above=np.tile(np.arange(6, 0, -1, dtype=np.float32), (len(each.row), 1)),
                example=each.example,
                picture=np.array(
                    [
                        np.full((SIDE, SIDE, 3), colour_of_cell(each.side, row, column), np.uint8)
                        for row, column in zip(each.row, each.column, strict=True)
                    ]
                ),
                is_shown=shown,
            )
        arrays: dict[str, NDArray[np.generic]] = {
            "photo": photo,
            "place": np.tile(np.array(PLACES, np.int32), (PHOTOS - 1, 1)),
            "position": position,
            "crop": np.frombuffer(b"".join(crops), np.uint8),
            "crop_end": np.cumsum([len(crop) for crop in crops], dtype=np.int64),
            "crop_vector": examples.astype(np.int32),
        }
        activation_atlas_store.write_map(slot, found, arrays, grids)
        maps.append(found)
    activation_atlas_store.finish_maps(slot, maps)


def _webp(colour: tuple[int, int, int]) -> bytes:
    written = BytesIO()
    Image.new("RGB", (CROP, CROP), colour).save(written, "WEBP", lossless=True)
    return written.getvalue()
