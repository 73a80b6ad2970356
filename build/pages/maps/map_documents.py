"""The JSON and pictures beside the page of a map: its grids, their blocks, and where photos lie."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.mapped_layers import MappedLayers, map_folder
from diamond_cutter.build.page_text import encode
from diamond_cutter.build.pages.attribution.document_packing import short
from diamond_cutter.build.pages.maps.map_arrays import MapArrays, PhotoFacts
from diamond_cutter.build.pages.maps.map_blocks import (
    BLOCK,
    block_document,
    block_picture,
    blocks,
    crop_sheets,
    crop_tiles,
)
from diamond_cutter.build.pages.maps.map_cell_classes import (
    EVERY,
    CellClasses,
    cell_classes,
    class_names,
    known_classes,
    most_attributed,
)
from diamond_cutter.build.tiles.channel_pictures import webp
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    ActivationMap,
    Grid,
)
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_store import read_crops

STEPS = 10_000
"""Steps of a position: finer than a screen."""


def map_documents(
    mapped: MappedLayers, found: ActivationMap, arrays: MapArrays, facts: PhotoFacts
) -> Iterator[tuple[str, bytes]]:
    """The files beside a map's page, by name.

    `grid-<side>.json`: what is drawn of a grid, see `_grid_document`, and `classes-<side>.json`:
    what its cells give to classes, see `_classes_document`. Blocks of `BLOCK` cells a side divide a
    grid, and those that hold nothing are not written: `cells-<side>-<row>-<column>.webp` has the
    pictures of a block where they lie, the JSON of the same name its cells in full, see
    `block_document`. `crops-<n>.webp`: sheets of what examples show; `photos.json`: where photos
    lie, see `_photos_document`.
    """
    tiles = crop_tiles(arrays.grids)
    for side, grid in zip(found.grids, arrays.grids, strict=True):
        classes = cell_classes(side, grid, arrays, facts)
        yield f"grid-{side}.json", _grid_document(found, side, grid, classes)
        yield f"classes-{side}.json", _classes_document(classes)
        for row, column, cells in blocks(grid):
            name = f"cells-{side}-{row}-{column}"
            in_full = block_document(found, grid, cells, classes, arrays, facts, tiles)
            yield f"{name}.json", in_full
            if grid.is_shown[cells].any():
                yield f"{name}.webp", webp(block_picture(grid, side, row, column, cells))
    yield from crop_sheets(read_crops(mapped.slot, found), tiles)
    yield "photos.json", _photos_document(found, arrays, facts)


def maps_document(folder: str, maps: Sequence[ActivationMap]) -> bytes:
    """`maps.json` beside their list; `folder`: of what has them, below the site's root."""
    facts = ("model", "layer", "cut", "photos", "vectors", "grids", "trustworthiness", "continuity")
    told = [
        {"page": folder + map_folder(each), **{name: getattr(each, name) for name in facts}}
        for each in maps
    ]
    return encode({"schema": "maps", "maps": told})


def _grid_document(found: ActivationMap, side: int, grid: Grid, classes: CellClasses) -> bytes:
    """A grid: lists of its cells' values by name, and `names` of the classes among them.

    `row`, `column`, `count`; `shown`: 1 where there is a picture, of `tile_side` pixels; `label`:
    the class of most of its photos, and `most`: that to which it gives most, -1 where not known;
    `wrong`: the share of its vectors whose photo is taken for another class, null where not known.
    """
    label = [pairs[0][0] if pairs else -1 for pairs in classes.labels]
    most = [next(iter(most_attributed(each, 1)), -1) for each in classes.value]
    return encode(
        {
            "schema": "map-grid",
            "side": side,
            "tile_side": int(grid.picture.shape[1]),
            "block": BLOCK,
            "names": class_names(found, {*label, *most} - {-1}),
            "row": grid.row.tolist(),
            "column": grid.column.tolist(),
            "count": grid.count.tolist(),
            "shown": grid.is_shown.tolist(),
            "label": label,
            "most": most,
            "wrong": classes.wrong,
        }
    )


def _classes_document(classes: CellClasses) -> bytes:
    """`given`: by class, its index as text: `cell`, and the `value` that each gives to it.

    `rest`: what the others give; null where that is not known.
    """
    given: dict[str, dict[str, list[float]]] = {}
    for cell, each in enumerate(classes.value):
        for label in known_classes(each):
            told = given.setdefault(str(label), {"cell": [], "value": []})
            told["cell"].append(cell)
            told["value"].append(short(float(each[label])))
    rest = 0 if classes.value.shape[1] > EVERY else None
    return encode({"schema": "map-classes", "rest": rest, "given": given})


def _photos_document(found: ActivationMap, arrays: MapArrays, facts: PhotoFacts) -> bytes:
    """Where photos lie, and what is known of all those of the study.

    `position`: by photo, its number as text, x and y of each of its vectors, one after the other,
    of `steps` steps. `label`, `predicted`: classes by index, -1 where not known, and their `names`;
    `paged`: the photos that have a page, null where all have.
    """
    steps = np.rint(arrays.position * STEPS).astype(int)
    position: dict[str, list[int]] = {}
    for photo, (x, y) in zip(arrays.photo.tolist(), steps.tolist(), strict=True):
        position.setdefault(str(photo), []).extend((x, y))
    told: NDArray[np.integer] = np.unique(np.concatenate([facts.label, facts.predicted]))
    paged = None if facts.has_page.all() else np.flatnonzero(facts.has_page).tolist()
    return encode(
        {
            "schema": "map-photos",
            "steps": STEPS,
            "position": position,
            "label": facts.label.tolist(),
            "predicted": facts.predicted.tolist(),
            "names": class_names(found, told[told >= 0].tolist()),
            "paged": paged,
        }
    )
