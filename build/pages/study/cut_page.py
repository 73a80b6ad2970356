"""The page of a cut in a study: from the store to what the template shows."""

import shlex
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from diamond_cutter.build.charts.confusion_matrix import Matrix, draw_matrix
from diamond_cutter.build.charts.reliability_diagram import Reliability, draw_reliability
from diamond_cutter.build.charts.training_curves import Curves, draw_curves
from diamond_cutter.build.measured_study import MeasuredCut, MeasuredStudy, read_array
from diamond_cutter.build.page_text import (
    megabytes,
    milliseconds,
    number,
    ordinal,
    percent,
    percent_interval,
    points,
    shown,
    whole_percent,
)
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.pages.study.cut_figures import ClassRow, Figure, class_rows, figures
from diamond_cutter.build.pages.study.photo_predictions import (
    Predictions,
    mistakes,
    photos_document,
    surest_mistakes,
)
from diamond_cutter.build.pages.study.study_toml import to_toml
from diamond_cutter.build.tiles.photo_tiles import PhotoTile, photo_tile
from diamond_cutter.precompute.stores.study.dataset_report import File

MISTAKES = 24
"""Surest mistakes shown."""
CLASSES = 500
"""Classes in the table at most."""


@dataclass(frozen=True)
class Mistake:
    """A photo taken for a wrong class, and how sure of it the head is."""

    tile: PhotoTile
    true: str
    predicted: str
    sure: str


@dataclass(frozen=True)
class CutPage:
    """`/studies/<study>/<model>/<cut>/`: one cut.

    accuracy, interval: of the held-out photos. place: of the cut in the ranking, in words;
    against_best: the difference to the best cut, in words; best: that cut's page, None if it is
    this one. recommended: whether this cut is. cost: facts in order.
    held_out: photos that the figures are of. wrong: how many of them are taken for a wrong class,
    `mistakes` are the surest of these. classes: as many as have room, of `class_count`.
    layer: the page of the layer's channels, empty if the atlas has none of them. looked: whether it
    is known what it looks at.
    before, after: the cuts beside this one in depth.
    """

    frame: Frame
    study: str
    model: str
    cut: str
    accuracy: str
    interval: str
    place: str
    against_best: str
    best: Link | None
    recommended: bool
    cost: tuple[str, ...]
    machine: str
    figures: tuple[Figure, ...]
    held_out: int
    wrong: int
    mistakes: tuple[Mistake, ...]
    matrix: Matrix
    classes: tuple[ClassRow, ...]
    class_count: int
    reliability: Reliability
    curves: Curves | None
    head: tuple[str, ...]
    strengths: tuple[str, ...]
    layer: str
    looked: bool
    configuration: str
    export: str
    before: Link | None
    after: Link | None


@dataclass(frozen=True)
class CutFiles:
    """The page of a cut and the `photos.json` beside it."""

    page: CutPage
    photos: bytes


def cut_files(
    around: Surroundings,
    measured: MeasuredStudy,
    cut: MeasuredCut,
    predictions: Predictions,
    pages: AbstractSet[str],
) -> CutFiles:
    """What `/studies/<study>/<model>/<cut>/` holds; `pages`: folders of the atlas's pages."""
    return CutFiles(
        cut_page(around, measured, cut, predictions, pages),
        photos_document(predictions, measured.study.classes),
    )


def cut_page(
    around: Surroundings,
    measured: MeasuredStudy,
    cut: MeasuredCut,
    predictions: Predictions,
    pages: AbstractSet[str],
) -> CutPage:
    """`/studies/<study>/<model>/<cut>/`."""
    study, model, name = measured.study, cut.cut.model, cut.cut.cut
    metrics, chosen = cut.cut.metrics, study.recommendation
    layer = f"models/{model}/{name}/"
    photos = measured.photos
    best = measured.cuts[0]
    before, after = _beside(measured, cut)
    names = [shown(each) for each in study.classes]
    rows = class_rows(metrics.classes)
    accuracy = percent(metrics.accuracy.value)
    middle = "\N{MIDDLE DOT}"
    frame = make_frame(
        around,
        measured.path + cut.path,
        f"{name} {middle} {model} {middle} {study.name} {middle} {NAME}",
        f"{model} cut at {name} classifies {accuracy} of {study.held_out} held-out photos of the "
        f"study {study.name} rightly.",
        crumbs=(Link(NAME, "../../../../"), Link(study.name, "../../")),
        data=(Link("cut.json", "cut.json"), Link("photos.json", "photos.json")),
    )
    return CutPage(
        frame=frame,
        study=study.name,
        model=model,
        cut=name,
        accuracy=accuracy,
        interval=percent_interval(metrics.accuracy.interval),
        place=_place(measured, cut),
        against_best=_against_best(measured, cut),
        best=None if cut is best else Link(_name(best), f"../../{best.path}"),
        recommended=(chosen.model, chosen.cut) == cut.key,
        cost=_cost(cut),
        machine=shown(study.machine),
        figures=figures(metrics),
        held_out=study.held_out,
        wrong=mistakes(predictions),
        mistakes=tuple(
            _mistake(photos, names, predictions, photo)
            for photo in surest_mistakes(predictions, MISTAKES)
        ),
        matrix=draw_matrix(read_array(cut.confusion), names),
        classes=rows[:CLASSES],
        class_count=len(rows),
        reliability=draw_reliability(metrics.calibration),
        curves=draw_curves(cut.cut.curves),
        head=_head(measured, cut),
        strengths=tuple(f"{strength:.3g}" for strength in cut.cut.strengths),
        layer=f"../../../../{layer}" if layer in pages else "",
        looked=_is_explained(measured, cut),
        configuration=to_toml(study.name, {**study.settings, "models": [model], "cuts": [name]}),
        export=shlex.join(
            ["diamond", "export", study.name, model, name, "-o", f"{study.name}-{name}.keras"]
        ),
        before=before,
        after=after,
    )


def _is_explained(measured: MeasuredStudy, cut: MeasuredCut) -> bool:
    explained = measured.explained
    return explained is not None and cut.key in {(each.model, each.cut) for each in explained.cuts}


def _name(cut: MeasuredCut) -> str:
    return f"{cut.cut.model} at {cut.cut.cut}"


def _place(measured: MeasuredStudy, cut: MeasuredCut) -> str:
    place, count = measured.cuts.index(cut) + 1, len(measured.cuts)
    if count == 1:
        return "the only cut of the study"
    if place == 1:
        return f"the best of {count} cuts"
    return f"{ordinal(place)} of {count} cuts"


def _against_best(measured: MeasuredStudy, cut: MeasuredCut) -> str:
    comparison = cut.cut.comparison
    if cut is measured.cuts[0]:
        return ""
    low, high = (points(end) for end in comparison.interval)
    verdict = "it may be chance, the two are tied" if comparison.tied else "more than chance"
    return (
        f"{points(comparison.difference)} points against the best "
        f"({low} to {high}): {verdict} ({_chance(comparison.p)}, corrected for "
        f"{number(len(measured.cuts), 'cut')})"
    )


def _chance(p: float) -> str:
    if p < 0.001:
        return "p\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}0.001"
    return f"p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{p:.{3 if p < 0.1 else 2}f}"


def _cost(cut: MeasuredCut) -> tuple[str, ...]:
    cost = cut.cut.cost
    return (
        number(cost.parameters, "parameter"),
        f"{cost.gflops:.{2 if cost.gflops >= 0.1 else 4}f} GFLOPs a photo",
        f"{megabytes(cost.bytes)} of weights",
        f"{milliseconds(cost.latency)} for one photo alone",
        f"{milliseconds(cost.batch_latency)} a photo in batches of {cost.batch}",
    )


def _head(measured: MeasuredStudy, cut: MeasuredCut) -> tuple[str, ...]:
    study = measured.study
    held = (
        f"held out by the dataset's own split, {number(study.held_out, 'photo')}"
        if study.split == "given"
        else f"{number(study.folds, 'fold')}, each held out once"
    )
    return (
        f"reads {number(cut.cut.features, 'activation')}, tells "
        f"{number(len(study.classes), 'class', 'classes')} apart",
        held,
        f"seed {study.seed}",
    )


def _mistake(
    photos: Sequence[File], names: list[str], predictions: Predictions, photo: int
) -> Mistake:
    return Mistake(
        tile=photo_tile(photos, photo, "../../"),
        true=names[predictions.label[photo]],
        predicted=names[predictions.predicted[photo]],
        sure=whole_percent(float(predictions.probability[photo])),
    )


def _beside(measured: MeasuredStudy, cut: MeasuredCut) -> tuple[Link | None, Link | None]:
    """The cuts of the same backbone before and after this one in depth."""
    (backbone,) = (each for each in measured.study.backbones if each.name == cut.cut.model)
    place = backbone.cuts.index(cut.cut.cut)
    before = backbone.cuts[place - 1] if place else None
    after = backbone.cuts[place + 1] if place + 1 < len(backbone.cuts) else None
    return (
        Link(before, f"../{before}/") if before is not None else None,
        Link(after, f"../{after}/") if after is not None else None,
    )
