"""The equations of what a picture is optimized for, on tensors.

z is a layer's pre-activation in natural units: (a - mean) / spread, each channel its own.
"""

from typing import Any

from diamond_cutter.precompute.backbones.keras_runtime import keras

ops = keras.ops


LEAK = 0.3
"""How much a place below the natural mean counts, against a place above it.

With 1, an edge detector of a shallow layer would best be served by a plain colour: on a picture
of edges what one place gains another loses. With 0, what nothing excites yet has no gradient.
"""

MIN_PURITY = 0.1
"""So much of the objective stays where a picture's own target does not stand out at all."""

ORDER = 4
"""Of the norm that a purity compares with: the strongest few channels decide."""

MIN_COSINE = 0.1


def leaky(z: Any) -> Any:
    """z where it is positive, LEAK * z elsewhere."""
    return ops.maximum(z, LEAK * z)


def averaged(values: Any, cells: Any) -> Any:
    """The mean over places, (B, H, W, C) to (B, C); cells: (B, H, W) weights with sum 1."""
    return ops.einsum("bhwc,bhw->bc", values, cells)


def purity(strengths: Any, weights: Any) -> Any:
    """How much of all that speaks is the own target, MIN_PURITY to 1: twice (B, C) to (B,).

    With s the strengths of a layer's channels, w the target's weights and p_j = relu(s_j sign w_j),
    or relu(s_j) where w_j is 0::

        sum_j |w_j| p_j / (|w|_(4/3) |p|_4)

    By Hoelder's inequality this is at most 1. For a channel c it is relu(s_c) / |relu(s)|_4; with
    2 for 4 it would be a cosine, as in Carter et al., "Activation Atlas" (Distill, 2019).
    """
    positive = ops.relu(ops.where(weights < 0, -strengths, strengths))
    size = ops.abs(weights)
    dual = ops.sum(size ** (ORDER / (ORDER - 1)), axis=1) ** ((ORDER - 1) / ORDER)
    largest = ops.max(positive, axis=1, keepdims=True) + 1e-6  # keeps the fourth powers in range
    norm = largest[:, 0] * (ops.sum((positive / largest) ** ORDER, axis=1) + 1e-6) ** (1 / ORDER)
    return ops.maximum(ops.sum(size * positive, axis=1) / (dual * norm), MIN_PURITY)


def cosine(one: Any, other: Any) -> Any:
    """The cosine between vectors, twice (B, C) to (B,)."""
    lengths = ops.sqrt(ops.sum(one**2, axis=1) * ops.sum(other**2, axis=1) + 1e-12)
    return ops.sum(one * other, axis=1) / lengths
