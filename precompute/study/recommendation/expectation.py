"""What a study expects of the cut that it recommends: chosen, beside the habit and the saver."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.stores.features_store import Features
from diamond_cutter.precompute.stores.study.study_layout import (
    Cut,
    Expected,
    Habit,
    Measured,
    Saver,
)
from diamond_cutter.precompute.study.baselines import measure_neighbours
from diamond_cutter.precompute.study.cross_validation import CrossValidation, Sample
from diamond_cutter.precompute.study.recommendation.cut_choice import choose
from diamond_cutter.precompute.study.recommendation.learning_curve import (
    at_all_photos,
    measure_learning,
)
from diamond_cutter.precompute.study.study_plan import Plan


def expect(
    plan: Plan,
    sample: Sample,
    trials: Sequence[CrossValidation],
    cuts: Sequence[Cut],
    features: Features,
) -> tuple[Cut, Expected]:
    """The recommended one of `cuts`, in any order; `trials` are in the plan's order."""
    by_key = {(cut.model, cut.cut): cut for cut in cuts}
    ordered = [by_key[backbone.name, layer.name] for backbone, layer in plan.pairs]
    usual = strongest(plan.backbones)
    last = max(at for at, cut in enumerate(ordered) if cut.model == usual)
    choice = choose(
        np.stack([trial.likelihood for trial in trials], axis=1),
        np.stack([trial.share for trial in trials], axis=1),
        [cut.model for cut in ordered],
        last,
        np.array([cut.cost.gflops for cut in ordered]),
        plan.settings.tolerance / 100,
        sample.resamples,
    )
    chosen, habit, saver = (ordered[at] for at in (choice.recommended, last, choice.saver))
    learning = None
    if plan.settings.training.head == "logistic":
        read = partial(features.read, chosen.model, chosen.cut)
        learning = measure_learning(read, sample, plan.settings, trials[choice.recommended].share)
    return chosen, Expected(
        accuracy=at_all_photos(choice.accuracy, learning),
        habit=Habit(
            habit.model, habit.cut, habit.metrics.accuracy, _is_last(habit, plan.backbones)
        ),
        gain=choice.gain,
        saver=Saver(saver.model, saver.cut, choice.loss),
        tolerance=plan.settings.tolerance / 100,
        neighbours=_neighbours(features, chosen, sample),
        learning=learning,
    )


def strongest(backbones: Sequence[Backbone]) -> str:
    """The backbone best on ImageNet, as published; where nothing was, the costliest."""
    best = max(backbones, key=lambda each: (each.info.top1 or 0.0, each.gflops))
    return best.name


def _is_last(cut: Cut, backbones: Sequence[Backbone]) -> bool:
    backbone = next(each for each in backbones if each.name == cut.model)
    return cut.cut == [layer.name for layer in backbone.layers if layer.is_cut][-1]


def _neighbours(features: Features, cut: Cut, sample: Sample) -> Measured:
    plain = features.read(cut.model, cut.cut)[:, 0]
    return measure_neighbours(plain, sample.label, sample.folds, sample.held_out, sample.resamples)
