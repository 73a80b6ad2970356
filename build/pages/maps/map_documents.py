"""The JSON and pictures beside the page of a map: its grids, their cells and what these show."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.build.mapped_layers import MappedLayers
from diamond_cutter.build.page_text import encode, shown
from diamond_cutter.build.pages.attribution.document_packing import short
from diamond_cutter.build.tiles.channel_pictures import webp
from diamond_cutter.build.tiles.sprite_sheet import TILES, compose
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    CROP,
    ActivationMap,
    Grid,
)
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_store import (
    map_group,
    read_crops,
    read_grid,
)
from diamond_cutter.precompute.stores.store_address import array

EVERY = 12
"""Classes of which a cell tells the value of each; of more only the `MOST` for and against."""
MOST = 5
LEAST = 0.02
"""What is told of a cell's classes is at least so large a share of the largest."""
LABELS = 3
"""Classes of a cell's photos that are told."""
STEPS = 10_000
"""Steps of a position: finer than a screen."""


@dataclass(frozen=True, eq=False)
class PhotoFacts:
    """What is known of N photos: `label` and `predicted`, (N,), -1 where neither is known.

    `has_page` (N,) bool.
    """

    label: NDArray[np.integer[Any]]
    predicted: NDArray[np.integer[Any]]
    has_page: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MapArrays:
    """A map's V vectors: photo (V,), place (V, 2), position (V, 2); its grids, coarsest first."""

    photo: NDArray[np.int32]
    place: NDArray[np.int32]
    position: NDArray[np.float32]
    grids: tuple[Grid, ...]


def read_arrays(mapped: MappedLayers, found: ActivationMap) -> MapArrays:
    """What a map's page is made of."""
    group = map_group(mapped.slot, found)
    photo, place, position = (
        np.asarray(array(group, name)[:]) for name in ("photo", "place", "position")
    )
    grids = tuple(read_grid(mapped.slot, found, side) for side in found.grids)
    return MapArrays(photo, place, position, grids)


def map_documents(
    mapped: MappedLayers, found: ActivationMap, arrays: MapArrays, facts: PhotoFacts
) -> Iterator[tuple[str, bytes]]:
    """The files beside a map's page, by name.

    `grid-<side>.json`, see `_grid_document`, with sheets `cells-<side>-<n>.webp` of its pictures;
    `crops-<n>.webp`, what its examples show; `photos.json`: of each photo the `position` of its
    vectors, x and y of `steps` steps, one after the other.
    """
    crops = read_crops(mapped.slot, found)
    tile_of = {vector: tile for tile, vector in enumerate(sorted(crops))}
    for side, grid in zip(found.grids, arrays.grids, strict=True):
        yield f"grid-{side}.json", _grid_document(found, side, grid, arrays, facts, tile_of)
        pictures = grid.picture[grid.is_shown == 1]
        yield from _sheets(f"cells-{side}", pictures)
    decoded = (Image.open(BytesIO(crops[vector])).convert("RGB") for vector in sorted(crops))
    tiles = np.array([np.asarray(crop) for crop in decoded], np.uint8)
    yield from _sheets("crops", tiles.reshape(-1, CROP, CROP, 3))
    yield "photos.json", _photos_document(arrays)


def whole_picture(grid: Grid, side: int, tile: int) -> NDArray[np.uint8]:
    """A grid as one picture, (side * tile, side * tile, 3) uint8; grey where it has none."""
    whole = np.full((side, side, tile, tile, 3), 128, np.uint8)
    for at in np.flatnonzero(grid.is_shown):
        picture = Image.fromarray(grid.picture[at]).resize((tile, tile), Image.Resampling.LANCZOS)
        whole[grid.row[at], grid.column[at]] = np.asarray(picture)
    return whole.transpose(0, 2, 1, 3, 4).reshape(side * tile, side * tile, 3)


def told_values(grid: Grid) -> NDArray[np.float32]:
    """What each cell gives to each class, as pages tell it, (G, K); NaN where none was asked.

    Of many classes a vector is asked about few: there the mean is over all of a cell's vectors, and
    those that were not asked give nothing; else one vector would speak for a cell.
    """
    if grid.attribution.shape[1] <= EVERY:
        return grid.attribution
    share = (grid.asked / grid.count[:, None]).astype(np.float32)
    return grid.attribution * share


def most_attributed(values: NDArray[np.float32], count: int) -> list[int]:
    """The classes that a cell gives most to, and those it speaks against most: by index."""
    known = np.flatnonzero(np.abs(values) >= LEAST * np.nanmax(np.abs(values), initial=0))
    order = known[np.argsort(-values[known], kind="stable")]
    chosen = [*order[:count], *order[max(count, len(order) - count) :]]
    return [int(label) for label in chosen]


def _grid_document(
    found: ActivationMap,
    side: int,
    grid: Grid,
    arrays: MapArrays,
    facts: PhotoFacts,
    tile_of: dict[int, int],
) -> bytes:
    """A grid: a list of its cells' values by name, and `names` of the classes that are told.

    `row`, `column`, `count`; `tile`: its place in the sheets, of `tile_side` pixels, -1 for no
    picture; `given`: pairs of class and attribution, the most first; `channels`: pairs of channel
    and standard deviations above the mean; `examples`: photo (-1: it has no page), tile of its
    crop, row, column; `labels`: pairs of class and photos of it; `wrong`: the share of its vectors
    whose photo is taken for another class, null where that is not known.
    """
    tiles = np.where(grid.is_shown == 1, np.cumsum(grid.is_shown, dtype=np.int64) - 1, -1)
    given = [_given(values) for values in told_values(grid)]
    labels, wrong = _photos_of_cells(side, grid, arrays, facts)
    told = {int(pair[0]) for pairs in given for pair in pairs}
    told.update(pair[0] for pairs in labels for pair in pairs)
    return encode(
        {
            "side": side,
            "tile_side": int(grid.picture.shape[1]),
            "tiles": int(grid.is_shown.sum()),
            "crops": len(tile_of),
            "classes": len(found.classes),
            "names": {str(label): shown(found.classes[label]) for label in sorted(told)},
            "row": grid.row.tolist(),
            "column": grid.column.tolist(),
            "count": grid.count.tolist(),
            "tile": tiles.tolist(),
            "given": given,
            "channels": [
                [[int(channel), short(float(above))] for channel, above in zip(*pair, strict=True)]
                for pair in zip(grid.channel, grid.above, strict=True)
            ],
            "examples": [
                [
                    [_paged(arrays.photo[at], facts), tile_of[int(at)], *map(int, arrays.place[at])]
                    for at in each
                    if at >= 0
                ]
                for each in grid.example
            ],
            "labels": labels,
            "wrong": wrong,
        }
    )


def _paged(photo: np.int32, facts: PhotoFacts) -> int:
    return int(photo) if facts.has_page[photo] else -1


def _given(values: NDArray[np.float32]) -> list[list[float]]:
    if len(values) <= EVERY:
        chosen = [int(label) for label in np.argsort(-values, kind="stable")]
        chosen = [label for label in chosen if not np.isnan(values[label])]
    else:
        chosen = most_attributed(values, MOST)
    return [[label, short(float(values[label]))] for label in chosen]


def _photos_of_cells(
    side: int, grid: Grid, arrays: MapArrays, facts: PhotoFacts
) -> tuple[list[list[list[int]]], list[float | None]]:
    """The classes of each cell's photos, the most first, and the share that is taken wrongly."""
    column, row = np.minimum((arrays.position * side).astype(np.int32), side - 1).T
    square = row * side + column
    cell = np.searchsorted(grid.row * side + grid.column, square)
    label, predicted = facts.label[arrays.photo], facts.predicted[arrays.photo]
    labels = list[list[list[int]]]()
    wrong = list[float | None]()
    for index in range(len(grid.row)):
        inside = np.flatnonzero(cell == index)
        own, taken = label[inside], predicted[inside]
        known = (own >= 0) & (taken >= 0)
        counted = Counter(own[own >= 0].tolist()).most_common(LABELS)
        labels.append([[int(each), count] for each, count in counted])
        share = float((own != taken)[known].mean()) if known.any() else None
        wrong.append(share if share is None else round(share, 3))
    return labels, wrong


def _photos_document(arrays: MapArrays) -> bytes:
    steps = np.rint(arrays.position * STEPS).astype(int)
    photos: dict[str, list[int]] = {}
    for photo, (x, y) in zip(arrays.photo.tolist(), steps.tolist(), strict=True):
        photos.setdefault(str(photo), []).extend((x, y))
    return encode({"steps": STEPS, "position": photos})


def _sheets(name: str, pictures: NDArray[np.uint8]) -> Iterator[tuple[str, bytes]]:
    for start in range(0, len(pictures), TILES):
        sheet = compose(pictures[start : start + TILES])
        yield f"{name}-{start // TILES}.webp", webp(sheet)
