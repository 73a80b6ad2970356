"""The chart of accuracy against cost, with the cuts that no other beats both ways."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from diamond_cutter.build.charts.axis import logarithmic_axis, logarithmic_ticks, place, share_ticks
from diamond_cutter.build.charts.chart_labels import spread, text_width
from diamond_cutter.build.charts.chart_parts import Chart, Format, Label, Level, corners
from diamond_cutter.build.charts.depth_chart import (
    RIGHT,
    accuracy_axis,
    draw_levels,
    draw_series,
    mark,
)
from diamond_cutter.build.measured_study import MeasuredCut, MeasuredStudy
from diamond_cutter.build.page_text import number

T = TypeVar("T")
_LEAST = 1e-4
"""GFLOPs that a cut counts as at least, so that it has a place on a logarithmic scale."""


@dataclass(frozen=True)
class Spot:
    """A place in the drawing that may be named there: in short, and in full."""

    x: float
    y: float
    name: str
    title: str


def draw_frontier(measured: MeasuredStudy, form: Format) -> Chart:
    """Accuracy against GFLOPs for one photo."""
    across = logarithmic_axis(
        [_gflops(cut) for cut in measured.cuts], form.left + 4, form.width - 12
    )
    upward = accuracy_axis(measured, form)
    series = []
    for index, backbone in enumerate(measured.study.backbones):
        cuts = measured.of_backbone(backbone)
        places = [place(across, _gflops(cut)) for cut in cuts]
        series.append(draw_series(measured, index, cuts, places, upward, banded=False))
    best = [
        Spot(
            place(across, _gflops(cut)),
            place(upward, _accuracy(cut)),
            cut.cut.cut,
            cut.cut.model,
        )
        for cut in frontier(measured.cuts)
    ]
    levels = draw_levels(measured, upward)
    taken = [*mark(series, form), *_level_labels(levels, form)]
    return Chart(
        summary=f"Accuracy against cost: {number(len(measured.cuts), 'cut')}, of which "
        f"{len(best)} are not beaten by another both ways.",
        form=form,
        right=form.width - 8,
        x_title="GFLOPs for one photo, logarithmic",
        y_title=RIGHT,
        x_ticks=logarithmic_ticks(across),
        y_ticks=share_ticks(upward),
        levels=levels,
        series=tuple(series),
        frontier=stairs(best, form),
        labels=(*taken, *named(best, form, taken)),
    )


def frontier(cuts: Sequence[MeasuredCut]) -> list[MeasuredCut]:
    """The cuts than which no other is more accurate for as little, cheapest first."""
    return unbeaten(cuts, _gflops, _accuracy)


def unbeaten(
    items: Sequence[T], cost: Callable[[T], float], accuracy: Callable[[T], float]
) -> list[T]:
    """What no other beats in both, cheapest first; of those alike in both, the first."""
    found: list[T] = []
    for item in sorted(items, key=lambda item: (cost(item), -accuracy(item))):
        if not found or accuracy(item) > accuracy(found[-1]):
            found.append(item)
    return found


def stairs(best: Sequence[Spot], form: Format) -> str:
    """The line below and right of which all others lie."""
    points = []
    for before, spot in zip([None, *best], best, strict=False):
        if before is not None:
            points.append((spot.x, before.y))
        points.append((spot.x, spot.y))
    return corners([*points, (form.width - 8, points[-1][1])])


def _level_labels(levels: Sequence[Level], form: Format) -> list[Label]:
    """The labels of the baselines: right, above their lines, where cuts of that cost lie higher."""
    heights = spread(
        [level.y - 9 for level in levels], form.size + 2, form.top, form.height - form.bottom - 9
    )
    return [
        Label("level", form.width - 8, y, "end", level.text, level.text, "")
        for level, y in zip(levels, heights, strict=True)
    ]


def named(best: Sequence[Spot], form: Format, taken: Sequence[Label]) -> list[Label]:
    """Names of what is unbeaten, the highest first, as many as have room up and left of them."""
    labels: list[Label] = []
    for spot in sorted(best, key=lambda spot: spot.y):
        x, y = round(spot.x - 7, 1), round(spot.y - 7, 1)
        label = Label("name", x, y, "end", spot.name, spot.title, "")
        inside = x - text_width(label.text, form.size) > form.left and y > form.size
        if inside and not any(_meet(label, other, form) for other in (*taken, *labels)):
            labels.append(label)
    return labels


def _meet(one: Label, other: Label, form: Format) -> bool:
    first, second = _extent(one, form), _extent(other, form)
    return first[0] < second[1] and second[0] < first[1] and abs(one.y - other.y) < form.size + 2


def _extent(label: Label, form: Format) -> tuple[float, float]:
    width = text_width(label.text, form.size)
    start = {"start": 0.0, "middle": width / 2, "end": width}[label.anchor]
    return label.x - start, label.x - start + width


def _gflops(cut: MeasuredCut) -> float:
    return max(_LEAST, cut.cut.cost.gflops)


def _accuracy(cut: MeasuredCut) -> float:
    return cut.cut.metrics.accuracy.value
