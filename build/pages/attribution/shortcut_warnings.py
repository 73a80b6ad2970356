"""Warnings of shortcuts: attribution that sits where a class should not be told by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from diamond_cutter.build.charts.heatmap import HeatMap, draw_heat
from diamond_cutter.build.explained_study import ClassAttributions
from diamond_cutter.build.page_text import shown
from diamond_cutter.precompute.stores.attribution.attribution_layout import Shortcut

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


def warnings(
    sums: Sequence[ClassAttributions], base: str, label: int | None = None
) -> tuple[Warned, ...]:
    """The warnings of all cuts, or those of one class; `base`: the study's folder as seen."""
    return tuple(_warnings(sums, base, label))


def _warnings(sums: Sequence[ClassAttributions], base: str, label: int | None) -> Iterator[Warned]:
    for each in sums:
        for shortcut in each.view.cut.shortcuts:
            if shortcut.layer == each.view.layer.name and label in (None, shortcut.label):
                yield _warned(each, shortcut, base)


def _warned(each: ClassAttributions, shortcut: Shortcut, base: str) -> Warned:
    view, found = each.view, each.index(shortcut.label)
    heat = None
    if found is not None:
        heat = draw_heat(each.sums.heatmap[found], set(shortcut.cells))
    return Warned(
        cut=view.name,
        label=shown(view.cut.classes[shortcut.label]),
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
