"""The cuts of a study by accuracy and cost: as its page draws them, and where no HTML is shown."""

from dataclasses import dataclass, replace
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from diamond_cutter.build.charts.chart_parts import FORMATS, WIDE, Chart, Series
from diamond_cutter.build.charts.frontier_chart import draw_frontier
from diamond_cutter.build.measured_study import MeasuredStudy
from diamond_cutter.build.pages.page_templates import environment
from diamond_cutter.notebook import display_html

SCALE = 2
"""Pixels of the picture a unit of the drawing."""
PAPER, INK, QUIET, ACCENT = "white", "black", "#6b6b6b", "#0b7f70"
RULE, LEVEL = "#dddddd", "#aaaaaa"
ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}


@dataclass(frozen=True, eq=False)
class RankingPlot:
    """All cuts of a study by accuracy and cost."""

    _measured: MeasuredStudy

    def __repr__(self) -> str:
        """What it is, in a line."""
        return f"{self._measured.study.name}: accuracy and cost of the cuts"

    def _repr_html_(self) -> str:
        parts = environment().get_template("parts/study_charts.html").module
        charts = [_unlinked(draw_frontier(self._measured, form)) for form in FORMATS]
        drawn = (str(parts.chart(chart)) for chart in charts)  # type: ignore[attr-defined]
        series = charts[0].series
        keys = (
            f"<span>{parts.sign(each)} {display_html.text(each.name)}</span>"  # type: ignore[attr-defined]
            for each in (series if len(series) > 1 else ())
        )
        css = files("diamond_cutter.web").joinpath("static/css/graph.css").read_text("utf-8")
        style = f"{display_html.STYLE}.diamond-cutter {{{css}}}"
        return display_html.block(f'<div class="keys">{"".join(keys)}</div>', *drawn, style=style)

    def _repr_png_(self) -> bytes:
        return display_html.png(draw(draw_frontier(self._measured, WIDE)))


def draw(chart: Chart) -> NDArray[np.uint8]:
    """A chart as a picture, black on white, (H, W, 3) uint8; lines have their backbones' names."""
    image = Image.new("RGB", (SCALE * chart.form.width, SCALE * chart.form.height), PAPER)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(SCALE * chart.form.size)

    def write(x: float, y: float, text: str, anchor: str, ink: str = QUIET) -> None:
        plain = text.replace("\N{NARROW NO-BREAK SPACE}", " ")  # which the font lacks
        pen.text((SCALE * x, SCALE * y), plain, ink, font, ANCHORS[anchor])

    for tick in chart.y_ticks:
        _line(pen, [(chart.left, tick.at), (chart.right, tick.at)], RULE)
        write(chart.left - 6, tick.at, tick.text, "end")
    for tick in chart.x_ticks:
        write(tick.at, chart.bottom + 14, tick.text, "middle")
    write((chart.left + chart.right) / 2, chart.form.height - 12, chart.x_title, "middle")
    write(0, 10, chart.y_title, "start")
    for level in chart.levels:
        _line(pen, [(chart.left, level.y), (chart.right, level.y)], LEVEL)
    _line(pen, _corners(chart.frontier), ACCENT, 2)
    for series in chart.series:
        _line(pen, _corners(series.line), QUIET)
        _marks(pen, series)
        if len(chart.series) > 1:
            write(series.points[-1].x, series.points[-1].y + 12, series.name, "end", INK)
    for label in chart.labels:
        write(label.x, label.y, label.text, label.anchor, INK)
    return np.asarray(image)


def _marks(pen: ImageDraw.ImageDraw, series: Series) -> None:
    for point in series.points:
        ink, radius = (ACCENT, 6) if point.recommended else (INK, 4)
        at = (SCALE * point.x, SCALE * point.y)
        pen.circle(at, SCALE * radius, PAPER if series.hollow else ink, ink, SCALE)


def _line(
    pen: ImageDraw.ImageDraw, points: list[tuple[float, float]], ink: str, width: int = 1
) -> None:
    pen.line([(SCALE * x, SCALE * y) for x, y in points], ink, SCALE * width)


def _corners(points: str) -> list[tuple[float, float]]:
    """Points as SVG has them."""
    pairs = (pair.split(",") for pair in points.split())
    return [(float(x), float(y)) for x, y in pairs]


def _unlinked(chart: Chart) -> Chart:
    """A chart whose points lead nowhere: a notebook has no pages."""
    series = (
        replace(each, points=tuple(replace(point, href="") for point in each.points))
        for each in chart.series
    )
    return replace(chart, series=tuple(series))
