"""The page of a photo, in a study or of networks by themselves: from the store to its template."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.explained_study import NetworkByItself
from diamond_cutter.build.mapped_layers import MappedLayers
from diamond_cutter.build.measured_study import MeasuredStudy
from diamond_cutter.build.page_text import margin_text, shown, whole_percent
from diamond_cutter.build.pages.attribution.attribution_view import AttributionView, view_data
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.pages.study.photo_predictions import Predictions
from diamond_cutter.build.tiles.photo_tiles import PhotoTile, photo_folder, photo_tile
from diamond_cutter.build.tiles.sprite_sheet import TILES

GUESSES = 5
"""Classes shown at most, the surest first, and in a study the photo's own."""
BASE = "../../"
"""The folder of the study, or of what networks are asked, as the page sees it."""


@dataclass(frozen=True)
class Guess:
    """A class, its page if it has one, and how sure the head or the network is of it.

    length: 0..100. own: whether it is the photo's class.
    """

    name: str
    href: str
    sure: str
    length: float
    own: bool


@dataclass(frozen=True)
class Verdict:
    """What a cut takes the photo for, and how surely."""

    cut: Link
    predicted: str
    sure: str
    right: bool


@dataclass(frozen=True)
class HeadsSay:
    """What the heads of a study say of the photo.

    label: its class, that class's page. cut: the recommended one. predicted: what that takes it
    for, empty where it is held out in no fold; margin: by how much. verdicts: of all cuts, best
    first; agree: how many of them are right. command: what computes what the network looks at.
    """

    label: Link
    cut: Link
    predicted: str
    right: bool
    margin: str
    verdicts: tuple[Verdict, ...]
    agree: int
    command: str


@dataclass(frozen=True)
class PhotoPage:
    """One photo: `photos/<photo>/` below `/studies/<study>/` or `/networks/<name>/`.

    name: of its file; path: in the dataset. guesses: of the recommended cut, or of the network.
    heads: what those of the study say; None of a network by itself, which `network` names, and
    which is empty in a study. look: what the network looks at, None where that was not computed.
    map: address of the deepest layer's, with the photo's places marked; empty without maps.
    before, after: in the order of the dataset.
    """

    frame: Frame
    name: str
    path: str
    size: str
    tile: PhotoTile
    network: str
    heads: HeadsSay | None
    guesses: tuple[Guess, ...]
    look: AttributionView | None
    map: str
    before: Link | None
    after: Link | None


def photo_page(
    around: Surroundings,
    measured: MeasuredStudy,
    predictions: Mapping[tuple[str, str], Predictions],
    probability: NDArray[np.float32],
    photo: int,
    look: AttributionView | None,
) -> PhotoPage:
    """`/studies/<study>/photos/<photo>/`.

    `predictions` are those of all cuts; `probability` (K,) is the recommended cut's of the photo.
    """
    study, best = measured.study, measured.recommended
    file = measured.photos[photo]
    ours = predictions[best.key]
    label, predicted = int(ours.label[photo]), int(ours.predicted[photo])
    name = shown(PurePosixPath(file.path).name)
    middle = "\N{MIDDLE DOT}"
    said = f", taken for {shown(study.classes[predicted])}" if predicted >= 0 else ""
    frame = make_frame(
        around,
        measured.path + photo_folder(photo),
        f"{name} {middle} {study.name} {middle} {NAME}",
        f"A photo of {shown(study.classes[label])}{said}: what the network looks at.",
        crumbs=(Link(NAME, "../../../../"), Link(study.name, BASE), Link("Photos", "../")),
        data=(
            *_data(photo, look),
            Link(f"photo {photo} in photos.json", f"{BASE}{best.path}photos.json"),
        ),
    )
    verdicts = _verdicts(measured, predictions, photo)
    heads = HeadsSay(
        label=Link(shown(study.classes[label]), f"{BASE}classes/{label}/"),
        cut=Link(f"{best.cut.model} at {best.cut.cut}", BASE + best.path),
        predicted=shown(study.classes[predicted]) if predicted >= 0 else "",
        right=predicted == label,
        margin=margin_text(float(ours.margin[photo])),
        verdicts=verdicts,
        agree=sum(verdict.right for verdict in verdicts),
        command=f"diamond study {study.name}",
    )
    with_page = range(len(study.classes))
    return PhotoPage(
        frame=frame,
        name=name,
        path=shown(file.path),
        size=f"{file.width} \N{MULTIPLICATION SIGN} {file.height} px" if file.width else "",
        tile=photo_tile(measured.photos, photo, BASE),
        network="",
        heads=heads,
        guesses=_guesses(study.classes, probability, with_page, label) if predicted >= 0 else (),
        look=look,
        map=_map_of(measured.mapped, photo),
        before=_photo_link(photo - 1) if photo else None,
        after=_photo_link(photo + 1) if photo + 1 < study.photos else None,
    )


def network_photo_page(
    around: Surroundings,
    network: NetworkByItself,
    photo: int,
    logit: NDArray[np.float32],
    look: AttributionView,
    beside: tuple[int | None, int | None],
) -> PhotoPage:
    """`/networks/<name>/photos/<photo>/`.

    `logit` (K,) is the first network's of the photo; `beside` are the photos before and after.
    """
    cut = network.explained.cuts[0]
    file = network.report.photos[photo]
    name = shown(PurePosixPath(file.path).name)
    middle = "\N{MIDDLE DOT}"
    frame = make_frame(
        around,
        network.path + photo_folder(photo),
        f"{name} {middle} {network.name} {middle} {NAME}",
        f"What {cut.model} looks at in {name}.",
        crumbs=(Link(NAME, "../../../../"), Link(network.name, BASE)),
        data=_data(photo, look),
    )
    before, after = (None if other is None else _photo_link(other) for other in beside)
    return PhotoPage(
        frame=frame,
        name=name,
        path=shown(file.path),
        size="",
        tile=photo_tile(network.report.photos, photo, BASE),
        network=cut.model,
        heads=None,
        guesses=_guesses(cut.classes, softmax(logit), set(cut.shown)),
        look=look,
        map=_map_of(network.mapped, photo),
        before=before,
        after=after,
    )


def softmax(logit: NDArray[np.float32]) -> NDArray[np.float32]:
    """The probabilities, (K,), of logits (K,)."""
    odds = np.exp(logit - logit.max())
    sure: NDArray[np.float32] = odds / odds.sum()
    return sure


def _data(photo: int, look: AttributionView | None) -> tuple[Link, ...]:
    sheet, place = divmod(photo, TILES)
    name = f"classes-{sheet}.json"
    known = () if look is None else view_data(look.views, "view.json", with_graph=bool(look.graphs))
    return (*known, Link(f"photo {place} in {name}", f"../{name}"))


def _map_of(mapped: MappedLayers, photo: int) -> str:
    return f"{BASE}{mapped.first_path}?photo={photo}" if mapped.maps else ""


def _photo_link(photo: int) -> Link:
    return Link(f"Photo {photo}", f"../{photo}/")


def _guesses(
    classes: list[str],
    probability: NDArray[np.float32],
    with_page: Container[int],
    label: int | None = None,
) -> tuple[Guess, ...]:
    surest = [int(index) for index in np.argsort(-probability, kind="stable")[:GUESSES]]
    if label is not None and label not in surest:
        surest[-1] = label
    return tuple(
        Guess(
            name=shown(classes[index]),
            href=f"{BASE}classes/{index}/" if index in with_page else "",
            sure=whole_percent(float(probability[index])),
            length=round(100 * float(probability[index]), 1),
            own=index == label,
        )
        for index in surest
    )


def _verdicts(
    measured: MeasuredStudy, predictions: Mapping[tuple[str, str], Predictions], photo: int
) -> tuple[Verdict, ...]:
    found = []
    for cut in measured.cuts:
        ours = predictions[cut.key]
        predicted = int(ours.predicted[photo])
        if predicted >= 0:
            found.append(
                Verdict(
                    cut=Link(f"{cut.cut.model} at {cut.cut.cut}", BASE + cut.path),
                    predicted=shown(measured.study.classes[predicted]),
                    sure=whole_percent(float(ours.probability[photo])),
                    right=predicted == int(ours.label[photo]),
                )
            )
    return tuple(found)
