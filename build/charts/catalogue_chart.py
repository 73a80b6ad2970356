"""The chart of published accuracy against cost: a mark for each model, a line for each family."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from diamond_cutter.build.charts.axis import (
    Axis,
    logarithmic_axis,
    logarithmic_ticks,
    place,
    share_axis,
    share_ticks,
)
from diamond_cutter.build.charts.chart_parts import Chart, Format, Point, Series, corners, marker
from diamond_cutter.build.charts.frontier_chart import Spot, named, stairs, unbeaten
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model


@dataclass(frozen=True)
class Key:
    """How a family is drawn."""

    name: str
    marker: str
    hollow: bool
    dash: int


def keys(models: Sequence[Model]) -> tuple[Key, ...]:
    """The families that the chart shows."""
    families = _families(models)
    kinds = [marker(index) for index in range(len(families))]
    return tuple(
        Key(name, kind.outline, kind.hollow, kind.dash)
        for name, kind in zip(families, kinds, strict=True)
    )


def draw_models(models: Sequence[Model], form: Format) -> Chart | None:
    """Top-1 on ImageNet against GFLOPs; None if both are known of no model."""
    families = _families(models)
    shown = [model for members in families.values() for model in members]
    if not shown:
        return None
    across = logarithmic_axis([_cost(model) for model in shown], form.left + 4, form.width - 12)
    shares = [_accuracy(model) for model in shown]
    upward = share_axis(shares, form.height - form.bottom, form.top)
    best = unbeaten(shown, _cost, _accuracy)
    spots = [
        Spot(place(across, _cost(model)), place(upward, _accuracy(model)), model.name, model.name)
        for model in best
    ]
    return Chart(
        summary=f"Accuracy on ImageNet against cost: {len(shown)} models, of which {len(best)} "
        "are not beaten by another both ways.",
        form=form,
        right=form.width - 8,
        x_title="GFLOPs for one photo of the input size, logarithmic",
        y_title="right on ImageNet, as published",
        x_ticks=logarithmic_ticks(across),
        y_ticks=share_ticks(upward),
        levels=(),
        series=tuple(
            _series(index, name, members, across, upward)
            for index, (name, members) in enumerate(families.items())
        ),
        frontier=stairs(spots, form),
        labels=tuple(named(spots, form, ())),
    )


def _families(models: Sequence[Model]) -> dict[str, list[Model]]:
    """The models of which accuracy and cost are known, by family, cheapest first."""
    known = [model for model in models if model.top1 is not None and model.gflops is not None]
    ordered = sorted(known, key=lambda model: (model.family.casefold(), _cost(model)))
    return {name: list(members) for name, members in groupby(ordered, lambda model: model.family)}


def _series(index: int, name: str, models: list[Model], across: Axis, upward: Axis) -> Series:
    kind = marker(index)
    places = [(place(across, _cost(model)), place(upward, _accuracy(model))) for model in models]
    return Series(
        name=name,
        marker=kind.outline,
        hollow=kind.hollow,
        dash=kind.dash,
        line=corners(places),
        band="",
        points=tuple(
            Point(x, y, f"#{model.name}", _words(model), recommended=False)
            for (x, y), model in zip(places, models, strict=True)
        ),
    )


def _words(model: Model) -> str:
    size = f", {model.parameters / 1e6:.1f} M parameters" if model.parameters else ""
    return f"{model.name}: {model.top1:.1f} % top-1, {model.gflops:.3g} GFLOPs{size}"


def _cost(model: Model) -> float:
    return model.gflops or 0.0


def _accuracy(model: Model) -> float:
    return (model.top1 or 0.0) / 100
