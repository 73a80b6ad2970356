"""A layer's map written: what is said of it, its vectors, its grids, and crops of photos."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.activation_atlas.cell_pictures import crop_examples
from diamond_cutter.precompute.activation_atlas.drawn_vectors import DrawnLayer
from diamond_cutter.precompute.activation_atlas.map_cells import Cells
from diamond_cutter.precompute.activation_atlas.map_layout import JUDGED, evenly, judge_layout
from diamond_cutter.precompute.activation_atlas.vector_moments import Moments
from diamond_cutter.precompute.attribution.cut_to_explain import PhotoSet
from diamond_cutter.precompute.attribution.photo_tasks import AskedCut
from diamond_cutter.precompute.stores.activation_atlas import activation_atlas_store
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    TOP,
    ActivationMap,
    Grid,
)


def write_layer_map(
    asked: AskedCut,
    photo_set: PhotoSet,
    drawn: DrawnLayer,
    position: NDArray[np.float32],
    moments: Moments,
    grids: Sequence[Cells],
    pictures: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8]]],
    slot: zarr.Group,
) -> ActivationMap:
    """Store a layer's map in a study's slot: its vectors, grids and crops; what is said of it."""
    to_explain, layer = asked.to_explain, drawn.layer
    size, (height, width) = to_explain.backbone.input_size, drawn.sides
    judged = evenly(len(position), JUDGED)
    judged_vectors = drawn.at(judged, drawn.parts)
    trust, continuity = judge_layout(judged_vectors, position[judged])
    found = ActivationMap(
        model=to_explain.backbone.name,
        layer=layer.name,
        cut=to_explain.layers[-1].name,
        index=layer.index,
        channels=layer.channels,
        classes=to_explain.classes,
        photos=len(asked.chosen),
        vectors=len(position),
        height=height,
        width=width,
        input_size=size,
        receptive_field=layer.receptive_field,
        stride=layer.stride,
        grids=[cells.side for cells in grids],
        trustworthiness=trust,
        continuity=continuity,
        weights_digest=to_explain.backbone.weights_digest,
    )
    spread = moments.spread + np.finfo(np.float32).tiny
    stored = {}
    for cells, (picture, shown) in zip(grids, pictures, strict=True):
        above = (cells.mean - moments.mean) / spread
        channel = np.argsort(-above, axis=1, kind="stable")[:, :TOP].astype(np.int32)
        stored[cells.side] = Grid(
            row=cells.row,
            column=cells.column,
            count=cells.count,
            attribution=cells.attribution,
            asked=cells.asked,
            channel=channel,
            above=np.take_along_axis(above, channel, axis=1),
            example=cells.example,
            picture=picture,
            is_shown=shown,
        )
    examples = np.unique(
        np.concatenate([np.zeros(0, np.int32), *(c.example.ravel() for c in grids)])
    )
    examples = examples[examples >= 0]
    crops = crop_examples(photo_set, drawn, examples, found)
    arrays: dict[str, NDArray[Any]] = {
        "photo": drawn.photo,
        "place": drawn.place,
        "position": position,
        "crop": np.frombuffer(b"".join(crops), np.uint8),
        "crop_end": np.cumsum([len(crop) for crop in crops], dtype=np.int64),
        "crop_vector": examples.astype(np.int32),
    }
    activation_atlas_store.write_map(slot, found, arrays, stored)
    return found
