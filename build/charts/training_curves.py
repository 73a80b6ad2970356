"""The training of a head by Keras: epoch by epoch, one line a fold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from diamond_cutter.build.charts.axis import Axis, Tick, place
from diamond_cutter.build.charts.chart_parts import corners
from diamond_cutter.build.page_text import percent
from diamond_cutter.precompute.stores.study.study_layout import Curve

LEFT, TOP, RIGHT, BOTTOM = 50, 14, 14, 40
PLOT_WIDTH, PLOT_HEIGHT = 380, 200
WIDTH, HEIGHT = LEFT + PLOT_WIDTH + RIGHT, TOP + PLOT_HEIGHT + BOTTOM
MOST_TICKS = 6


@dataclass(frozen=True)
class Line:
    """One fold's line: `points` for SVG; `kept`: of the epoch whose weights were kept, or None."""

    points: str
    validation: bool
    kept: tuple[float, float] | None
    text: str


@dataclass(frozen=True)
class Panel:
    """One figure along the epochs."""

    title: str
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class CurveRow:
    """A fold in words: what it had reached at the epoch that was kept."""

    fold: int
    epochs: int
    epoch: int
    loss: str
    validation_loss: str
    accuracy: str
    validation_accuracy: str


@dataclass(frozen=True)
class Curves:
    """The panels of loss and accuracy, the same as a table, and what to mind, empty if nothing."""

    panels: tuple[Panel, ...]
    rows: tuple[CurveRow, ...]
    mind: str


def draw_curves(curves: Sequence[Curve]) -> Curves | None:
    """The curves; None for heads that have none. Epochs count from 0 in `Curve.epoch`."""
    if not curves:
        return None
    panels = (
        _panel("Loss", curves, lambda each: (each.loss, each.validation_loss), lambda v: f"{v:g}"),
        _panel(
            "Accuracy",
            curves,
            lambda each: (each.accuracy, each.validation_accuracy),
            lambda v: f"{100 * v:.0f} %",
        ),
    )
    falling = sum(curve.is_falling for curve in curves)
    mind = (
        f"In {falling} of {len(curves)} folds the loss was still falling when the epochs ran out: "
        "more epochs, or a higher learning rate, would make better heads."
        if falling
        else ""
    )
    return Curves(panels, tuple(_row(curve) for curve in curves), mind)


def _row(curve: Curve) -> CurveRow:
    kept = curve.epoch
    return CurveRow(
        fold=curve.fold + 1,
        epochs=len(curve.loss),
        epoch=kept + 1,
        loss=_at(curve.loss, kept, lambda value: f"{value:.3f}"),
        validation_loss=_at(curve.validation_loss, kept, lambda value: f"{value:.3f}"),
        accuracy=_at(curve.accuracy, kept, percent),
        validation_accuracy=_at(curve.validation_accuracy, kept, percent),
    )


def _at(values: Sequence[float], epoch: int, write: Callable[[float], str]) -> str:
    return write(values[epoch]) if epoch < len(values) else ""


def _panel(
    title: str,
    curves: Sequence[Curve],
    values_of: Callable[[Curve], tuple[Sequence[float], Sequence[float]]],
    write: Callable[[float], str],
) -> Panel:
    finite = [
        value
        for curve in curves
        for values in values_of(curve)
        for value in values
        if isfinite(value)
    ]
    ticks = _ticks(min(finite, default=0.0), max(finite, default=1.0))
    epochs = max(len(curve.loss) for curve in curves)
    across = Axis(0, max(1, epochs - 1), LEFT, LEFT + PLOT_WIDTH)
    upwards = Axis(ticks[0], ticks[-1], TOP + PLOT_HEIGHT, TOP)
    lines = []
    for curve in curves:
        for values, validation in zip(values_of(curve), (False, True), strict=True):
            known = [(epoch, value) for epoch, value in enumerate(values) if isfinite(value)]
            points = {
                epoch: (place(across, epoch), place(upwards, value)) for epoch, value in known
            }
            lines.append(
                Line(
                    points=corners(list(points.values())),
                    validation=validation,
                    kept=points.get(curve.epoch) if validation else None,
                    text=f"fold {curve.fold + 1}, "
                    f"{'validation' if validation else 'training'} photos, "
                    f"epoch {curve.epoch + 1} kept",
                )
            )
    step = max(1, ceil((epochs - 1) / MOST_TICKS))
    return Panel(
        title=title,
        lines=tuple(lines),
        x_ticks=tuple(
            Tick(place(across, epoch), str(epoch + 1)) for epoch in range(0, epochs, step)
        ),
        y_ticks=tuple(Tick(place(upwards, value), write(value)) for value in ticks),
    )


def _ticks(low: float, high: float) -> list[float]:
    """Round values at even distances: the first at most `low`, the last at least `high`."""
    span = (high - low) or abs(high) or 1.0
    exact = span / (MOST_TICKS - 1)
    power = 10.0 ** floor(log10(exact))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= exact * 0.999)
    first, last = floor(low / step), ceil(high / step)
    return [round(index * step, 10) for index in range(first, max(last, first + 1) + 1)]
