"""The pages of classes, a study's or networks' own, and a study's list of them: from the store."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.explained_study import NetworkByItself
from diamond_cutter.build.measured_study import MeasuredStudy
from diamond_cutter.build.page_text import number, shown
from diamond_cutter.build.pages.attribution.attribution_view import view_data
from diamond_cutter.build.pages.attribution.class_attribution_view import ClassAttributionView
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.pages.study.contact_sheet import Thumb, thumb
from diamond_cutter.build.pages.study.cut_figures import ClassRow, class_row, class_rows
from diamond_cutter.build.pages.study.photo_predictions import Predictions, by_margin

FOLDER = "classes/"
"""Where the list of classes is, below the study's folder."""
PHOTOS = 96
"""Photos of a class shown at most; the contact sheet has all."""
CONFUSED = 6
"""Classes named that a class is taken for, or that are taken for it."""


@dataclass(frozen=True)
class Confused:
    """Another class, its page, and how many photos are taken for it."""

    name: str
    href: str
    photos: int


@dataclass(frozen=True)
class HeadSays:
    """What the head of a study's recommended cut says of the class's photos.

    row: its figures at that cut, whose page is `cut`. taken: for which other classes its photos are
    taken; mistaken: of which other classes are the photos taken for it. thumbs: its photos,
    mistakes first; all: address of all of them in the contact sheet. before, after: in the order of
    the names.
    """

    row: ClassRow
    cut: Link
    wrong: int
    taken: tuple[Confused, ...]
    mistaken: tuple[Confused, ...]
    thumbs: tuple[Thumb, ...]
    all: str
    before: Link | None
    after: Link | None


@dataclass(frozen=True)
class ClassPage:
    """One class: `classes/<class>/` below `/studies/<study>/` or `/networks/<name>/`.

    study: its name, or that of what networks are asked. head: what that of the study says; None of
    networks by themselves. look: what speaks for the class, None where that was not computed.
    map: address of the deepest layer's, with what speaks for the class; empty without maps.
    """

    frame: Frame
    study: str
    name: str
    head: HeadSays | None
    look: ClassAttributionView | None
    map: str


@dataclass(frozen=True)
class ClassesPage:
    """`/studies/<study>/classes/`: the classes, worst recall first."""

    frame: Frame
    study: str
    cut: Link
    rows: tuple[ClassRow, ...]


def class_folder(index: int) -> str:
    """The folder of a class's page, below the study's folder, with a slash at the end."""
    return f"{FOLDER}{index}/"


def classes_page(around: Surroundings, measured: MeasuredStudy) -> ClassesPage:
    """`/studies/<study>/classes/`."""
    study, best = measured.study, measured.recommended
    middle = "\N{MIDDLE DOT}"
    frame = make_frame(
        around,
        measured.path + FOLDER,
        f"Classes {middle} {study.name} {middle} {NAME}",
        f"The classes of the study {study.name}, and how well each is told from the others.",
        crumbs=(Link(NAME, "../../../"), Link(study.name, "../")),
        data=(Link("cut.json", f"../{best.path}cut.json"),),
    )
    cut = Link(f"{best.cut.model} at {best.cut.cut}", f"../{best.path}")
    return ClassesPage(frame, study.name, cut, class_rows(best.cut.metrics.classes))


def class_page(
    around: Surroundings,
    measured: MeasuredStudy,
    predictions: Predictions,
    index: int,
    look: ClassAttributionView | None,
) -> ClassPage:
    """`/studies/<study>/classes/<class>/`; `predictions` are the recommended cut's."""
    study, best = measured.study, measured.recommended
    name = shown(study.classes[index])
    middle = "\N{MIDDLE DOT}"
    base = "../../"
    frame = make_frame(
        around,
        measured.path + class_folder(index),
        f"{name} {middle} {study.name} {middle} {NAME}",
        f"{name}, {number(study.counts[index], 'photo')} of the study {study.name}: what speaks "
        f"for it and against it.",
        crumbs=(Link(NAME, f"{base}../../"), Link(study.name, base), Link("Classes", "../")),
        data=(
            Link(f"class {index} in cut.json", f"{base}{best.path}cut.json"),
            *(
                []
                if look is None
                else view_data(look.views, "class.json", with_graph=bool(look.graphs))
            ),
        ),
    )
    own, taken_for = predictions.label == index, predictions.predicted
    order = by_margin(predictions)
    photos = [int(photo) for photo in order[own[order]][:PHOTOS]]
    elsewhere = taken_for[own & (taken_for >= 0) & (taken_for != index)]
    head = HeadSays(
        row=class_row(index, best.cut.metrics.classes[index]),
        cut=Link(f"{best.cut.model} at {best.cut.cut}", base + best.path),
        wrong=len(elsewhere),
        taken=_confused(study.classes, elsewhere),
        mistaken=_confused(study.classes, predictions.label[~own & (taken_for == index)]),
        thumbs=tuple(thumb(measured, predictions, photo, base) for photo in photos),
        all=f"{base}photos/?true={index}",
        before=_beside(study.classes, index - 1),
        after=_beside(study.classes, index + 1),
    )
    where = f"{base}{measured.mapped.first_path}?class={index}" if measured.mapped.maps else ""
    return ClassPage(frame, study.name, name, head, look, where)


def network_class_page(
    around: Surroundings, network: NetworkByItself, label: int, look: ClassAttributionView
) -> ClassPage:
    """`/networks/<name>/classes/<class>/`: what speaks for one of the networks' own classes."""
    name = shown(network.explained.cuts[0].classes[label])
    middle = "\N{MIDDLE DOT}"
    frame = make_frame(
        around,
        network.path + class_folder(label),
        f"{name} {middle} {network.name} {middle} {NAME}",
        f"What speaks for {name} and against it.",
        crumbs=(Link(NAME, "../../../../"), Link(network.name, "../../")),
        data=view_data(look.views, "class.json", with_graph=bool(look.graphs)),
    )
    where = f"../../{network.mapped.first_path}?class={label}" if network.mapped.maps else ""
    return ClassPage(frame, network.name, name, None, look, where)


def _confused(classes: list[str], found: NDArray[np.int32]) -> tuple[Confused, ...]:
    most = Counter(found.tolist()).most_common(CONFUSED)
    return tuple(Confused(shown(classes[other]), f"../{other}/", count) for other, count in most)


def _beside(classes: list[str], index: int) -> Link | None:
    return Link(shown(classes[index]), f"../{index}/") if 0 <= index < len(classes) else None
