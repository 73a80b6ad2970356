"""Networks questioned by themselves, about their own classes: from the store to their pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.build.charts.signed_bars import Atlas
from diamond_cutter.build.explained_study import ExplainedStudy, read_attribution
from diamond_cutter.build.page_text import number, shown, whole_percent
from diamond_cutter.build.pages.attribution.attribution_view import AttributionView
from diamond_cutter.build.pages.attribution.class_attribution_view import (
    ClassAttributionView,
    class_attribution_views,
    class_files,
)
from diamond_cutter.build.pages.attribution.photo_attribution_files import attribution_files, looks
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.tiles.photo_tiles import PhotoTile, photo_folder, photo_sheets, photo_tile
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.attribution.attribution_reader import explained_names
from diamond_cutter.precompute.stores.store_address import array, subgroup
from diamond_cutter.precompute.stores.study.dataset_report import Report
from diamond_cutter.precompute.stores.study.study_reader import names, open_studies, read_report

FOLDER = "networks/"
"""The folder of the site that they lie in."""
GUESSES = 5
"""Classes of a photo that are shown, the surest first."""


@dataclass(frozen=True, eq=False)
class NetworkByItself:
    """Sample photos, and what networks with their own classes see in them.

    thumbnail: (N, 96, 96, 3) uint8, sRGB.
    """

    name: str
    report: Report
    thumbnail: zarr.Array[Any]
    explained: ExplainedStudy

    @property
    def path(self) -> str:
        """Its folder in the site, relative to the site's root, with a slash at the end."""
        return f"{FOLDER}{self.name}/"


@dataclass(frozen=True)
class NetworkGuess:
    """A class, its page if it has one, and how sure the network is of it; `length` 0..100."""

    name: str
    href: str
    sure: str
    length: float


@dataclass(frozen=True)
class NetworkThumb:
    """A photo, and the class that the first network takes it for."""

    tile: PhotoTile
    predicted: str


@dataclass(frozen=True)
class NetworksPage:
    """`/networks/<name>/`: the photos, the classes they are taken for, and the networks."""

    frame: Frame
    name: str
    networks: tuple[str, ...]
    photos: str
    thumbs: tuple[NetworkThumb, ...]
    classes: tuple[Link, ...]


@dataclass(frozen=True)
class OwnPhotoPage:
    """`/networks/<name>/photos/<photo>/`: one photo; `guesses` are the first network's."""

    frame: Frame
    study: str
    name: str
    path: str
    network: str
    tile: PhotoTile
    guesses: tuple[NetworkGuess, ...]
    look: AttributionView
    before: Link | None
    after: Link | None


@dataclass(frozen=True)
class OwnClassPage:
    """`/networks/<name>/classes/<class>/`: what speaks for one of the networks' own classes."""

    frame: Frame
    study: str
    name: str
    look: ClassAttributionView


def read_networks(addresses: Sequence[str]) -> tuple[NetworkByItself, ...]:
    """What networks are asked without a study, in all stores at `addresses`, by name.

    Raises `UserError` if two are of the same name, or one is not what the contract says.
    """
    found: dict[str, NetworkByItself] = {}
    for address in dict.fromkeys(addresses):
        studies = open_studies(address)
        for name in sorted(set(explained_names(studies)) - set(names(studies))):
            if name in found:
                raise UserError(
                    f"{address}: expected another name than {name!r}, which another store has "
                    "too; rename one, or leave one store out"
                )
            explained = read_attribution(address, studies, name)
            if explained is None:
                continue
            group = subgroup(studies, name)
            slot = subgroup(group, str(group.attrs["slot"]))
            thumbnail = array(slot, "photos/thumbnail")
            found[name] = NetworkByItself(name, read_report(slot), thumbnail, explained)
    return tuple(found[name] for name in sorted(found))


def questioned_pages(
    around: Surroundings, questioned: NetworkByItself, atlas: Atlas
) -> Iterator[tuple[str, str, NetworksPage | OwnPhotoPage | OwnClassPage]]:
    """Each page as its path below the folder, the name of its template, and its content."""
    explained, files = questioned.explained, questioned.report.photos
    cut = explained.cuts[0]
    with_page = set(cut.shown)
    seen = dict(looks(explained, files, atlas))
    logits = {photo.photo: photo.logit for photo in explained.photos(cut)}
    order = sorted(seen)
    for place, photo in enumerate(order):
        beside = (order[place - 1] if place else None, *order[place + 1 : place + 2], None)[:2]
        page = _photo_page(around, questioned, photo, logits[photo], seen[photo], beside, with_page)
        yield f"{photo_folder(photo)}index.html", "own_photo.html", page
    classes = list(enumerate(class_attribution_views(explained, atlas)))
    linked = []
    for label, look in classes:
        if look is None:
            continue
        name = shown(cut.classes[label])
        linked.append(Link(name, f"classes/{label}/"))
        path = f"classes/{label}/index.html"
        yield path, "own_class.html", _class_page(around, questioned, label, name, look)
    thumbs = tuple(
        NetworkThumb(photo_tile(files, photo, ""), shown(cut.classes[int(logits[photo].argmax())]))
        for photo in order
    )
    yield "index.html", "networks.html", _networks_page(around, questioned, thumbs, linked)


def questioned_files(questioned: NetworkByItself) -> Iterator[tuple[str, bytes]]:
    """The pictures and the JSON that the pages need, by path below the folder."""
    yield from photo_sheets(questioned.thumbnail, questioned.report.photos)
    yield from attribution_files(questioned.explained)
    yield from class_files(questioned.explained)


def _networks_page(
    around: Surroundings,
    questioned: NetworkByItself,
    thumbs: tuple[NetworkThumb, ...],
    classes: list[Link],
) -> NetworksPage:
    names_of = tuple(dict.fromkeys(cut.model for cut in questioned.explained.cuts))
    middle = "\N{MIDDLE DOT}"
    photos = number(len(thumbs), "photo")
    frame = make_frame(
        around,
        questioned.path,
        f"{questioned.name} {middle} {NAME}",
        f"What {', '.join(names_of)} with its own classes looks at in {photos}.",
        crumbs=(Link(NAME, "../../"),),
    )
    return NetworksPage(frame, questioned.name, names_of, photos, thumbs, tuple(classes))


def _photo_page(
    around: Surroundings,
    questioned: NetworkByItself,
    photo: int,
    logit: NDArray[np.float32],
    look: AttributionView,
    beside: tuple[int | None, ...],
    with_page: set[int],
) -> OwnPhotoPage:
    cut = questioned.explained.cuts[0]
    file = questioned.report.photos[photo]
    name = shown(PurePosixPath(file.path).name)
    middle = "\N{MIDDLE DOT}"
    frame = make_frame(
        around,
        questioned.path + photo_folder(photo),
        f"{name} {middle} {questioned.name} {middle} {NAME}",
        f"What {cut.model} looks at in {name}.",
        crumbs=(Link(NAME, "../../../../"), Link(questioned.name, "../../")),
    )
    odds = np.exp(logit - logit.max())
    probability = odds / odds.sum()
    before, after = (
        None if other is None else Link(f"Photo {other}", f"../{other}/") for other in beside
    )
    return OwnPhotoPage(
        frame=frame,
        study=questioned.name,
        name=name,
        path=shown(file.path),
        network=cut.model,
        tile=photo_tile(questioned.report.photos, photo, "../../"),
        guesses=tuple(
            NetworkGuess(
                shown(cut.classes[label]),
                f"../../classes/{label}/" if label in with_page else "",
                whole_percent(float(probability[label])),
                round(100 * float(probability[label]), 1),
            )
            for label in map(int, np.argsort(-probability, kind="stable")[:GUESSES])
        ),
        look=look,
        before=before,
        after=after,
    )


def _class_page(
    around: Surroundings,
    questioned: NetworkByItself,
    label: int,
    name: str,
    look: ClassAttributionView,
) -> OwnClassPage:
    middle = "\N{MIDDLE DOT}"
    frame = make_frame(
        around,
        f"{questioned.path}classes/{label}/",
        f"{name} {middle} {questioned.name} {middle} {NAME}",
        f"What speaks for {name} and against it.",
        crumbs=(Link(NAME, "../../../../"), Link(questioned.name, "../../")),
    )
    return OwnClassPage(frame, questioned.name, name, look)
