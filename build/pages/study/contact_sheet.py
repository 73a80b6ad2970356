"""The contact sheet: all photos of a study, the mistakes of its recommended cut first."""

from collections.abc import Iterator
from dataclasses import dataclass

from diamond_cutter.build.measured_study import MeasuredStudy
from diamond_cutter.build.page_text import encode, margin_text, number, shown
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.pages.study.photo_predictions import Predictions, by_margin, mistakes
from diamond_cutter.build.tiles.photo_tiles import PhotoTile, photo_tile

PATH = "photos/"
"""Where the first page is, below the study's folder."""
PHOTOS = 192
"""Photos of a page; those after it are for who has no JavaScript."""


@dataclass(frozen=True)
class Thumb:
    """A photo in a contact sheet.

    label, predicted: names of classes, `predicted` empty where it is held out in no fold. margin:
    as text; right: whether it is taken for its class. doubted: the class that the heads suggest
    instead of its label, empty where they don't doubt it. looked: whether it is known what the
    network looks at in it.
    """

    tile: PhotoTile
    label: str
    predicted: str
    margin: str
    right: bool
    doubted: str
    looked: bool


@dataclass(frozen=True)
class CutChoice:
    """A cut whose predictions the sheet can show; `key` stands in the address."""

    key: str
    name: str


@dataclass(frozen=True)
class ContactPage:
    """`/studies/<study>/photos/`, and `page-2/` and so on below it.

    photos: in words; wrong: how many are taken for a wrong class. cut: the recommended one, its
    page. cuts: all, the recommended first. doubted: of how many photos the heads doubt the label;
    looked: of how many it is known what the network looks at. thumbs: those of this page. pages:
    links to all pages, `number` is this one's place among them, from 1.
    """

    frame: Frame
    study: str
    base: str
    photos: str
    wrong: int
    cut: Link
    cuts: tuple[CutChoice, ...]
    classes: tuple[str, ...]
    doubted: int
    looked: int
    thumbs: tuple[Thumb, ...]
    pages: tuple[Link, ...]
    number: int


def contact_pages(
    around: Surroundings, measured: MeasuredStudy, predictions: Predictions
) -> Iterator[tuple[str, ContactPage]]:
    """The pages by their folder below the study's; `predictions` are the recommended cut's."""
    order = by_margin(predictions)
    count = max(1, -(-len(order) // PHOTOS))
    for index in range(count):
        shown_here = [int(photo) for photo in order[index * PHOTOS : (index + 1) * PHOTOS]]
        yield (
            _folder(index),
            _contact_page(around, measured, predictions, shown_here, index, count),
        )


def thumb(measured: MeasuredStudy, predictions: Predictions, photo: int, base: str) -> Thumb:
    """A photo as a sheet shows it; `base` is the study's folder as the page sees it."""
    classes = measured.study.classes
    predicted = int(predictions.predicted[photo])
    return Thumb(
        tile=photo_tile(measured.photos, photo, base),
        label=shown(classes[int(predictions.label[photo])]),
        predicted=shown(classes[predicted]) if predicted >= 0 else "",
        margin=margin_text(float(predictions.margin[photo])),
        right=predicted == predictions.label[photo],
        doubted=shown(measured.doubted.get(photo, "")),
        looked=photo in measured.looked,
    )


def _contact_page(
    around: Surroundings,
    measured: MeasuredStudy,
    predictions: Predictions,
    photos: list[int],
    index: int,
    count: int,
) -> ContactPage:
    study, best = measured.study, measured.recommended
    middle = "\N{MIDDLE DOT}"
    base = "../" if index == 0 else "../../"
    words = number(study.photos, "photo")
    frame = make_frame(
        around,
        measured.path + _folder(index),
        f"Photos {middle} {study.name} {middle} {NAME}",
        f"The {words} of the study {study.name}, and what its cuts take them for.",
        crumbs=(Link(NAME, f"{base}../../"), Link(study.name, base)),
        data=(
            Link("photos.json", f"{base}{best.path}photos.json"),
            Link("marks.json", f"{base}{PATH}marks.json"),
        ),
    )
    others = [cut for cut in measured.cuts if cut is not best]
    return ContactPage(
        frame=frame,
        study=study.name,
        base=base,
        photos=words,
        wrong=mistakes(predictions),
        cut=Link(f"{best.cut.model} at {best.cut.cut}", base + best.path),
        cuts=tuple(
            CutChoice(cut.path.rstrip("/"), f"{cut.cut.model} at {cut.cut.cut}")
            for cut in (best, *others)
        ),
        classes=tuple(shown(name) for name in study.classes),
        doubted=len(measured.doubted),
        looked=len(measured.looked),
        thumbs=tuple(thumb(measured, predictions, photo, base) for photo in photos),
        pages=tuple(Link(str(page + 1), base + _folder(page)) for page in range(count)),
        number=index + 1,
    )


def marks_document(measured: MeasuredStudy) -> bytes:
    """`marks.json`: the photos that the sheet marks, by index.

    `looked`: those in which it is known what the network looks at. `doubted`: those whose label the
    heads doubt, the surest doubt first, and `suggested`: the class of each, by index.
    """
    index = {name: place for place, name in enumerate(measured.study.classes)}
    return encode(
        {
            "schema": "photo-marks",
            "looked": sorted(measured.looked),
            "doubted": list(measured.doubted),
            "suggested": [index[name] for name in measured.doubted.values()],
        }
    )


def _folder(index: int) -> str:
    return PATH if index == 0 else f"{PATH}page-{index + 1}/"
