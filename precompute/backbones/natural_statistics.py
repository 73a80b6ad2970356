"""What values a layer takes on natural photos, as far as its BatchNorm remembers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.backbones.graph import Graph
from diamond_cutter.precompute.backbones.units import pre_activation_of
from diamond_cutter.precompute.runtime import keras

Moments = tuple[NDArray[np.float64], NDArray[np.float64]]


def natural_statistics(
    backbone: Backbone, layer_name: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Mean and standard deviation of each channel of a layer's pre-activation on training photos.

    Both (C,) float32, over photos and places; None where the network does not hold them. After a
    BatchNorm they are its beta and |gamma|, unless it has never been trained: then it claims a
    spread of 1 whatever comes. For a sum, means and variances are added as if the summands were
    independent, which is an approximation: a residual correlates with its shortcut.
    Raises `UserError` for a name that is not one of the backbone's layers.
    """
    graph = backbone.graph
    moments = _moments(graph, pre_activation_of(graph, backbone.layer(layer_name).name))
    if moments is None:
        return None
    mean, variance = moments
    return mean.astype(np.float32), np.sqrt(variance).astype(np.float32)


def _moments(graph: Graph, name: str) -> Moments | None:
    node = graph.nodes[name]
    match node.layer:
        case keras.layers.BatchNormalization():
            return _of_norm(node.layer)
        case keras.layers.Add():
            parts = [_moments(graph, source) for source in node.inputs]
            known = [part for part in parts if part is not None]
            if len(known) == len(parts):
                means, variances = zip(*known, strict=True)
                return np.sum(means, 0), np.sum(variances, 0)
    return None


def _of_norm(norm: Any) -> Moments | None:
    variance = np.asarray(norm.moving_variance, np.float64)
    if (variance == 1).all() and not np.asarray(norm.moving_mean).any():
        return None  # as it was made: it has seen nothing
    scale = np.asarray(norm.gamma, np.float64) if norm.scale else np.ones_like(variance)
    shift = np.asarray(norm.beta, np.float64) if norm.center else np.zeros_like(variance)
    return shift, scale**2 * variance / (variance + norm.epsilon)
