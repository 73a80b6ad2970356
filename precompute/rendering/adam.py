"""Adam (Kingma & Ba 2015) without variables: Keras's own is stateless on JAX only."""

from typing import Any, NamedTuple

from diamond_cutter.precompute.runtime import keras

ops = keras.ops


BETA_1, BETA_2, EPSILON = 0.5, 0.999, 1e-8
"""With little momentum a picture rises faster: each step sees another view of it."""


class Moments(NamedTuple):
    """Sums of a gradient and of its square, each of its shape, that fade by the betas.

    The means of Kingma and Ba times 1 / (1 - beta): fewer passes over large arrays.
    """

    first: Any
    second: Any


def start(value: Any) -> Moments:
    """The moments before the first step."""
    return Moments(ops.zeros_like(value), ops.zeros_like(value))


def ascend(
    value: Any, gradient: Any, moments: Moments, step: Any, rate: float
) -> tuple[Any, Moments]:
    """The value after one step uphill, and the new moments; `step` counts from 1, float32."""
    first = BETA_1 * moments.first + gradient
    second = BETA_2 * moments.second + ops.square(gradient)
    mean = (1 - BETA_1) / (1 - BETA_1**step)
    square = (1 - BETA_2) / (1 - BETA_2**step)
    scale = rate * mean / ops.sqrt(square)
    least = EPSILON**2 / (1 - BETA_2)
    return value + scale * first * ops.rsqrt(second + least), Moments(first, second)
