"""The table of all cuts, best first: what each reaches and costs, as text and to sort by."""

from dataclasses import dataclass

from diamond_cutter.build.measured_study import MeasuredCut, MeasuredStudy
from diamond_cutter.build.page_text import (
    megabytes,
    milliseconds,
    percent,
    percent_interval,
    points,
    signed,
)
from diamond_cutter.precompute.stores.study.study_layout import Cost, Measured

COLUMNS = (
    ("balanced_accuracy", "Balanced accuracy"),
    ("macro_f1", "Macro-F1"),
    ("log_loss", "Log loss"),
    ("parameters", "Parameters"),
    ("gflops", "GFLOPs"),
    ("bytes", "Size"),
    ("latency", "One photo"),
    ("batch_latency", "In a batch"),
)
"""The columns of plain figures: what each is sorted by, in addresses too, and its heading."""


@dataclass(frozen=True)
class RankingCell:
    """A figure: as text, the number it is sorted by, and its interval in words, if it has one."""

    text: str
    value: float
    title: str = ""


@dataclass(frozen=True)
class Bar:
    """An accuracy and its interval along a bar from 0 to 100."""

    at: float
    start: float
    length: float


@dataclass(frozen=True)
class RankingRow:
    """A cut.

    place: in the ranking, from 1. anchor: the row's own address in the page. depth: from 0, by
    backbone and then shallow to deep. difference: to the best cut, in points; empty for the best.
    cells: in the order of `COLUMNS`.
    """

    place: int
    anchor: str
    href: str
    model: str
    cut: str
    depth: int
    accuracy: RankingCell
    bar: Bar
    difference: str
    difference_interval: str
    tied: bool
    recommended: bool
    saver: bool
    cells: tuple[RankingCell, ...]


def ranking_rows(measured: MeasuredStudy) -> tuple[RankingRow, ...]:
    """The rows of all cuts, best first."""
    keys = [(backbone.name, cut) for backbone in measured.study.backbones for cut in backbone.cuts]
    depth = {key: position for position, key in enumerate(keys)}
    return tuple(
        _row(measured, cut, place, depth[cut.key]) for place, cut in enumerate(measured.cuts, 1)
    )


def _row(measured: MeasuredStudy, cut: MeasuredCut, place: int, depth: int) -> RankingRow:
    metrics, comparison, cost = cut.cut.metrics, cut.cut.comparison, cut.cut.cost
    low, high = metrics.accuracy.interval
    return RankingRow(
        place=place,
        anchor=f"{cut.cut.model}/{cut.cut.cut}",
        href=cut.path,
        model=cut.cut.model,
        cut=cut.cut.cut,
        depth=depth,
        accuracy=_share(metrics.accuracy),
        bar=Bar(_hundredth(metrics.accuracy.value), _hundredth(low), _hundredth(high - low)),
        difference="" if place == 1 else points(comparison.difference),
        difference_interval=""
        if place == 1
        else f"{signed(100 * comparison.interval[0])} to {signed(100 * comparison.interval[1])}",
        tied=comparison.tied,
        recommended=cut is measured.recommended,
        saver=cut is measured.saver,
        cells=(
            _share(metrics.balanced_accuracy),
            _share(metrics.macro_f1),
            RankingCell(
                f"{metrics.log_loss.value:.2f}",
                metrics.log_loss.value,
                f"95 % interval {metrics.log_loss.interval[0]:.2f} "
                f"to {metrics.log_loss.interval[1]:.2f}",
            ),
            *_costs(cost),
        ),
    )


def _costs(cost: Cost) -> tuple[RankingCell, ...]:
    return (
        RankingCell(_millions(cost.parameters), cost.parameters),
        RankingCell(f"{cost.gflops:.3g}", cost.gflops),
        RankingCell(megabytes(cost.bytes), cost.bytes),
        RankingCell(milliseconds(cost.latency), cost.latency),
        RankingCell(milliseconds(cost.batch_latency), cost.batch_latency),
    )


def _share(measured: Measured) -> RankingCell:
    return RankingCell(
        percent(measured.value),
        measured.value,
        f"95 % interval {percent_interval(measured.interval)}",
    )


def _millions(count: int) -> str:
    return f"{count / 1e6:.3g} M" if count >= 1e5 else f"{count / 1e3:.3g} k"


def _hundredth(share: float) -> float:
    return round(100 * share, 1)
