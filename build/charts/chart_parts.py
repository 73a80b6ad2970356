"""What the charts of a study share: the parts that are drawn, and how wide or narrow."""

from dataclasses import dataclass
from math import cos, pi, sin

from diamond_cutter.build.charts.axis import Tick


@dataclass(frozen=True)
class Format:
    """A size to draw a chart in; the page shows the one that suits the window.

    left, right, top, bottom: margins, all in the drawing's units; size: of the text.
    """

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    size: int


WIDE = Format("wide", 880, 440, 50, 170, 30, 52, 13)
NARROW = Format("narrow", 360, 380, 44, 112, 30, 46, 12)
FORMATS = (WIDE, NARROW)


@dataclass(frozen=True)
class Point:
    """A cut in a chart, or else a figure: a link, empty for none, and what it says in words."""

    x: float
    y: float
    href: str
    text: str
    recommended: bool


@dataclass(frozen=True)
class Series:
    """The cuts of a backbone, shallow to deep.

    marker: the outline of its marker around 0,0; hollow: whether that is not filled; dash: which
    of the kinds of line. line: the corners of its line; band: of the area of its intervals, empty
    if there is none.
    """

    name: str
    marker: str
    hollow: bool
    dash: int
    line: str
    band: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Label:
    """A text beside what it names; `leader` leads there, its corners, empty where not needed."""

    kind: str
    x: float
    y: float
    anchor: str
    text: str
    title: str
    leader: str


@dataclass(frozen=True)
class Level:
    """A height that accuracies are compared with: a baseline."""

    y: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A chart of accuracy, from the bottom up, in a format.

    summary: in words. right: where the plot ends, which may be in the margin. frontier: the corners
    of the line of the cuts that no other beats both ways, empty if there is none.
    """

    summary: str
    form: Format
    right: float
    x_title: str
    y_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    levels: tuple[Level, ...]
    series: tuple[Series, ...]
    frontier: str
    labels: tuple[Label, ...]

    @property
    def left(self) -> int:
        """The left end of the plot."""
        return self.form.left

    @property
    def top(self) -> int:
        """Its upper end."""
        return self.form.top

    @property
    def bottom(self) -> int:
        """Its lower end."""
        return self.form.height - self.form.bottom


@dataclass(frozen=True)
class Marker:
    """How a backbone is told from others: the outline around 0,0, filled or not, and its line."""

    outline: str
    hollow: bool
    dash: int


DASHES = 3
"""Kinds of line, from 0; `web/static/css/graph.css` has a class for each."""


def marker(index: int) -> Marker:
    """The marker of the backbone at that place among those of its study."""
    outline = _OUTLINES[index % len(_OUTLINES)]
    return Marker(outline, index // len(_OUTLINES) % 2 == 1, index % DASHES)


def corners(points: list[tuple[float, float]]) -> str:
    """Points as SVG writes them."""
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _polygon(radius: float, count: int, turn: float = 0.0, inner: float | None = None) -> str:
    """A regular polygon, its first corner at the top; a star where there is an `inner` radius."""
    steps = count if inner is None else 2 * count
    points = []
    for step in range(steps):
        reach = radius if inner is None or step % 2 == 0 else inner
        angle = 2 * pi * step / steps + turn - pi / 2
        points.append(f"{reach * cos(angle):.2f} {reach * sin(angle):.2f}")
    return f"M{'L'.join(points)}Z"


_OUTLINES = (
    "M-4 0A4 4 0 1 1 4 0A4 4 0 1 1 -4 0Z",
    "M-3.6 -3.6H3.6V3.6H-3.6Z",
    _polygon(5, 3),
    _polygon(5.2, 4),
    _polygon(5, 3, pi),
    _polygon(5.6, 4, 0, 2),
    _polygon(5.4, 4, pi / 4, 2),
    _polygon(5, 6),
)
