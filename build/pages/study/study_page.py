"""The page of a study: from the store to what the template shows."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from diamond_cutter.build.charts.chart_parts import FORMATS, Chart, marker
from diamond_cutter.build.charts.depth_chart import draw_depth
from diamond_cutter.build.charts.frontier_chart import draw_frontier, frontier
from diamond_cutter.build.charts.learning_chart import draw_learning
from diamond_cutter.build.explained_study import ClassAttributions
from diamond_cutter.build.measured_study import MeasuredStudy, read_array
from diamond_cutter.build.page_text import grouped, number, percent, percent_interval, shown
from diamond_cutter.build.pages.attribution.shortcut_warnings import Warned, warnings
from diamond_cutter.build.pages.maps.map_links import MapLink, first_map
from diamond_cutter.build.pages.page_contexts import Frame, Link, Parameter
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.pages.study.class_page import class_folder
from diamond_cutter.build.pages.study.contact_sheet import Thumb, thumb
from diamond_cutter.build.pages.study.photo_predictions import Predictions, by_margin, mistakes
from diamond_cutter.build.pages.study.ranking_rows import COLUMNS, RankingRow, ranking_rows
from diamond_cutter.build.pages.study.study_toml import to_toml
from diamond_cutter.precompute.stores.study.dataset_report import Report
from diamond_cutter.precompute.stores.study.study_layout import Backbone, Recommendation

THUMBS = 20
"""Photos shown, those of lowest margin."""
CLASSES = 60
"""Classes named at most."""
REASONS = 4
"""Reasons for leaving files out that are named at most; the dataset's page has all."""


@dataclass(frozen=True)
class Reason:
    """A cut that was not recommended, its page, and why not."""

    model: str
    cut: str
    href: str
    reason: str


@dataclass(frozen=True)
class Answer:
    """The recommendation at a glance: the figure with its interval, what was gained, the rest."""

    accuracy: str
    interval: str
    gain: str
    saving: str
    caveats: tuple[str, ...]


@dataclass(frozen=True)
class Key:
    """How a backbone is drawn."""

    name: str
    marker: str
    hollow: bool
    dash: int


@dataclass(frozen=True)
class StudyPage:
    """`/studies/<study>/`: the ranking of its cuts.

    answer: None of an older study, which has its sentence alone. recommended: the cut's page.
    reasons, runners_up: as the study has them. depth, cost, learning: each chart in every format,
    none of what the study does not have. tied: how many cuts can't be told from the best; unbeaten:
    how many lie on the frontier. thumbs: the photos of lowest margin, `wrong` of all are taken for
    a wrong class; names: of the classes, as many as have room. warned: of shortcuts. linked: the
    backbones that the atlas has, their pages. headings: of the plain columns of the table.
    maps: where their list is, empty if there are none; map: the one that is shown, None likewise.
    dataset: how it was read and what was left out, in sentences. duplicates: in words, empty if
    there are none. settings: that repeat it, as a part of `diamond.toml`.
    """

    frame: Frame
    name: str
    photos: str
    classes: str
    maps: str
    map: MapLink | None
    dataset: tuple[str, ...]
    sentence: str
    answer: Answer | None
    enough: bool
    recommended: Link
    reasons: tuple[str, ...]
    runners_up: tuple[Reason, ...]
    baselines: tuple[Parameter, ...]
    keys: tuple[Key, ...]
    linked: tuple[Link, ...]
    thumbs: tuple[Thumb, ...]
    wrong: int
    names: tuple[Link, ...]
    warned: tuple[Warned, ...]
    depth: tuple[Chart, ...]
    cost: tuple[Chart, ...]
    learning: tuple[Chart, ...]
    tied: int
    unbeaten: int
    headings: tuple[tuple[str, str], ...]
    rows: tuple[RankingRow, ...]
    split: str
    duplicates: str
    choice: str
    held_out: int
    machine: str
    batch: int
    versions: tuple[Parameter, ...]
    seconds: tuple[Parameter, ...]
    settings: str


_BASELINES = {
    "chance": "guessing",
    "majority": "always the largest class",
    "colour": "a head on colour histograms alone",
}


def study_page(
    around: Surroundings,
    measured: MeasuredStudy,
    predictions: Predictions,
    sums: Sequence[ClassAttributions],
    pages: AbstractSet[str],
) -> StudyPage:
    """`/studies/<study>/`; `pages` are the paths of the atlas's pages.

    `predictions` are the recommended cut's; `sums` are of what its cuts explain, empty if nothing.
    """
    study, best = measured.study, measured.recommended
    chosen = study.recommendation
    frame = make_frame(
        around,
        measured.path,
        f"{study.name} \N{MIDDLE DOT} {NAME}",
        f"Which of {number(len(measured.cuts), 'cut')} of pretrained networks classifies "
        f"{number(study.photos, 'photo')} best, and at what cost: {best.cut.model} at "
        f"{best.cut.cut}.",
        crumbs=(Link(NAME, "../../"),),
        data=(Link("study.json", "study.json"),),
    )
    return StudyPage(
        frame=frame,
        name=study.name,
        photos=number(study.photos, "photo"),
        classes=number(len(study.classes), "class", "classes"),
        maps=measured.mapped.list_path,
        map=first_map(measured.mapped),
        dataset=_dataset(measured.report),
        sentence=shown(chosen.sentence),
        answer=_answer(chosen),
        enough=chosen.enough,
        recommended=Link(f"{best.cut.model} at {best.cut.cut}", best.path),
        reasons=tuple(shown(reason) for reason in chosen.reasons),
        runners_up=tuple(
            Reason(
                runner.model,
                runner.cut,
                measured.by_key[runner.model, runner.cut].path,
                shown(runner.reason),
            )
            for runner in chosen.runners_up
        ),
        baselines=tuple(
            Parameter(_BASELINES[baseline.name], percent(baseline.accuracy.value))
            for baseline in study.baselines
        ),
        keys=tuple(_key(index, backbone) for index, backbone in enumerate(study.backbones)),
        linked=tuple(
            Link(backbone.name, f"../../models/{backbone.name}/")
            for backbone in study.backbones
            if f"models/{backbone.name}/" in pages
        ),
        thumbs=tuple(
            thumb(measured, predictions, int(photo), "")
            for photo in by_margin(predictions)[:THUMBS]
        ),
        wrong=mistakes(predictions),
        names=tuple(
            Link(shown(name), class_folder(index))
            for index, name in enumerate(study.classes[:CLASSES])
        ),
        warned=warnings(sums, ""),
        depth=tuple(draw_depth(measured, form) for form in FORMATS),
        cost=tuple(draw_frontier(measured, form) for form in FORMATS),
        learning=_learning(measured),
        tied=sum(cut.cut.comparison.tied for cut in measured.cuts),
        unbeaten=len(frontier(measured.cuts)),
        headings=COLUMNS,
        rows=ranking_rows(measured),
        split=_split(measured),
        duplicates=_duplicates(measured),
        choice=_choice(measured),
        held_out=study.held_out,
        machine=shown(study.machine),
        batch=best.cut.cost.batch,
        versions=tuple(Parameter(name, shown(value)) for name, value in study.versions.items()),
        seconds=tuple(Parameter(name, f"{value:,.1f} s") for name, value in study.seconds.items()),
        settings=to_toml(study.name, study.settings),
    )


def _dataset(report: Report) -> tuple[str, ...]:
    """How the dataset was read, and what was left out of it."""
    lines = [shown(sentence) for sentence in report.reading]
    left_out = report.left_out
    if left_out:
        count = number(sum(each.files for each in left_out), "file")
        reasons = [f"{grouped(each.files)}: {shown(each.reason)}" for each in left_out[:REASONS]]
        more = " And others." if len(left_out) > REASONS else ""
        lines.append(f"Left out: {count}. {' '.join(reasons)}{more}")
    return tuple(lines)


def _answer(chosen: Recommendation) -> Answer | None:
    expected = chosen.expected
    if expected is None or not chosen.gain:
        return None
    return Answer(
        accuracy=percent(expected.accuracy.value),
        interval=percent_interval(expected.accuracy.interval),
        gain=shown(chosen.gain),
        saving=shown(chosen.saving),
        caveats=tuple(map(shown, chosen.caveats)),
    )


def _learning(measured: MeasuredStudy) -> tuple[Chart, ...]:
    expected = measured.study.recommendation.expected
    if expected is None or expected.learning is None:
        return ()
    return tuple(draw_learning(expected.learning, measured.study.photos, form) for form in FORMATS)


def _key(index: int, backbone: Backbone) -> Key:
    kind = marker(index)
    return Key(backbone.name, kind.outline, kind.hollow, kind.dash)


def _split(measured: MeasuredStudy) -> str:
    study = measured.study
    if study.split == "given":
        trained = number(study.photos - study.held_out, "photo")
        return (
            f"The dataset's own split: heads were trained on {trained}, less what belongs with a "
            f"photo held out, and every figure is of the {number(study.held_out, 'photo')} held "
            "out."
        )
    again = ""
    if study.dealings > 1:
        again = (
            f" As the photos are few, they were dealt out into folds {study.dealings} times: what "
            "is recommended and expected is judged by all of them, and the figures of a cut are of "
            "the first."
        )
    if study.split == "own folds":
        return (
            f"Each photo was held out once, in one of the dataset's own {study.folds} folds: a "
            "head never saw the photos that it is judged by, nor what belongs with them."
        )
    return (
        f"Each photo was held out once, in one of {study.folds} stratified folds (seed "
        f"{study.seed}): a head never saw the photos that it is judged by.{again}"
    )


def _duplicates(measured: MeasuredStudy) -> str:
    """How many photos stay together, by a column, folders or pictures; empty if none does."""
    if grouping := measured.report.grouping:
        groups = number(len(np.unique(read_array(measured.group))), "group")
        by = shown(grouping.column)
        return f"The photos form {groups} that stay together ({by}, near duplicates)"
    sizes = np.bincount(np.unique(read_array(measured.group), return_inverse=True)[1])
    alike = sizes[sizes > 1]
    if not len(alike):
        return ""
    return (
        f"{number(int(alike.sum()), 'photo')} in {number(len(alike), 'group')} of near duplicates"
    )


def _choice(measured: MeasuredStudy) -> str:
    """How heads were trained."""
    if measured.study.settings["training"]["head"] == "keras":
        return (
            "Heads were trained by Keras with the settings below; their training curves are on the "
            "pages of the cuts."
        )
    return (
        "A head is a multinomial logistic regression; its L2 strength was chosen inside the "
        "training photos of each fold."
    )
