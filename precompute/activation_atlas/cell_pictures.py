"""What a cell shows: its mean direction rendered, and what its vectors see of their photos."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
import zarr
from numpy.typing import NDArray
from PIL import Image
from threadpoolctl import threadpool_limits

from diamond_cutter.precompute.activation_atlas.drawn_vectors import DrawnLayer
from diamond_cutter.precompute.activation_atlas.map_cells import FEWEST, Cells
from diamond_cutter.precompute.activation_atlas.vector_moments import Moments
from diamond_cutter.precompute.attribution.class_pictures import (
    ClassPicturesTask,
    Wanted,
    directions_of,
    picture_tasks,
    recipe_of,
    renderer_of,
    store_pictures,
)
from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain, PhotoSet
from diamond_cutter.precompute.attribution.photo_tasks import StudySlot
from diamond_cutter.precompute.jobs.task import failures_told
from diamond_cutter.precompute.photos.photo import read_image
from diamond_cutter.precompute.rendering.direction_whitening import whiten
from diamond_cutter.precompute.rendering.recipes import Recipe
from diamond_cutter.precompute.rendering.score import good_places
from diamond_cutter.precompute.rendering.target_readings import natural_units
from diamond_cutter.precompute.rendering.targets import Family
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    CROP,
    ActivationMap,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Layer
from diamond_cutter.precompute.stores.shards import RowIndex, find_rows, key_of, read_rows

PLACES = 3
"""Places a side, at least, that a view shows of a layer.

A mean direction needs more than one channel does: at Lite0's last layer, of a stride of 32, its
picture excites it more than 97 % of others' do, where views of 64 pixels gave 92 %.
"""
NARROWEST, WIDEST = 0.15, 0.5
"""Sides of what is shown of a photo for a vector, as shares of the photo's: of its receptive field,
which in deep layers is more than the photo."""
QUALITY = 80
"""Of these pictures, as WebP has it."""
SHRINKAGE = 10.0
"""In whitening, see `whiten`: a cell is a mean of few vectors, less sure than other directions.

With 1, its picture at Lite0's last layer excites what other photos have in the cell more than 82 %
of others' do, with 10 88 %; at two depths before, 94 and 95, and 94 and 96.
"""
VERSION = 3
"""Of what is stored of cells' pictures: raised when the same direction gives something else."""


@dataclass(frozen=True, eq=False)
class PlannedCells:
    """The pictures of a layer's cells, and the namespace in which they are stored.

    grids: of each the cells, which of them get a picture, by index, and what is asked for those.
    """

    namespace: str
    grids: list[tuple[Cells, NDArray[np.intp], Wanted]]

    @property
    def keys(self) -> set[str]:
        """Of all pictures."""
        return {key for _, _, wanted in self.grids for key in wanted.keys}


def plan_cells(
    to_explain: CutToExplain, layer: Layer, moments: Moments, grids: Sequence[Cells]
) -> PlannedCells:
    """What is to be rendered of a layer's cells, coarse grids first.

    A cell's picture is of the direction of its mean from that of all vectors, whitened.
    """
    backbone = to_explain.backbone
    namespace = f"cells-{key_of([backbone.weights_digest, layer.name, VERSION])[:12]}"
    if not grids:
        return PlannedCells(namespace, [])
    [(_, spread)] = natural_units(backbone, [layer])
    planned, recipe = [], cell_recipe(layer)
    for cells in grids:
        apart = (cells.mean - moments.mean) / spread
        full = np.flatnonzero((cells.count >= FEWEST) & apart.any(axis=1))
        with threadpool_limits(1):  # the same sums on every machine
            ways = whiten(apart[full], moments.covariance, spread, SHRINKAGE)
        names = [f"cell {cells.row[at]} {cells.column[at]} of {cells.side}" for at in full]
        wanted = directions_of(to_explain, layer, recipe, names, ways)
        planned.append((cells, full, wanted))
    return PlannedCells(namespace, planned)


def cell_recipe(layer: Layer) -> Recipe:
    """By what a layer's cells are rendered: the preview's, with views of `PLACES` places a side."""
    recipe = recipe_of(Family.CHANNEL)
    view = max(recipe.phases[0].view, PLACES * (layer.stride or 0))
    return replace(recipe, phases=(replace(recipe.phases[0], view=view), *recipe.phases[1:]))


def cell_tasks(
    to_explain: CutToExplain, planned: PlannedCells, place: StudySlot, depth: int
) -> list[ClassPicturesTask]:
    """What is missing of the pictures planned; `depth`: of the layer among those mapped."""
    there = set(find_rows(place.study_group(), planned.namespace))
    return [
        task
        for _, _, wanted in planned.grids
        for task in picture_tasks(
            to_explain,
            wanted,
            there,
            depth=depth,
            study=place.study,
            namespace=planned.namespace,
        )
    ]


def store_cell_pictures(address: str, threads: int, task: ClassPicturesTask) -> None:  # noqa: ARG001
    """As `store_class_pictures`, with what each picture excites."""
    with failures_told(task, address):
        renderer = renderer_of(task)
        made = renderer.render(task.targets)
        store_pictures(address, task, made, excited=renderer.excited(made.images))


def read_cells(
    study: zarr.Group, planned: PlannedCells
) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """For each grid the pictures of its cells, and which are shown."""
    found = find_rows(study, planned.namespace)
    return [_spread(study, planned.namespace, found, *grid) for grid in planned.grids]


def _spread(
    study: zarr.Group,
    namespace: str,
    found: dict[str, RowIndex],
    cells: Cells,
    full: NDArray[np.intp],
    wanted: Wanted,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures of all cells, and whether each is one: of those that have none, black."""
    shown = np.zeros(len(cells.count), np.uint8)
    if not len(full):
        return np.zeros((len(cells.count), 1, 1, 3), np.uint8), shown
    rows = [found[key] for key in wanted.keys]
    made = read_rows(study, namespace, rows, "picture")
    pictures = np.zeros((len(cells.count), *made.shape[1:]), np.uint8)
    pictures[full] = made
    excited = read_rows(study, namespace, rows, "excited")
    toward = np.stack([target.weights for target in wanted.targets])
    good = read_rows(study, namespace, rows, "flag") == Flag.NONE
    shown[full] = good & ~by_chance(excited, toward)
    return pictures, shown


def by_chance(excited: NDArray[np.float32], toward: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of n pictures are no better than chance, (n,), by what all of them excite, (n, C).

    A picture's own direction, of `toward` (n, C), is to be excited by few of the others as much:
    as `score.good_places` has it of channels.
    """
    reading = excited @ toward.T
    ahead = np.count_nonzero(reading > np.diagonal(reading), axis=0)
    return np.asarray(ahead >= good_places(len(reading)))


def crop_examples(
    photo_set: PhotoSet, drawn: DrawnLayer, examples: NDArray[np.int32], found: ActivationMap
) -> list[bytes]:
    """What each example shows of its photo, WebP."""
    field = (found.receptive_field or found.input_size) / found.input_size
    share = min(max(field, NARROWEST), WIDEST)
    crops: dict[int, bytes] = {}
    seen: tuple[int, NDArray[np.uint8]] | None = None
    for index in sorted(examples.tolist(), key=lambda at: int(drawn.photo[at])):
        number = int(drawn.photo[index])
        if seen is None or seen[0] != number:
            seen = number, read_image(photo_set.photos[number])
        image = seen[1]
        whole = np.array(image.shape[:2])
        side = np.maximum(np.rint(share * whole), 1)
        middle = (drawn.place[index] + 0.5) / drawn.sides * whole
        top, left = np.clip(np.rint(middle - side / 2), 0, whole - side).astype(int)
        height, width = side.astype(int)
        crop = Image.fromarray(image[top : top + height, left : left + width])
        written = BytesIO()
        crop.resize((CROP, CROP), Image.Resampling.LANCZOS).save(written, "WEBP", quality=QUALITY)
        crops[index] = written.getvalue()
    return [crops[index] for index in examples.tolist()]
