"""The chart of accuracy by the number of photos that train a head: points, a curve, its band."""

from diamond_cutter.build.charts.axis import (
    logarithmic_axis,
    logarithmic_ticks,
    place,
    share_axis,
    share_ticks,
)
from diamond_cutter.build.charts.chart_parts import (
    Chart,
    Format,
    Label,
    Point,
    Series,
    corners,
    marker,
)
from diamond_cutter.build.charts.depth_chart import RIGHT
from diamond_cutter.build.page_text import number, percent, percent_interval
from diamond_cutter.precompute.stores.study.study_layout import LearningCurve


def draw_learning(curve: LearningCurve, photos: int, form: Format) -> Chart:
    """What was measured with fewer photos, and what all `photos` and more may bring."""
    across = logarithmic_axis(
        [*curve.photos, *curve.trend_photos], form.left + 10, form.width - form.right - 10
    )
    values = [end for each in (*curve.trend, *curve.accuracy) for end in each.interval]
    upward = share_axis(values, form.height - form.bottom, form.top)
    along = [place(across, count) for count in curve.trend_photos]
    line, low, high = (
        [(x, place(upward, value)) for x, value in zip(along, heights, strict=True)]
        for heights in (
            [each.value for each in curve.trend],
            [each.interval[0] for each in curve.trend],
            [each.interval[1] for each in curve.trend],
        )
    )
    kind = marker(0)
    points = tuple(
        Point(
            x=place(across, count),
            y=place(upward, share.value),
            href="",
            text=f"{number(round(count), 'photo')}: {percent(share.value)} "
            f"({percent_interval(share.interval)})",
            recommended=False,
        )
        for count, share in zip(curve.photos, curve.accuracy, strict=True)
    )
    series = Series(
        name="",
        marker=kind.outline,
        hollow=kind.hollow,
        dash=kind.dash,
        line=corners(line),
        band=corners([*high, *reversed(low)]),
        points=points,
    )
    last = line[-1]
    words = f"{curve.more} more: {percent(curve.trend[-1].value)}"
    all_of_them = f"all {number(photos, 'photo')}"
    above = next(y for x, y in line if x >= place(across, photos)) - 14
    return Chart(
        summary=f"Accuracy by the photos that train a head, up to {number(photos, 'photo')} and "
        f"{curve.more} more.",
        form=form,
        right=form.width - form.right,
        x_title="photos that train",
        y_title=RIGHT,
        x_ticks=logarithmic_ticks(across),
        y_ticks=share_ticks(upward),
        levels=(),
        series=(series,),
        frontier="",
        labels=(
            Label("series", last[0] + 14, last[1], "start", words, words, ""),
            Label("series", place(across, photos), above, "end", all_of_them, all_of_them, ""),
        ),
    )
