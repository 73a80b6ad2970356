"""`diamond study`: everything checked, one pass of the photos, a head on every cut, all ranked."""

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TextIO

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.attribution.attribution_selection import select_cuts, select_layers
from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain, PhotoSet
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.features.feature_extraction import extract
from diamond_cutter.precompute.jobs.display import StepProgress, open_display
from diamond_cutter.precompute.jobs.interrupt import terminated_as_interrupted
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.photos.reading_progress import show_reading
from diamond_cutter.precompute.photos.report_text import brief
from diamond_cutter.precompute.stores.attribution.attribution_reader import explained_names
from diamond_cutter.precompute.stores.features_store import Features
from diamond_cutter.precompute.stores.local_folder import check_folder, exclusive
from diamond_cutter.precompute.stores.study import study_writer
from diamond_cutter.precompute.stores.study.dataset_report import Report
from diamond_cutter.precompute.stores.study.study_layout import Cut, LabelDoubts, Study
from diamond_cutter.precompute.stores.study.study_reader import cut_group, read_fold_head, read_head
from diamond_cutter.precompute.study.baselines import measure_baselines
from diamond_cutter.precompute.study.cross_validation import (
    CrossValidation,
    Sample,
    measure_heads,
    take_sample,
    train_heads,
)
from diamond_cutter.precompute.study.cut_cost import Latency, find_latency
from diamond_cutter.precompute.study.dataset.confident_learning import find_doubts
from diamond_cutter.precompute.study.dataset.thumbnails import store_thumbnails
from diamond_cutter.precompute.study.recommendation.expectation import expect
from diamond_cutter.precompute.study.recommendation.recommendation_text import recommend
from diamond_cutter.precompute.study.study_explanation import explain_study
from diamond_cutter.precompute.study.study_plan import STUDIES, Plan, check_settings, make_plan
from diamond_cutter.precompute.study.study_ranking import assemble, describe_cuts

LATENCIES = "latency"
"""The folder of the cache for what was measured of this machine."""
PHOTO_BYTES = 40_000
"""About what a study keeps of a photo: its thumbnail, and its predictions at each cut."""


@dataclass(frozen=True)
class Result:
    """A finished study, its cuts, best first, its dataset, and the address of its store."""

    study: Study
    cuts: list[Cut]
    report: Report
    address: str


def make_study(
    name: str,
    settings: StudySettings,
    *,
    load: Callable[[str], Backbone] | None = None,
    stream: TextIO | None = None,
) -> Result:
    """Make the study that the settings ask for, and store it under its name.

    `load` makes a backbone of its name, by default the catalogue's. The display goes to `stream`,
    or standard error. Raises `UserError` for what the user can mend, before anything is made. The
    features that were made are kept at an interrupt and a kill at any moment, and the last study
    of that name stays until this one is complete.
    """
    with ExitStack() as stack:
        display = open_display(stream or sys.stderr)
        stack.callback(display.close)
        stack.enter_context(terminated_as_interrupted())
        steps = StepProgress(display)
        store_address = check_settings(settings)
        with steps.step("dataset"):
            dataset = read_dataset(settings, Path(settings.cache), show_reading(steps))
        if dataset.report.problem:
            raise UserError(f"{dataset.report.problem}; `diamond check-data` tells of every file")
        for line in brief(dataset.report).splitlines():
            display.note(line)
        by_keras = settings.training.head == "keras"
        sample = take_sample(dataset, settings.folds, settings.seed, once=by_keras)
        display.phase("loading the backbones")
        plan = make_plan(name, settings, store_address, *([load] if load else []))
        if store_address.folder is not None:
            check_folder(store_address.folder, STUDIES, len(dataset.photos) * PHOTO_BYTES)
            with store_address.writing():
                stack.enter_context(exclusive(store_address.folder, STUDIES))
        return _work(plan, dataset, sample, steps)


def _work(plan: Plan, dataset: Dataset, sample: Sample, steps: StepProgress) -> Result:
    with steps.step("features"):
        asked = [
            (backbone.network, [layer.name for layer in layers])
            for backbone, layers in zip(plan.backbones, plan.cuts, strict=True)
        ]
        features = extract(asked, dataset.photos, plan.settings, steps.display)
    with steps.step("latency"):
        latencies = _find_latencies(plan, steps)
    with plan.store_address.writing():
        studies = study_writer.create_studies(plan.store_address.address)
        draft = study_writer.begin(studies, plan.name)
        study_writer.write_report(draft, dataset.report)
        study_writer.write_photos(draft, sample.label, sample.fold, sample.group)
        with steps.step("thumbnails"):
            histograms = store_thumbnails(
                draft, dataset, Path(plan.settings.cache), steps.progress("photos")
            )
        with steps.step("heads"):
            trials = _try_cuts(plan, sample, features, draft, steps)
            [colour] = train_heads([lambda: histograms], sample, _usual(plan.settings))
        cuts = describe_cuts(plan, sample, trials, latencies)
        baselines = measure_baselines(
            sample.label, sample.fold, colour.probability, sample.resamples
        )
        chosen, expected = expect(plan, sample, trials, cuts, features)
        groups = sample.held_out_groups
        recommendation = recommend(chosen, cuts, baselines, expected, groups)
        doubts = _doubt_labels(plan, dataset, sample, trials, cuts)
        study = assemble(
            plan, dataset, sample, cuts, baselines, recommendation, doubts, steps.seconds
        )
        for cut in cuts:
            study_writer.write_cut(draft, cut)
        turn = partial(study_writer.finish, draft, study)
        recommended = study.recommendation.model, study.recommendation.cut
        pairs = select_cuts(plan.settings.attribution, study.ranking, recommended)
        cuts_to_explain = [_cut_to_explain(plan, study, draft, *pair) for pair in pairs]
        mapped = [] if "none" in plan.settings.activation_atlas.layers else [recommended]
        cuts_to_map = [_cut_to_explain(plan, study, draft, *pair) for pair in mapped]
        nothing = not cuts_to_explain and not cuts_to_map
        if nothing or plan.name not in explained_names(studies):  # nothing is lost
            turn()
        if not nothing:
            explain_study(
                draft,
                plan.name,
                plan.settings,
                plan.store_address,
                PhotoSet(dataset.photos, sample.label, sample.fold, sample.group),
                cuts_to_explain,
                cuts_to_map,
                steps.display,
                turn,
            )
    return Result(study, cuts, dataset.report, plan.store_address.address)


def _cut_to_explain(
    plan: Plan, study: Study, draft: study_writer.Draft, model: str, cut: str
) -> CutToExplain:
    """A cut of the study with its heads, to be asked what it looks at."""
    backbone = next(each for each in plan.backbones if each.name == model)
    group = cut_group(draft.slot, model, cut)
    return CutToExplain(
        backbone=backbone,
        layers=select_layers(plan.settings.attribution.layers, backbone, cut),
        heads=[read_fold_head(group, fold) for fold in range(study.folds)],
        whole=read_head(group),
        classes=study.classes,
        pooling=plan.settings.pooling,
        seed=plan.settings.seed,
    )


def _find_latencies(plan: Plan, steps: StepProgress) -> dict[str, dict[str, Latency]]:
    """The latency of every cut, by backbone and name; what is known of this machine is kept."""
    folder = Path(plan.settings.cache) / LATENCIES
    progress = steps.progress("cuts")
    found: dict[str, dict[str, Latency]] = {}
    for backbone, layers in zip(plan.backbones, plan.cuts, strict=True):
        progress("latency", sum(map(len, found.values())), len(plan.pairs))
        found[backbone.name] = find_latency(backbone, [layer.name for layer in layers], folder)
    progress("latency", len(plan.pairs), len(plan.pairs))
    return found


def _try_cuts(
    plan: Plan, sample: Sample, features: Features, draft: study_writer.Draft, steps: StepProgress
) -> list[CrossValidation]:
    """Try every cut, and store its predictions."""
    trials: list[CrossValidation] = []
    progress = steps.progress("cuts")
    readers = [partial(features.read, backbone.name, layer.name) for backbone, layer in plan.pairs]
    trained_cuts = train_heads(readers, sample, plan.settings)
    for (backbone, layer), trained in zip(plan.pairs, trained_cuts, strict=True):
        progress("heads", len(trials), len(plan.pairs))
        trial = measure_heads(trained, sample)
        heads = [
            [(dense.weight, dense.bias) for dense in head.layers]
            for head in (*trained.folds, trained.head)
        ]
        study_writer.write_predictions(
            draft, backbone.name, layer.name, trained.probability, trial.confusion, heads
        )
        trials.append(trial)
    progress("heads", len(trials), len(plan.pairs))
    return trials


def _doubt_labels(
    plan: Plan,
    dataset: Dataset,
    sample: Sample,
    trials: Sequence[CrossValidation],
    cuts: Sequence[Cut],
) -> LabelDoubts:
    """Ask the heads of the cuts that may be the best; `trials` are in the plan's order."""
    tied = {(cut.model, cut.cut) for cut in cuts if cut.comparison.tied}
    keys = [(backbone.name, layer.name) for backbone, layer in plan.pairs]
    asked = [(key, trial) for key, trial in zip(keys, trials, strict=True) if key in tied]
    return find_doubts(
        [key for key, _ in asked],
        (trial.trained.predictions.mean(axis=0) for _, trial in asked),
        sample.label,
        sample.classes,
        [photo.path for photo in dataset.photos],
    )


def _usual(settings: StudySettings) -> StudySettings:
    """The settings with the default head, which the colour baseline is always given."""
    return replace(settings, training=replace(settings.training, head="logistic"))
