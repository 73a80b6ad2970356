"""From the trials of all cuts to the study: costs, comparisons, the ranking, what repeats it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version

import numpy as np

from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.stores.study.study_layout import (
    Backbone,
    Baseline,
    Cut,
    LabelDoubts,
    Recommendation,
    Study,
)
from diamond_cutter.precompute.study.cross_validation import CrossValidation, Sample
from diamond_cutter.precompute.study.cut_cost import Latency, describe_machine, find_cost
from diamond_cutter.precompute.study.recommendation.cut_comparison import compare
from diamond_cutter.precompute.study.recommendation.recommendation_text import rank
from diamond_cutter.precompute.study.study_plan import Plan

PACKAGES = ("diamond-cutter", "keras", "numpy", "scikit-learn", "tensorflow")
"""Those whose versions a study keeps."""


def describe_cuts(
    plan: Plan,
    sample: Sample,
    trials: Sequence[CrossValidation],
    latencies: Mapping[str, Mapping[str, Latency]],
) -> list[Cut]:
    """All cuts of a plan, best first; `trials` are in the plan's order, latencies by name."""
    right = np.stack([trial.right for trial in trials], axis=1)
    comparisons = compare(right, sample.resamples)
    cuts = []
    for (backbone, layer), trial, comparison in zip(plan.pairs, trials, comparisons, strict=True):
        head = [(dense.weight, dense.bias) for dense in trial.trained.head.layers]
        latency = latencies[backbone.name][layer.name]
        cuts.append(
            Cut(
                model=backbone.name,
                cut=layer.name,
                index=layer.index,
                features=trial.features,
                strengths=trial.trained.strengths,
                metrics=trial.metrics,
                comparison=comparison,
                cost=find_cost(backbone, layer.name, head, latency),
                curves=trial.trained.curves,
            )
        )
    return rank(cuts)


def assemble(
    plan: Plan,
    dataset: Dataset,
    sample: Sample,
    cuts: Sequence[Cut],
    baselines: list[Baseline],
    recommendation: Recommendation,
    label_doubts: LabelDoubts,
    seconds: Mapping[str, float],
) -> Study:
    """The study of cuts, best first; `seconds` is what its steps took."""
    is_given = any(photo.split in ("val", "test") for photo in dataset.photos)
    are_own = all(photo.fold for photo in dataset.photos)
    return Study(
        name=plan.name,
        classes=sample.classes,
        counts=np.bincount(sample.label, minlength=len(sample.classes)).tolist(),
        photos=len(sample.label),
        held_out=int(sample.held_out.sum()),
        split="given" if is_given else "own folds" if are_own else "folds",
        folds=len(sample.folds),
        seed=plan.settings.seed,
        settings=asdict(plan.settings),
        backbones=[
            Backbone(
                backbone.name,
                backbone.input_size,
                backbone.parameters,
                backbone.gflops,
                [layer.name for layer in layers],
                backbone.weights_digest,
            )
            for backbone, layers in zip(plan.backbones, plan.cuts, strict=True)
        ],
        ranking=[(cut.model, cut.cut) for cut in cuts],
        recommendation=recommendation,
        baselines=baselines,
        machine=describe_machine(),
        versions={package: version(package) for package in PACKAGES},
        seconds=dict(seconds),
        label_doubts=label_doubts,
        groups=len(np.unique(sample.group)),
        dealings=1 + len(sample.again),
    )
