"""What a picture is optimized for: that its own channel speaks, strongly and as alone as may be."""

from typing import Any

from diamond_cutter.precompute.runtime import keras

ops = keras.ops


LEAK = 0.3
"""How much a place below the channel's natural mean counts, against a place above it.

With 1, an edge detector of a shallow layer would best be served by a plain colour: on a picture
of edges what one place gains another loses. With 0, what nothing excites yet has no gradient.
"""

MIN_PURITY = 0.1
"""So much of the objective stays where a picture's own channel does not stand out at all."""


def strengths(activation: Any, mean: Any, spread: Any) -> Any:
    """How far each channel is above its natural mean, in natural standard deviations.

    The mean over places of z where z > 0 and of LEAK * z elsewhere, z = (a - mean) / spread.

    Args:
        activation: (B, H, W, C) float32, a layer's pre-activation.
        mean: (C,) float32, its mean on natural photos.
        spread: (C,) float32, its standard deviation on natural photos, positive.

    Returns:
        (B, C) float32.
    """
    z = (activation - mean) / spread
    return ops.mean(ops.maximum(z, LEAK * z), axis=(1, 2))


def own(values: Any, channels: Any) -> Any:
    """Each picture's own channel: (B, C) and (B,) int32 to (B,)."""
    return ops.take_along_axis(values, channels[:, None], axis=1)[:, 0]


def purity(values: Any, channels: Any) -> Any:
    """How much the own channel stands out among all, MIN_PURITY to 1: (B, C), (B,) to (B,).

    With s the strengths and c the channel: relu(s_c) / (sum_j relu(s_j)^4)^(1/4). It is for hidden
    channels what the cosine of Carter et al., "Activation Atlas" (Distill, 2019) is for directions:
    a picture that excites many channels besides its own is worth less.
    """
    positive = ops.relu(values)
    largest = ops.max(positive, axis=1, keepdims=True) + 1e-6  # keeps the fourth powers in range
    norm = largest[:, 0] * (ops.sum((positive / largest) ** 4, axis=1) + 1e-6) ** 0.25
    return ops.maximum(own(positive, channels) / norm, MIN_PURITY)
