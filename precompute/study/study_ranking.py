"""From the trials of all cuts to the study: costs, comparisons, the ranking, what repeats it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version

import numpy as np

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.study import study_layout
from diamond_cutter.precompute.stores.study.study_layout import (
    Baseline,
    Comparison,
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

ALONE = Comparison(0.0, (0.0, 0.0), 1.0, tied=True)
"""Of a cut that no other is compared with."""
PACKAGES = ("diamond-cutter", "keras", "numpy", "scikit-learn", "tensorflow")
"""Those whose versions a study keeps."""


def compare_cuts(
    cuts: Sequence[Cut], sample: Sample, trials: Sequence[CrossValidation]
) -> list[Cut]:
    """Cuts compared with each other, best first; `trials` are theirs, in the same order."""
    right = np.stack([trial.right for trial in trials], axis=1)
    comparisons = compare(right, sample.resamples)
    return rank(
        [
            replace(cut, comparison=comparison)
            for cut, comparison in zip(cuts, comparisons, strict=True)
        ]
    )


def describe_cut(pair: tuple[Backbone, Layer], trial: CrossValidation, latency: Latency) -> Cut:
    """A cut that was tried, as long as it is compared with no other."""
    backbone, layer = pair
    head = [(dense.weight, dense.bias) for dense in trial.trained.head.layers]
    return Cut(
        model=backbone.name,
        cut=layer.name,
        index=layer.index,
        features=trial.features,
        strengths=trial.trained.strengths,
        metrics=trial.metrics,
        comparison=ALONE,
        cost=find_cost(backbone, layer.name, head, latency),
        curves=trial.trained.curves,
    )


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
            study_layout.Backbone(
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
