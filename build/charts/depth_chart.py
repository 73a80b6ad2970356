"""The chart of accuracy by depth: one line a backbone, a point a cut, baselines across."""

from collections.abc import Sequence

from diamond_cutter.build.charts.axis import Axis, Tick, place, share_axis, share_ticks
from diamond_cutter.build.charts.chart_labels import shortened, spread, text_width
from diamond_cutter.build.charts.chart_parts import (
    Chart,
    Format,
    Label,
    Level,
    Point,
    Series,
    corners,
    marker,
)
from diamond_cutter.build.measured_study import MeasuredCut, MeasuredStudy
from diamond_cutter.build.page_text import number, percent, percent_interval, whole_percent

BASELINES = {"chance": "chance", "majority": "majority", "colour": "colours"}
"""What a chart calls each baseline."""


RIGHT = "right on held-out photos"
"""What goes upward."""


def draw_depth(measured: MeasuredStudy, form: Format) -> Chart:
    """Accuracy from the shallowest cut to the deepest, whatever the number of cuts."""
    across = Axis(0, 1, form.left + 10, form.width - form.right - 10)
    upward = accuracy_axis(measured, form)
    series = []
    labels: list[Label] = []
    for index, backbone in enumerate(measured.study.backbones):
        cuts = measured.of_backbone(backbone)
        places = [place(across, _depth(position, len(cuts))) for position in range(len(cuts))]
        drawn = draw_series(measured, index, cuts, places, upward, banded=True)
        series.append(drawn)
        last = drawn.points[-1]
        text = shortened(backbone.name, form.size, form.right - 18)
        labels.append(Label("series", last.x, last.y, "start", text, backbone.name, ""))
    levels = draw_levels(measured, upward)
    labels += [
        Label("level", form.width - form.right, level.y, "start", level.text, level.text, "")
        for level in levels
    ]
    count = number(len(measured.cuts), "cut")
    return Chart(
        summary=f"Accuracy by depth: {count} of "
        f"{number(len(measured.study.backbones), 'backbone')}, shallow to deep.",
        form=form,
        right=form.width - form.right,
        x_title="cuts, shallow to deep",
        y_title=RIGHT,
        x_ticks=_ticks(measured, across, form),
        y_ticks=share_ticks(upward),
        levels=levels,
        series=tuple(series),
        frontier="",
        labels=(*_beside(labels, form), *mark(series, form)),
    )


def accuracy_axis(measured: MeasuredStudy, form: Format) -> Axis:
    """The upward axis, which both charts share."""
    values = [baseline.accuracy.value for baseline in measured.study.baselines]
    for cut in measured.cuts:
        values += cut.cut.metrics.accuracy.interval
    return share_axis(values, form.height - form.bottom, form.top)


def draw_levels(measured: MeasuredStudy, upward: Axis) -> tuple[Level, ...]:
    """The baselines."""
    return tuple(
        Level(
            place(upward, baseline.accuracy.value),
            f"{BASELINES[baseline.name]} {whole_percent(baseline.accuracy.value)}",
        )
        for baseline in measured.study.baselines
    )


def draw_series(
    measured: MeasuredStudy,
    index: int,
    cuts: Sequence[MeasuredCut],
    across: Sequence[float],
    upward: Axis,
    *,
    banded: bool,
) -> Series:
    """The cuts of the backbone at `index`, shallow to deep, at the places `across`."""
    kind = marker(index)
    shares = [cut.cut.metrics.accuracy for cut in cuts]
    heights = [place(upward, share.value) for share in shares]
    low = [place(upward, share.interval[0]) for share in shares]
    high = [place(upward, share.interval[1]) for share in shares]
    band = [*zip(across, high, strict=True), *reversed([*zip(across, low, strict=True)])]
    return Series(
        name=measured.study.backbones[index].name,
        marker=kind.outline,
        hollow=kind.hollow,
        dash=kind.dash,
        line=corners([*zip(across, heights, strict=True)]),
        band=corners(band) if banded else "",
        points=tuple(
            Point(x, y, cut.path, _words(cut), cut is measured.recommended)
            for x, y, cut in zip(across, heights, cuts, strict=True)
        ),
    )


def mark(series: Sequence[Series], form: Format) -> list[Label]:
    """The label of the recommended cut: above it, and inside the plot."""
    text = "recommended"
    labels = []
    for point in (point for each in series for point in each.points if point.recommended):
        half = text_width(text, form.size) / 2
        x = min(max(point.x, form.left + half), form.width - form.right - half)
        y = max(point.y - 14, form.size)
        labels.append(Label("recommended", round(x, 1), y, "middle", text, point.text, ""))
    return labels


def _words(cut: MeasuredCut) -> str:
    accuracy = cut.cut.metrics.accuracy
    return (
        f"{cut.cut.model}, {cut.cut.cut}: {percent(accuracy.value)} "
        f"({percent_interval(accuracy.interval)}), {cut.cut.cost.gflops:.3g} GFLOPs"
    )


def _depth(position: int, count: int) -> float:
    return position / (count - 1) if count > 1 else 0.5


def _ticks(measured: MeasuredStudy, across: Axis, form: Format) -> tuple[Tick, ...]:
    """The names of a lone backbone's cuts, as many as have room; of several, the ends."""
    if len(measured.study.backbones) > 1:
        return (Tick(across.start, "first"), Tick(across.stop, "last"))
    names = measured.study.backbones[0].cuts
    widest = max(text_width(name, form.size) for name in names) + form.size
    fit = max(1, int((across.stop - across.start) / widest))
    step = -(-(len(names) - 1) // fit) or 1
    shown = list(range(0, len(names), step))
    return tuple(
        Tick(place(across, _depth(position, len(names))), names[position]) for position in shown
    )


def _beside(labels: list[Label], form: Format) -> list[Label]:
    """The labels to the right of the plot, none upon another, with leaders where they moved."""
    edge = form.width - form.right
    heights = spread(
        [label.y for label in labels], form.size + 3, form.top, form.height - form.bottom
    )
    moved = []
    for label, y in zip(labels, heights, strict=True):
        x = edge + 14
        leader = corners([(label.x + 6, label.y), (x - 3, y)])
        moved.append(Label(label.kind, x, y, label.anchor, label.text, label.title, leader))
    return moved
