"""The page of what networks are asked by themselves, about their own classes: from the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.explained_study import NetworkByItself
from diamond_cutter.build.page_text import number, shown
from diamond_cutter.build.pages.maps.map_links import MapLink, first_map
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.pages.study.class_page import class_folder
from diamond_cutter.build.tiles.photo_tiles import PhotoTile, photo_tile


@dataclass(frozen=True)
class NetworkThumb:
    """A photo, and the class that the first network takes it for."""

    tile: PhotoTile
    predicted: str


@dataclass(frozen=True)
class NetworksPage:
    """`/networks/<name>/`: the photos, the classes they are taken for, and the networks.

    maps: where their list is, empty if there are none; map: the one that is shown, None likewise.
    """

    frame: Frame
    name: str
    networks: tuple[str, ...]
    photos: str
    thumbs: tuple[NetworkThumb, ...]
    classes: tuple[Link, ...]
    maps: str
    map: MapLink | None


def networks_page(
    around: Surroundings,
    network: NetworkByItself,
    logits: Mapping[int, NDArray[np.float32]],
    with_page: Sequence[int],
) -> NetworksPage:
    """`/networks/<name>/`.

    `logits` are the first network's, (K,) each, of the photos that it explains; `with_page` are
    the classes that have a page.
    """
    cut = network.explained.cuts[0]
    names_of = tuple(dict.fromkeys(cut.model for cut in network.explained.cuts))
    middle = "\N{MIDDLE DOT}"
    photos = number(len(logits), "photo")
    frame = make_frame(
        around,
        network.path,
        f"{network.name} {middle} {NAME}",
        f"What {', '.join(names_of)} with its own classes looks at in {photos}.",
        crumbs=(Link(NAME, "../../"),),
        data=(Link("network.json", "network.json"),),
    )
    thumbs = tuple(
        NetworkThumb(
            photo_tile(network.report.photos, photo, ""),
            shown(cut.classes[int(logits[photo].argmax())]),
        )
        for photo in sorted(logits)
    )
    classes = tuple(Link(shown(cut.classes[label]), class_folder(label)) for label in with_page)
    mapped = network.mapped
    return NetworksPage(
        frame, network.name, names_of, photos, thumbs, classes, mapped.list_path, first_map(mapped)
    )
