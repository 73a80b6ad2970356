"""What tests of attribution ask: layers, heads, and what came of it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.attributor import Answer
from diamond_cutter.precompute.backbones.graph.backbone import Backbone

LAYERS = ("block5c_add", "block6d_add", "top_activation")
SIZE = 96
"""Side in pixels: a network takes any, and small ones are quick."""
Head = list[tuple[NDArray[np.float32], NDArray[np.float32]]]


@dataclass(frozen=True, eq=False)
class Asked:
    """Photos (4, SIZE, SIZE, 3) that were asked about, with the labels, head and answers."""

    backbone: Backbone
    images: NDArray[np.float32]
    labels: NDArray[np.int32]
    head: Head
    logits: NDArray[np.float32]
    answers: dict[str, Answer]


def make_head(features: int, classes: int = 6, hidden: int = 0) -> Head:
    """Dense layers with random weights."""
    generator = np.random.default_rng([features, classes, hidden])
    sizes = [features, *([hidden] if hidden else []), classes]
    return [
        (
            generator.normal(0, 3 / np.sqrt(rows), (rows, columns)).astype(np.float32),
            generator.normal(size=columns).astype(np.float32),
        )
        for rows, columns in pairwise(sizes)
    ]
