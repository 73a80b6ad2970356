"""Links to maps: with a picture, from what has maps, and by name, from the layers that have one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diamond_cutter.build.explained_study import NetworkByItself
from diamond_cutter.build.mapped_layers import MappedLayers, map_folder
from diamond_cutter.build.measured_study import MeasuredStudy
from diamond_cutter.build.page_text import number
from diamond_cutter.build.pages.page_contexts import Link
from diamond_cutter.build.rendered_atlas import ModelAtlas
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import ActivationMap

WIDE = 640
"""The side in pixels of a map as one picture, at most."""


@dataclass(frozen=True)
class MapLink:
    """A map: its page, and `picture` of `size` pixels a side; of how many places of photos."""

    label: str
    href: str
    picture: str
    size: int
    facts: str


@dataclass(frozen=True)
class LayerMap:
    """A map of a layer: what it is of, its page below the site's root, and the layer's weights."""

    name: str
    path: str
    weights_digest: str


LayerMaps = Mapping[tuple[str, str], Sequence[LayerMap]]
"""The maps of each layer, by the names of its model and its own."""


def map_link(mapped: MappedLayers, found: ActivationMap, base: str = "") -> MapLink:
    """A link to a map; `base` is the folder of what has it as the page sees it."""
    folder = base + map_folder(found)
    return MapLink(
        label=map_label(mapped, found),
        href=folder,
        picture=f"{folder}map.webp",
        size=picture_size(found),
        facts=f"{number(found.vectors, 'place')} of {number(found.photos, 'photo')}",
    )


def first_map(mapped: MappedLayers, base: str = "") -> MapLink | None:
    """A link to the map that is shown first; None without maps."""
    found = mapped.first
    return None if found is None else map_link(mapped, found, base)


def map_label(mapped: MappedLayers, found: ActivationMap) -> str:
    """The name of a map's layer, with its model's where there are several."""
    several = len({each.model for each in mapped.maps}) > 1
    return f"{found.model} {found.layer}" if several else found.layer


def picture_side(found: ActivationMap) -> int:
    """Cells a side of a map as one picture: those of the second coarsest grid."""
    return found.grids[min(1, len(found.grids) - 1)]


def picture_size(found: ActivationMap) -> int:
    """The side in pixels of a map as one picture."""
    side = picture_side(found)
    return WIDE // side * side


def maps_of_layers(
    studies: Sequence[MeasuredStudy], networks: Sequence[NetworkByItself]
) -> LayerMaps:
    """All maps there are, by layer."""
    layers: dict[tuple[str, str], list[LayerMap]] = {}
    have = [
        *((study.study.name, study.path, study.mapped) for study in studies),
        *((each.name, each.path, each.mapped) for each in networks),
    ]
    for name, path, mapped in have:
        for found in mapped.maps:
            one = LayerMap(name, path + map_folder(found), found.weights_digest)
            layers.setdefault((found.model, found.layer), []).append(one)
    return layers


def layer_map_links(maps: LayerMaps, model: ModelAtlas, layer: str, base: str) -> tuple[Link, ...]:
    """The links to a layer's maps; `base` is the site's root as the page sees it.

    Where the layer is rendered, those of other weights are left out.
    """
    rendered = next((each for each in model.rendered if each.layer.name == layer), None)
    return tuple(
        Link(each.name, base + each.path)
        for each in maps.get((model.model.name, layer), ())
        if rendered is None or rendered.is_of(each.weights_digest)
    )
