"""Photos whose label the heads doubt, as the page of a dataset has them."""

from collections.abc import Sequence
from dataclasses import dataclass

from diamond_cutter.build.page_text import apart, grouped, number, shown, whole_percent
from diamond_cutter.build.tiles.photo_tiles import PhotoTile, photo_tile
from diamond_cutter.precompute.stores.study.dataset_report import File
from diamond_cutter.precompute.stores.study.study_layout import LabelDoubts

DOUBTED = 24
"""Doubted photos shown at most: the contact sheet has all."""
UNKNOWN = 10
"""Classes named at most that the heads know too little of."""
_SURE = ((0.99, "almost certain"), (0.9, "fairly sure"), (0.0, "leaning"))
"""From which score on the heads are how sure."""


@dataclass(frozen=True)
class DoubtRow:
    """A doubted photo: its class, the one that the heads find likelier, and how sure they are."""

    tile: PhotoTile
    given: str
    suggested: str
    sure: str


@dataclass(frozen=True)
class DoubtRows:
    """The doubted photos of a dataset, the surest doubt first: as many as have room, of `count`.

    were_asked: False in studies made before heads were. cuts: whose heads, in words. unknown: of
    which classes they know too little, in a sentence, empty if of none or of all: then `nothing`.
    """

    were_asked: bool
    cuts: str
    unknown: str
    nothing: bool
    rows: tuple[DoubtRow, ...]
    count: int


def doubt_rows(doubts: LabelDoubts | None, photos: Sequence[File], classes: int) -> DoubtRows:
    """The doubts of a study of so many classes; `photos`: of its report."""
    if doubts is None:
        return DoubtRows(False, "", "", False, (), 0)
    places = {photo.path: index for index, photo in enumerate(photos)}
    rows = tuple(
        DoubtRow(
            tile=photo_tile(photos, places[doubt.path], "../"),
            given=shown(doubt.given),
            suggested=shown(doubt.suggested),
            sure=f"{_sureness(doubt.score)}, {whole_percent(doubt.score)}",
        )
        for doubt in doubts.photos[:DOUBTED]
    )
    nothing = len(doubts.unknown) == classes
    unknown = "" if nothing else _unknown(doubts)
    return DoubtRows(True, _cuts(doubts), unknown, nothing, rows, len(doubts.photos))


def _sureness(score: float) -> str:
    return next(words for least, words in _SURE if round(score, 2) >= least)


def _cuts(doubts: LabelDoubts) -> str:
    if len(doubts.cuts) == 1:
        return " at ".join(doubts.cuts[0])
    return f"the {grouped(len(doubts.cuts))} cuts that may be the best"


def _unknown(doubts: LabelDoubts) -> str:
    if not doubts.unknown:
        return ""
    named = ", ".join(apart(name) for name in doubts.unknown[:UNKNOWN])
    more = f" and {len(doubts.unknown) - UNKNOWN} more" if len(doubts.unknown) > UNKNOWN else ""
    return (
        f"The heads know too little of {number(len(doubts.unknown), 'class', 'classes')} to say "
        f"anything of such labels: {named}{more}."
    )
