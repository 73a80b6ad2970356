"""The page of a photo in a study: from the store to what the template shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.measured_study import MeasuredStudy
from diamond_cutter.build.page_text import margin_text, shown, whole_percent
from diamond_cutter.build.pages.attribution.attribution_view import AttributionView
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.pages.study.photo_predictions import Predictions
from diamond_cutter.build.tiles.photo_tiles import PhotoTile, photo_folder, photo_tile

GUESSES = 5
"""Classes shown at most, the surest first, and the photo's own."""
BASE = "../../"
"""The study's folder as the page sees it."""


@dataclass(frozen=True)
class Guess:
    """A class and how sure the head is of it; `length` 0..100; `own`: it is the photo's class."""

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
class PhotoPage:
    """`/studies/<study>/photos/<photo>/`: one photo.

    name: of its file; path: in the dataset. label: its class, that class's page. cut: the
    recommended one. predicted: what that takes it for, empty where it is held out in no fold;
    margin: by how much. guesses: of that cut. verdicts: of all cuts, best first; agree: how many of
    them are right. look: what the network looks at, None where that was not computed; command: what
    computes it. before, after: in the order of the dataset.
    """

    frame: Frame
    study: str
    name: str
    path: str
    size: str
    tile: PhotoTile
    label: Link
    cut: Link
    predicted: str
    right: bool
    margin: str
    guesses: tuple[Guess, ...]
    verdicts: tuple[Verdict, ...]
    agree: int
    look: AttributionView | None
    command: str
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
    )
    verdicts = _verdicts(measured, predictions, photo)
    return PhotoPage(
        frame=frame,
        study=study.name,
        name=name,
        path=shown(file.path),
        size=f"{file.width} \N{MULTIPLICATION SIGN} {file.height} px" if file.width else "",
        tile=photo_tile(measured.photos, photo, BASE),
        label=Link(shown(study.classes[label]), f"{BASE}classes/{label}/"),
        cut=Link(f"{best.cut.model} at {best.cut.cut}", BASE + best.path),
        predicted=shown(study.classes[predicted]) if predicted >= 0 else "",
        right=predicted == label,
        margin=margin_text(float(ours.margin[photo])),
        guesses=_guesses(study.classes, probability, label) if predicted >= 0 else (),
        verdicts=verdicts,
        agree=sum(verdict.right for verdict in verdicts),
        look=look,
        command=f"diamond study {study.name}",
        before=Link(f"Photo {photo - 1}", f"../{photo - 1}/") if photo else None,
        after=Link(f"Photo {photo + 1}", f"../{photo + 1}/") if photo + 1 < study.photos else None,
    )


def _guesses(classes: list[str], probability: NDArray[np.float32], label: int) -> tuple[Guess, ...]:
    surest = [int(index) for index in np.argsort(-probability, kind="stable")[:GUESSES]]
    if label not in surest:
        surest[-1] = label
    return tuple(
        Guess(
            name=shown(classes[index]),
            href=f"{BASE}classes/{index}/",
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
