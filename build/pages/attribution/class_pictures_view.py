"""A class's own pictures and neuron groups: what its page shows, and the files it shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.build.charts.signed_bars import Bar, draw_bar, strongest
from diamond_cutter.build.explained_study import ExplainedStudy, View, views
from diamond_cutter.build.page_text import shown
from diamond_cutter.build.tiles.channel_pictures import webp
from diamond_cutter.build.tiles.channel_tiles import Atlas, Tile, channel_tile
from diamond_cutter.precompute.stores.attribution.attribution_layout import ClassGroups, Pictures
from diamond_cutter.precompute.stores.attribution.attribution_reader import (
    read_class_groups,
    read_pictures,
)

ROOT = "../../../../"
"""The site's root as the page of a class sees it."""
_GROUPS = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (153, 153, 153),
)
"""Colours of groups, sRGB (Okabe and Ito 2008), as `attribution-view.css` has them."""


@dataclass(frozen=True)
class ClassPicture:
    """A picture made for the class: its address and side in pixels, and what it shows."""

    src: str
    side: int
    text: str


@dataclass(frozen=True)
class GroupPhoto:
    """A photo that groups were found in: the picture, and where they are, one pixel a cell."""

    href: str
    picture: str
    overlay: str
    rows: int
    columns: int


@dataclass(frozen=True)
class ClassGroup:
    """A neuron group of a class: its picture, its strongest channels and what it adds."""

    number: int
    picture: ClassPicture | None
    channels: tuple[Tile, ...]
    bar: Bar


@dataclass(frozen=True, eq=False)
class CutClassPictures:
    """The pictures and groups of the classes of a cut, as the store has them, if it has them."""

    view: View
    pictures: Pictures | None
    groups: ClassGroups | None

    @property
    def folder(self) -> str:
        """Where the files of a cut are, below the folder of a class's page."""
        return f"{self.view.cut.model}/{self.view.cut.cut}/"


@dataclass(frozen=True)
class CutPictures:
    """What one cut has of a class: pictures of its logit and of its weights, and its groups."""

    name: str
    logit: tuple[ClassPicture, ...]
    direction: tuple[ClassPicture, ...]
    groups: tuple[ClassGroup, ...]
    photos: tuple[GroupPhoto, ...]


def read_own(explained: ExplainedStudy) -> tuple[CutClassPictures, ...]:
    """The pictures and groups of all classes, of each cut."""
    source = explained.source
    return tuple(
        CutClassPictures(
            view,
            read_pictures(source, view.cut.model, view.cut.cut),
            read_class_groups(source, view.cut.model, view.cut.cut),
        )
        for view in views(explained)
        if view.at_cut
    )


def own_files(own: tuple[CutClassPictures, ...], label: int) -> Iterator[tuple[str, bytes]]:
    """The files of a class, below the folder of its page."""
    for each in own:
        for path, pixels in _pictures_of(each.pictures, label):
            yield each.folder + path, webp(pixels)
        for path, content in _group_files(each.groups, label):
            yield each.folder + path, content


def cut_pictures(
    own: tuple[CutClassPictures, ...], label: int, atlas: Atlas
) -> Iterator[CutPictures]:
    """What each cut has of a class; cuts that have nothing are left out."""
    for each in own:
        view = each.view
        name = shown(view.cut.classes[label])
        pictures = {
            each.folder + path: pixels.shape[0]
            for path, pixels in _pictures_of(each.pictures, label)
        }
        logit, direction = (
            tuple(
                ClassPicture(path, side, text)
                for path, side in pictures.items()
                if path.startswith(f"{each.folder}{kind}")
            )
            for kind, text in (
                ("logit", f"A picture made to raise the logit of {name}"),
                ("direction", f"A picture made to raise the direction of the weights of {name}"),
            )
        )
        groups, photos = _groups(each, label, atlas)
        if pictures or groups:
            yield CutPictures(view.name, logit, direction, groups, photos)


def _pictures_of(pictures: Pictures | None, label: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    place = None if pictures is None else _place(pictures.label, label)
    if pictures is None or place is None:
        return
    for kind, all_of in (("logit", pictures.logit), ("direction", pictures.direction)):
        for index, pixels in enumerate(all_of[place]):
            yield f"{kind}-{index}.webp", pixels


def _groups(
    own: CutClassPictures, label: int, atlas: Atlas
) -> tuple[tuple[ClassGroup, ...], tuple[GroupPhoto, ...]]:
    groups, view, folder = own.groups, own.view, own.folder
    place = None if groups is None else _place(groups.label, label)
    if groups is None or place is None:
        return (), ()
    scale = float(np.abs(groups.value[place]).max(initial=0))
    side = groups.picture.shape[2] if groups.picture[place].any() else 0
    found = []
    for index, direction in enumerate(groups.direction[place]):
        strong, _ = strongest(direction, 4)
        found.append(
            ClassGroup(
                number=index + 1,
                picture=ClassPicture(
                    f"{folder}group-{index}.webp",
                    side,
                    f"A picture made to excite group {index + 1}",
                )
                if side
                else None,
                channels=tuple(channel_tile(channel, view, atlas, ROOT) for channel in strong),
                bar=draw_bar(float(groups.value[place, index]), scale),
            )
        )
    rows, columns = groups.map.shape[-2:]
    photos = tuple(
        GroupPhoto(
            f"../../photos/{photo}/?view={view.key}&over=groups",
            f"../../photos/{photo}/photo.webp",
            f"{folder}regions-{index}.png",
            rows,
            columns,
        )
        for index, photo in enumerate(groups.photo[place])
        if photo >= 0
    )
    return tuple(found), photos


def _group_files(groups: ClassGroups | None, label: int) -> Iterator[tuple[str, bytes]]:
    place = None if groups is None else _place(groups.label, label)
    if groups is None or place is None:
        return
    if groups.picture[place].any():
        for index, pixels in enumerate(groups.picture[place]):
            yield f"group-{index}.webp", webp(pixels)
    for index, photo in enumerate(groups.photo[place]):
        if photo >= 0:
            yield f"regions-{index}.png", _regions(groups.map[place, index])


def _regions(maps: NDArray[np.float32]) -> bytes:
    """Where groups are, (G, R, Q) of 0..1, as a PNG with one pixel a cell, clear where none is."""
    strongest_group = maps.argmax(axis=0)
    colours = np.array(_GROUPS, np.uint8)[strongest_group % len(_GROUPS)]
    opacity = np.rint(255 * 0.85 * maps.max(axis=0).clip(0, 1)).astype(np.uint8)
    file = BytesIO()
    Image.fromarray(np.dstack([colours, opacity]), "RGBA").save(file, "PNG")
    return file.getvalue()


def _place(labels: NDArray[np.int32], label: int) -> int | None:
    (found,) = np.nonzero(labels == label)
    return int(found[0]) if len(found) else None
