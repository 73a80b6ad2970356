"""Warnings of shortcuts: attribution that sits where a class should not be told by."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diamond_cutter.build.charts.heatmap import HeatMap, draw_heat
from diamond_cutter.build.explained_study import ExplainedStudy, View, views
from diamond_cutter.build.page_text import shown
from diamond_cutter.precompute.stores.attribution.attribution_layout import Shortcut
from diamond_cutter.precompute.stores.attribution.attribution_reader import read_sums

PHOTOS = 4
"""Photos shown of a warning."""


@dataclass(frozen=True)
class Warned:
    """A class whose attribution looks like a shortcut.

    cut: in words. label: the class, href its page. sentence: what was found. heat: the mean heatmap
    of the class, with the cells marked; None where it was not kept. photos: with the largest share
    there, as (address of the page, of the picture).
    """

    cut: str
    label: str
    href: str
    sentence: str
    heat: HeatMap | None
    photos: tuple[tuple[str, str], ...]


def warnings(explained: ExplainedStudy, base: str, label: int | None = None) -> tuple[Warned, ...]:
    """The warnings of all cuts, or those of one class; `base`: the study's folder as seen."""
    return tuple(_warnings(explained, base, label))


def _warnings(explained: ExplainedStudy, base: str, label: int | None) -> Iterator[Warned]:
    for view in views(explained):
        for shortcut in view.cut.shortcuts:
            if shortcut.layer == view.layer.name and label in (None, shortcut.label):
                yield _warned(explained, view, shortcut, base)


def _warned(explained: ExplainedStudy, view: View, shortcut: Shortcut, base: str) -> Warned:
    cut = view.cut
    sums = read_sums(explained.source, cut.model, cut.cut, view.layer.name)
    (found,) = np.nonzero((sums.target == (shortcut.label, -1)).all(axis=1))
    heat = draw_heat(sums.heatmap[found[0]], set(shortcut.cells)) if len(found) else None
    return Warned(
        cut=view.name,
        label=shown(cut.classes[shortcut.label]),
        href=f"{base}classes/{shortcut.label}/",
        sentence=shown(shortcut.sentence),
        heat=heat,
        photos=tuple(
            (
                f"{base}photos/{photo}/?view={view.key}&of={shortcut.label}",
                f"{base}photos/{photo}/photo.webp",
            )
            for photo in shortcut.photos[:PHOTOS]
        ),
    )
