"""`diamond study`: everything checked, one pass of the photos, a head on every cut, all ranked."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
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
from diamond_cutter.precompute.features.feature_extraction import extraction
from diamond_cutter.precompute.jobs.display import StepProgress, open_display
from diamond_cutter.precompute.jobs.interrupt import terminated_as_interrupted
from diamond_cutter.precompute.jobs.kept_speeds import keep_speed, kind_of
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.photos.reading_progress import show_reading
from diamond_cutter.precompute.photos.report_text import brief
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.attribution.attribution_reader import explained_names
from diamond_cutter.precompute.stores.features_store import Features, Index
from diamond_cutter.precompute.stores.local_folder import check_folder, exclusive
from diamond_cutter.precompute.stores.study import study_writer
from diamond_cutter.precompute.stores.study.dataset_report import Report
from diamond_cutter.precompute.stores.study.study_layout import Cut, LabelDoubts, Planned, Study
from diamond_cutter.precompute.stores.study.study_reader import cut_group, read_fold_head, read_head
from diamond_cutter.precompute.study.baselines import measure_baselines
from diamond_cutter.precompute.study.cross_validation import (
    CrossValidation,
    Sample,
    measure_heads,
    take_sample,
    train_heads,
)
from diamond_cutter.precompute.study.cut_cost import Latency, find_latency, known_latencies
from diamond_cutter.precompute.study.dataset.confident_learning import find_doubts
from diamond_cutter.precompute.study.dataset.thumbnails import store_thumbnails
from diamond_cutter.precompute.study.forecast.work_efforts import heads_effort, latency_effort
from diamond_cutter.precompute.study.recommendation.expectation import expect
from diamond_cutter.precompute.study.recommendation.recommendation_text import recommend
from diamond_cutter.precompute.study.study_explanation import explain_study
from diamond_cutter.precompute.study.study_passes import parts_of
from diamond_cutter.precompute.study.study_plan import (
    LATENCIES,
    PHOTO_BYTES,
    STUDIES,
    Plan,
    check_settings,
    make_plan,
)
from diamond_cutter.precompute.study.study_ranking import assemble, compare_cuts, describe_cut


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
        stack.enter_context(store_address.reached())
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
    with plan.store_address.writing():
        studies = study_writer.create_studies(plan.store_address.address)
        draft = study_writer.begin(studies, plan.name)
        planned = [(backbone.name, layer.name) for backbone, layer in plan.pairs]
        settings = plan.settings
        study_writer.write_planned(
            draft, Planned(planned, sample.classes, settings.seed, settings.tolerance / 100)
        )
        study_writer.write_report(draft, dataset.report)
        study_writer.write_photos(draft, sample.label, sample.fold, sample.group)
        with steps.step("thumbnails"):
            histograms = store_thumbnails(
                draft, dataset, Path(settings.cache), steps.progress("photos")
            )
        features, tried, trials = _try_networks(plan, dataset, sample, draft, steps)
        with steps.step("heads"):
            [colour] = train_heads([lambda: histograms], sample, _usual(settings))
        cuts = compare_cuts(tried, sample, trials)
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


def _try_networks(
    plan: Plan, dataset: Dataset, sample: Sample, draft: study_writer.Draft, steps: StepProgress
) -> tuple[Features, list[Cut], list[CrossValidation]]:
    """Pass the photos, measure and train, part by part, so that what is done is ranked early.

    The features, and the cuts and their trials in the plan's order; of each cut that is done the
    draft has all but how it compares.
    """
    latencies: dict[str, dict[str, Latency]] = {}
    cuts: list[Cut] = []
    trials: list[CrossValidation] = []
    indices: dict[str, Index] = {}
    latency_progress, heads_progress = steps.progress("cuts"), steps.progress("cuts")
    cache = Path(plan.settings.cache)
    with extraction(dataset.photos, plan.settings, steps.display) as extract:
        for part in parts_of(plan, dataset):
            with steps.step("features"):
                features = extract([(each.network, names) for each, names in part])
                indices.update(features.indices)
            with steps.step("latency"):
                for backbone, names in part:
                    latency_progress("latency", sum(map(len, latencies.values())), len(plan.pairs))
                    measured = set(names) - known_latencies(backbone.name, cache / LATENCIES)
                    started = time.monotonic()
                    latencies[backbone.name] = find_latency(backbone, names, cache / LATENCIES)
                    kinds = [kind_of("latency", backbone.name)]
                    effort = latency_effort(backbone.info, len(measured))
                    keep_speed(cache, kinds, effort, time.monotonic() - started)
            with steps.step("heads"):
                pairs = [
                    (backbone, backbone.layer(name)) for backbone, names in part for name in names
                ]
                readers = [partial(features.read, each.name, layer.name) for each, layer in pairs]
                started = time.monotonic()
                trained_cuts = train_heads(readers, sample, plan.settings)
                for pair, trained in zip(pairs, trained_cuts, strict=True):
                    heads_progress("heads", len(trials), len(plan.pairs))
                    trials.append(measure_heads(trained, sample))
                    cuts.append(_keep_trial(draft, pair, trials[-1], latencies))
                effort = heads_effort(sample, [layer.channels for _, layer in pairs], plan.settings)
                kinds = [kind_of("heads", plan.settings.training.head)]
                keep_speed(cache, kinds, effort, time.monotonic() - started)
    heads_progress("heads", len(trials), len(plan.pairs))
    return replace(features, indices=indices), cuts, trials


def _keep_trial(
    draft: study_writer.Draft,
    pair: tuple[Backbone, Layer],
    trial: CrossValidation,
    latencies: Mapping[str, Mapping[str, Latency]],
) -> Cut:
    """Store the predictions and heads of a cut, and that it is done; the cut."""
    backbone, layer = pair
    heads = [
        [(dense.weight, dense.bias) for dense in head.layers]
        for head in (*trial.trained.folds, trial.trained.head)
    ]
    study_writer.write_predictions(
        draft, backbone.name, layer.name, trial.trained.probability, trial.confusion, heads
    )
    cut = describe_cut(pair, trial, latencies[backbone.name][layer.name])
    study_writer.write_cut(draft, cut)
    return cut


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
