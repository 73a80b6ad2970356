"""Whether maps are true: judged by photos that were not drawn for them.

    python benchmarks/activation_atlas.py FOLDER [--photos 500] [--layers block3b_add ...]

Maps are made of some photos of a folder for a network by itself. Of the others vectors are drawn
and put where the nearest of the map's lie: their mean in a cell is its direction by photos that had
no say in its picture. `others`: the share of other cells' pictures that excite this direction
less than the cell's own picture does; chance gives 50 %. `own`: the same of the direction that was
rendered. `trust`, `continuity`: of the layout, among 15 neighbours. `moved`: how far a vector lies
from where it lies on the deepest layer's map, at the median, in widths of the map; `alone`: the
same where each layer is laid out by itself, and then turned as suits best.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.settings import (
    ActivationAtlasSettings,
    AttributionSettings,
    StudySettings,
    TrainingSettings,
)
from diamond_cutter.precompute.activation_atlas.activation_sample_task import (
    SampleRequest,
    draw_places,
)
from diamond_cutter.precompute.activation_atlas.activation_sampler import ActivationSampler
from diamond_cutter.precompute.activation_atlas.map_layout import (
    CommonLayout,
    Components,
    LayerLayout,
    between,
    evenly,
    to_square,
)
from diamond_cutter.precompute.attribution.attributor import BATCH
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold
from diamond_cutter.precompute.backbones.graph.pretrained_head import classifier
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.photo import Photo, read_image
from diamond_cutter.precompute.rendering.direction_whitening import whiten
from diamond_cutter.precompute.rendering.target_readings import natural_units
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    ActivationMap,
    Grid,
)
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_store import (
    map_group,
    read_grid,
    read_maps,
)
from diamond_cutter.precompute.stores.store_address import array, subgroup
from diamond_cutter.precompute.stores.study.study_reader import open_studies
from diamond_cutter.precompute.study.network_result import explain_networks

CACHE = Path(".cache/benchmark-maps")
FEWEST = 5
"""Vectors of other photos, at least, that tell a cell's direction."""
COMPARED = 1_000
"""Vectors whose neighbours are compared between layers."""
Floats = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder")
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--layers", nargs="+", default=["block3b_add", "block5c_add"])
    options = parser.parse_args()
    settings = StudySettings(
        dataset=options.folder,
        models=(options.model,),
        store=str(CACHE / "study.zarr"),
        cache=str(CACHE / "cache"),
        training=TrainingSettings(head="own"),
        attribution=AttributionSettings(photos="1", groups=0, pictures=0, layers=("cut",)),
        activation_atlas=ActivationAtlasSettings(
            layers=tuple(options.layers), photos=str(options.photos)
        ),
    )
    explain_networks("maps", settings, stream=sys.stderr)
    group = subgroup(open_studies(settings.store), "maps")
    slot = subgroup(group, str(group.attrs["slot"]))
    photos = read_dataset(settings, Path(settings.cache), lambda *_: None, labelled=False).photos
    backbone, maps = catalogue.load(options.model), read_maps(slot)
    found = {
        each.layer: {
            name: np.asarray(array(map_group(slot, each), name)[:])
            for name in ("photo", "place", "position")
        }
        for each in maps
    }
    drawn = set(found[maps[0].layer]["photo"].tolist())
    inside, others = [
        [photo for index, photo in enumerate(photos) if (index in drawn) == own]
        for own in (True, False)
    ]
    own, other = (draw(backbone, maps, each) for each in (inside, others))
    first = evenly(len(own[maps[0].layer]), COMPARED)
    alone = {each.layer: to_square(alone_of(own[each.layer][first])) for each in maps}
    deepest = maps[-1].layer
    print("layer            cells  others    own    trust  continuity  moved  alone")
    for each in maps:
        grid = read_grid(slot, each, each.grids[-1])
        position = found[each.layer]["position"]
        vectors = own[each.layer], other[each.layer]
        others, rendered = judge(backbone, each, grid, position, *vectors)
        moved = distance(position, found[deepest]["position"])
        turned = min(distance(one, alone[deepest]) for one in turns(alone[each.layer]))
        print(
            f"{each.layer:16} {len(others):5}  {100 * others.mean():5.1f} % "
            f"{100 * rendered.mean():5.1f} %  {each.trustworthiness:5.3f}  {each.continuity:10.3f}"
            f"  {moved:5.2f}  {turned:5.2f}"
        )


def alone_of(vectors: Floats) -> Floats:
    """The layout of a layer that knows of no other."""
    common = CommonLayout.of([vectors], 0).position
    return LayerLayout.of(vectors, common, 0, held=0).position


def draw(backbone: Backbone, maps: list[ActivationMap], photos: list[Photo]) -> dict[str, Floats]:
    """The vectors of photos at the mapped layers, (V, C) by layer, as a study draws them."""
    layers = tuple(each.layer for each in maps)
    parts = round((maps[0].vectors / maps[0].photos) ** 0.5)
    request = SampleRequest(backbone.network, layers, "average", parts, 0)
    sampler = ActivationSampler(backbone, layers, "average", parts)
    own = classifier(backbone)
    head = [(own.weights, own.bias)]
    if layers[-1] != maps[-1].cut:
        raise SystemExit(f"expected maps up to the cut {maps[-1].cut}, got {layers}")
    vectors: dict[str, list[Floats]] = {layer: [] for layer in layers}
    for start in range(0, len(photos), BATCH):
        batch = photos[start : start + BATCH]
        images = np.stack([prepare(read_image(photo), sampler.size) for photo in batch])
        draws = np.stack([draw_places(photo, request) for photo in batch])
        _, samples = sampler.sample(images, np.full(len(batch), -1), head, draws)
        for layer, sample in samples.items():
            vectors[layer].append(sample.vector.reshape(-1, sample.vector.shape[2]))
    return {layer: np.concatenate(each) for layer, each in vectors.items()}


def judge(
    backbone: Backbone,
    found: ActivationMap,
    grid: Grid,
    position: Floats,
    own: Floats,
    other: Floats,
) -> tuple[Floats, Floats]:
    """For each cell with a picture the share of others' that excite its direction less.

    By its direction as other photos have it, and as its own have it.
    """
    layer = backbone.layer(found.layer)
    side = found.grids[-1]
    shown = np.flatnonzero(grid.is_shown)
    [(_, spread)] = natural_units(backbone, [layer])
    middle = own.mean(axis=0)
    covariance = np.cov(own, rowvar=False, dtype=np.float32)
    network = fold(backbone, [layer.name])
    pictures = grid.picture[shown].astype(np.float32) / 255
    excited = np.concatenate(
        [
            np.asarray(network(pictures[start : start + BATCH])).mean(axis=(1, 2))
            for start in range(0, len(pictures), BATCH)
        ]
    )

    def share(inside: Floats, picture: int) -> float:
        way = whiten((inside.mean(axis=0) - middle) / spread, covariance, spread)
        reading = (excited - middle) / spread @ way
        return float((np.delete(reading, picture) < reading[picture]).mean())

    components = Components.of(own)
    placed = between(components(other), components(own), position)
    squares = [square(where, side) for where in (placed, position)]
    shares = []
    for picture, cell in enumerate(grid.row[shown] * side + grid.column[shown]):
        others, mine = (
            vectors[where == cell] for vectors, where in zip((other, own), squares, strict=True)
        )
        if len(others) >= FEWEST:
            shares.append((share(others, picture), share(mine, picture)))
    one, two = np.array(shares, np.float32).T
    return one, two


def square(position: Floats, side: int) -> NDArray[np.int64]:
    """The square of a grid in which each position lies."""
    column, row = np.minimum((position * side).astype(np.int64), side - 1).T
    return row * side + column


def distance(one: Floats, other: Floats) -> float:
    """How far the same vectors lie from each other, at the median."""
    return float(np.median(np.linalg.norm(one - other, axis=1)))


def turns(position: Floats) -> list[Floats]:
    """A map turned and mirrored in all eight ways."""
    mirrored = [position, np.array([1, 0], np.float32) + np.array([-1, 1], np.float32) * position]
    both = [*mirrored, *(1 - each for each in mirrored)]
    return [*both, *(each[:, ::-1] for each in both)]


if __name__ == "__main__":
    main()
