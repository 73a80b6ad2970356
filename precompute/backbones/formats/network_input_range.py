"""Which values a network takes, told by what it makes of black and white before its first weights.

Networks begin with small numbers around nought, or with those of a photo less a mean. Whichever of
0..1 and 0..255 a network's own preprocessing brings there is what it takes; where it brings both
there, or neither, that is not certain, and is asked for.
"""

from typing import Any

import numpy as np

from diamond_cutter.precompute.backbones.graph.convolution_blocks import has_learned
from diamond_cutter.precompute.backbones.graph.cut_verification import activations
from diamond_cutter.precompute.backbones.graph.network_graph import Graph

WHITES = {"0..1": 1.0, "0..255": 255.0}
"""What white is, by the name of the preprocessing that a network's own is to have in front."""

NARROWEST, WIDEST = 0.2, 300.0
"""Between black and white: 1 to 5 before a network's first weights, or the 255 of VGG."""

SIDE = 32
"""Pixels of a photo for a network that takes any."""


def find_range(graph: Graph) -> str | None:
    """The name in `WHITES` of what a network takes; None where its preprocessing does not tell."""
    first, start = next(iter(graph.nodes.items()))
    if "int" in str(getattr(start.layer, "dtype", "")):
        return "0..255"
    learned = (node for node in graph.nodes.values() if has_learned(node))
    before = next((node.inputs[0] for node in learned), first)
    names = [name for name in graph.nodes if name in graph.ancestors(before)]

    def made(value: float) -> list[Any]:
        shape = (1, *(side or SIDE for side in start.shape[1:]))
        return activations(graph, {first: np.full(shape, value, np.float32)}, names)

    black = made(0.0)
    fitting = [name for name, white in WHITES.items() if _is_usual(black, made(white))]
    return fitting[0] if len(fitting) == 1 else None


def _is_usual(blacks: list[Any], whites: list[Any]) -> bool:
    """Whether a network may be meant to make these of black and white, one step after the other."""
    black, white = _middle(blacks[-1]), _middle(whites[-1])
    low, high = np.minimum(black, white), np.maximum(black, white)
    spread = high - low
    is_near = (low - spread / 2 <= 0) & (high + spread / 2 >= 0)
    largest = max(np.abs(white - black).max() for black, white in zip(blacks, whites, strict=True))
    return bool((is_near & (spread >= NARROWEST)).all() and largest <= WIDEST)


def _middle(activation: Any) -> Any:
    """What is not padded: the values of channels (C,) in the middle of (1, H, W, C) or (1, C)."""
    return activation[0][tuple(side // 2 for side in activation.shape[1:-1])]
