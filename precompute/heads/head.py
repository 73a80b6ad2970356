"""A head: the dense layers that turn a cut's pooled activations into class probabilities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.heads import softmax
from diamond_cutter.precompute.heads.basis import Floats


@dataclass(frozen=True)
class Dense:
    """A dense layer: `weight (D, U)` and `bias (U,)`, float32."""

    weight: Floats
    bias: Floats


@dataclass(frozen=True)
class Head:
    """Dense layers, ReLU between them, logits at the end; scaling is inside the first."""

    layers: list[Dense]


def probabilities(head: Head, features: Floats) -> Floats:
    """The class probabilities, (N, K) float32, of pooled activations `features (N, D)`."""
    values = features
    for layer in head.layers[:-1]:
        values = np.maximum(values @ layer.weight + layer.bias, 0)
    last = head.layers[-1]
    return softmax.probabilities(values @ last.weight + last.bias)


def scaled_layer(
    weight: NDArray[np.floating],
    bias: NDArray[np.floating],
    mean: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> Dense:
    """The first layer for features as they are, from that for `(features - mean) / spread`."""
    unscaled = np.asarray(weight, np.float64) / spread[:, None]
    shifted = bias - mean @ unscaled
    return Dense(unscaled.astype(np.float32), shifted.astype(np.float32))
