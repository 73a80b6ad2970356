"""The chart of accuracy against cost, with the cuts that no other beats both ways."""

from collections.abc import Sequence

from diamond_cutter.build.study.axis import (
    Axis,
    logarithmic_axis,
    logarithmic_ticks,
    place,
    share_ticks,
)
from diamond_cutter.build.study.chart import Chart, Format, Label, Level, corners
from diamond_cutter.build.study.depth import accuracy_axis, draw_levels, draw_series, mark
from diamond_cutter.build.study.labels import spread, text_width
from diamond_cutter.build.study.reader import MeasuredCut, MeasuredStudy
from diamond_cutter.build.study.words import number

_LEAST = 1e-4
"""GFLOPs that a cut counts as at least, so that it has a place on a logarithmic scale."""


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
    best = frontier(measured.cuts)
    levels = draw_levels(measured, upward)
    taken = [*mark(series, form), *_level_labels(levels, form)]
    return Chart(
        summary=f"Accuracy against cost: {number(len(measured.cuts), 'cut')}, of which "
        f"{len(best)} are not beaten by another both ways.",
        form=form,
        left=form.left,
        right=form.width - 8,
        top=form.top,
        bottom=form.height - form.bottom,
        x_title="GFLOPs for one photo, logarithmic",
        x_ticks=logarithmic_ticks(across),
        y_ticks=share_ticks(upward),
        levels=levels,
        series=tuple(series),
        frontier=_stairs(best, across, upward, form),
        labels=(*taken, *_names(best, across, upward, form, taken)),
    )


def frontier(cuts: Sequence[MeasuredCut]) -> list[MeasuredCut]:
    """The cuts than which no other is more accurate for as little, cheapest first.

    Of cuts alike in both, the one that comes first.
    """
    found: list[MeasuredCut] = []
    for cut in sorted(cuts, key=lambda cut: (_gflops(cut), -_accuracy(cut))):
        if not found or _accuracy(cut) > _accuracy(found[-1]):
            found.append(cut)
    return found


def _stairs(best: list[MeasuredCut], across: Axis, upward: Axis, form: Format) -> str:
    """The line below and right of which all other cuts lie."""
    points = []
    for before, cut in zip([None, *best], best, strict=False):
        x = place(across, _gflops(cut))
        if before is not None:
            points.append((x, place(upward, _accuracy(before))))
        points.append((x, place(upward, _accuracy(cut))))
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


def _names(
    best: list[MeasuredCut],
    across: Axis,
    upward: Axis,
    form: Format,
    taken: list[Label],
) -> list[Label]:
    """Names of cuts of the frontier, the best first, as many as have room up and left of them."""
    labels: list[Label] = []
    for cut in sorted(best, key=lambda cut: -_accuracy(cut)):
        x, y = place(across, _gflops(cut)) - 7, place(upward, _accuracy(cut)) - 7
        label = Label("name", round(x, 1), round(y, 1), "end", cut.cut.cut, cut.cut.model, "")
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
