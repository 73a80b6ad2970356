"""Which networks of a study photos are passed through together, before heads are trained on those.

The fewer go together, the earlier some cuts are ranked. But a photo is decoded once for those that
do, and where workers make the features, they start anew for each part.
"""

from collections.abc import Iterator, Sequence

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.jobs.execution import SHORT
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.study.study_plan import Plan

DECODING = 0.6
"""GFLOP that a core does while it decodes and prepares a megapixel (`benchmarks/decoding.py`)."""
LITTLE = 0.25
"""Of the time that a pass takes, what decoding photos once more may take."""

Part = Sequence[tuple[Backbone, list[str]]]
"""Backbones, each with the names of its cuts, in depth order."""


def parts_of(plan: Plan, dataset: Dataset) -> Iterator[Part]:
    """The backbones of a plan in its order, in parts that are worth a pass of their own."""
    files = dataset.report.photos
    megapixels = sum(file.width * file.height for file in files) / 1e6 / len(files)
    rows = len(files) * (1 + plan.settings.views)
    whole = rows * sum(backbone.gflops for backbone in plan.backbones)
    least = max(DECODING * megapixels / LITTLE, SHORT / rows if whole >= SHORT else 0.0)
    part: list[tuple[Backbone, list[str]]] = []
    for backbone, layers in zip(plan.backbones, plan.cuts, strict=True):
        part.append((backbone, [layer.name for layer in layers]))
        if sum(each.gflops for each, _ in part) >= least:
            yield part
            part = []
    if part:
        yield part
