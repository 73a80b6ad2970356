"""The pages of maps: one a layer, and the list of them."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import jinja2
import numpy as np

from diamond_cutter.build.mapped_layers import MappedLayers, map_folder
from diamond_cutter.build.page_text import apart, number, shown, signed_text
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.maps.map_arrays import MapArrays, PhotoFacts, read_arrays
from diamond_cutter.build.pages.maps.map_cell_classes import (
    coloured_classes,
    most_attributed,
    told_classes,
    told_values,
)
from diamond_cutter.build.pages.maps.map_documents import map_documents, maps_document
from diamond_cutter.build.pages.maps.map_links import (
    MapLink,
    map_label,
    map_link,
    picture_side,
    picture_size,
)
from diamond_cutter.build.pages.maps.whole_map import whole_picture
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame, root_of
from diamond_cutter.build.tiles.channel_pictures import webp
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import ActivationMap

REGIONS = 12
"""Rows of the table of regions."""
TOLD = 2
"""Classes that a row of it tells."""


@dataclass(frozen=True)
class Region:
    """One of the largest cells of the coarsest grid: where, of how much, for which classes.

    href: the view in which it is chosen.
    """

    where: str
    href: str
    vectors: int
    given: tuple[Link, ...]
    channels: tuple[Link, ...]


@dataclass(frozen=True)
class MapPage:
    """`/studies/<study>/map/<model>/<layer>/`, and the same of networks by themselves.

    base: the study's folder as the page sees it. side, size: of the map as one picture, in cells
    and pixels. atlas: address of the layer's page; empty where the atlas has none. classes: their
    names, by index, of which one may choose; coloured: the indices of those that have a colour.
    own: whether they are the networks' own.
    """

    frame: Frame
    study: str
    base: str
    model: str
    layer: str
    cut: str
    photos: int
    vectors: int
    grids: tuple[int, ...]
    side: int
    size: int
    trust: str
    continuity: str
    atlas: str
    layers: tuple[Link, ...]
    classes: tuple[Link, ...]
    coloured: tuple[int, ...]
    own: bool
    regions: tuple[Region, ...]


@dataclass(frozen=True)
class MapsPage:
    """`/studies/<study>/map/`: the list of maps."""

    frame: Frame
    study: str
    maps: tuple[MapLink, ...]


@dataclass(frozen=True, eq=False)
class MapsOf:
    """What has maps: its name and folder in the site, what is known of its photos.

    pages: the paths of the atlas's pages, which maps link to.
    """

    name: str
    path: str
    mapped: MappedLayers
    facts: PhotoFacts
    own: bool
    pages: AbstractSet[str]


def map_files(
    environment: jinja2.Environment, around: Surroundings, of: MapsOf
) -> Iterator[tuple[str, bytes]]:
    """All files of the maps of a study, by path below its folder."""
    maps = of.mapped.maps
    if not maps:
        return
    for each in maps:
        arrays = read_arrays(of.mapped, each)
        folder = map_folder(each)
        page = _page(around, of, each, arrays)
        yield f"{folder}index.html", page_templates.render(environment, "maps/map.html", page)
        side = picture_side(each)
        grid = arrays.grids[each.grids.index(side)]
        yield f"{folder}map.webp", webp(whole_picture(grid, side, picture_size(each) // side))
        for name, content in map_documents(of.mapped, each, arrays, of.facts):
            yield folder + name, content
    middle = "\N{MIDDLE DOT}"
    frame = make_frame(
        around,
        f"{of.path}map/",
        f"Maps {middle} {of.name} {middle} {NAME}",
        f"What layers know of the photos of {of.name}, as maps.",
        crumbs=(Link(NAME, root_of(f"{of.path}map/")), Link(of.name, "../")),
        data=(Link("maps.json", "maps.json"),),
    )
    links = tuple(map_link(of.mapped, each, "../") for each in maps)
    page_of_all = MapsPage(frame, of.name, links)
    yield "map/index.html", page_templates.render(environment, "maps/map_list.html", page_of_all)
    yield "map/maps.json", maps_document(of.path, maps)


def _page(around: Surroundings, of: MapsOf, found: ActivationMap, arrays: MapArrays) -> MapPage:
    path = of.path + map_folder(found)
    base = "../../../"
    middle = "\N{MIDDLE DOT}"
    frame = make_frame(
        around,
        path,
        f"Map of {found.layer} {middle} {of.name} {middle} {NAME}",
        f"What {found.layer} of {found.model} knows of {number(found.photos, 'photo')} of "
        f"{of.name}: like lies by like.",
        crumbs=(
            Link(NAME, root_of(path)),
            Link(of.name, base),
            Link("Maps", "../../"),
        ),
        data=(
            *(Link(f"grid-{side}.json", f"grid-{side}.json") for side in found.grids),
            *(Link(f"classes-{side}.json", f"classes-{side}.json") for side in found.grids),
            Link("photos.json", "photos.json"),
            Link("maps.json", "../../maps.json"),
        ),
    )
    atlas = f"models/{found.model}/{found.layer}/"
    known = root_of(path) + atlas if atlas in of.pages else ""
    return MapPage(
        frame=frame,
        study=of.name,
        base=base,
        model=found.model,
        layer=found.layer,
        cut=found.cut,
        photos=found.photos,
        vectors=found.vectors,
        grids=tuple(found.grids),
        side=picture_side(found),
        size=picture_size(found),
        trust=f"{100 * found.trustworthiness:.0f} %",
        continuity=f"{100 * found.continuity:.0f} %",
        atlas=known,
        layers=tuple(
            Link(map_label(of.mapped, each), f"{base}{map_folder(each)}") for each in of.mapped.maps
        ),
        classes=tuple(
            Link(shown(found.classes[label]), str(label)) for label in told_classes(found, arrays)
        ),
        coloured=tuple(coloured_classes(found, arrays, of.facts)),
        own=of.own,
        regions=tuple(_regions(of, found, arrays, known)),
    )


def _regions(of: MapsOf, found: ActivationMap, arrays: MapArrays, atlas: str) -> Iterator[Region]:
    """The largest cells of the coarsest grid, by how many vectors they hold."""
    grid, side = arrays.grids[0], found.grids[0]
    told = told_values(grid)
    for at in np.argsort(-grid.count, kind="stable")[:REGIONS]:
        row, column = int(grid.row[at]), int(grid.column[at])
        values = told[at]
        chosen = most_attributed(values, TOLD)
        scale = float(np.abs(values[chosen]).max(initial=0))
        yield Region(
            where=_where(row, column, side),
            href=f"./?cell={side}-{row}-{column}",
            vectors=int(grid.count[at]),
            given=tuple(
                Link(
                    f"{apart(found.classes[label])} {signed_text(float(values[label]), scale)}",
                    f"../../../classes/{label}/" if not of.own else "",
                )
                for label in chosen
            ),
            channels=tuple(
                Link(str(channel), f"{atlas}{channel}/" if atlas else "")
                for channel in grid.channel[at][:3].tolist()
            ),
        )


def _where(row: int, column: int, side: int) -> str:
    """Where a cell lies, in words."""
    down = ("top", "middle", "bottom")[min(3 * row // side, 2)]
    across = ("left", "centre", "right")[min(3 * column // side, 2)]
    return f"{down} {across}, row {row + 1}, column {column + 1}"
