"""What values a layer takes on natural photos, as far as its BatchNorm remembers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.convolution_blocks import (
    is_activation,
    joins_channels,
    nonlinearities,
    passes_nonlinearities,
)
from diamond_cutter.precompute.backbones.graph.network_graph import Graph
from diamond_cutter.precompute.backbones.keras_runtime import keras

Moments = tuple[NDArray[np.float64], NDArray[np.float64]]


def natural_statistics(
    backbone: Backbone, layer_name: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Mean and standard deviation of each channel of a layer's pre-activation on training photos.

    Both (C,) float32, over photos and places; None where the network does not hold them. After a
    BatchNorm they are its beta and |gamma|, before one (DenseNet, ResNetV2) the moments that it
    takes away, unless it has never been trained: then it claims a spread of 1 whatever comes. A
    concatenation has those of its parts. For a sum, means and variances are added as if the
    summands were independent, which is an approximation: a residual correlates with its shortcut.
    Raises `UserError` for a name that is not one of the backbone's layers.
    """
    moments = _before_nonlinearities(backbone.graph, backbone.layer(layer_name).name)
    if moments is None:
        return None
    mean, variance = moments
    return mean.astype(np.float32), np.sqrt(variance).astype(np.float32)


def _before_nonlinearities(graph: Graph, name: str) -> Moments | None:
    """Of a node without the nonlinearities at its end, as `folding.truncate` cuts it."""
    node = graph.nodes[name]
    if is_activation(node):
        return _moments(graph, node.inputs[0])
    if not passes_nonlinearities(graph, name):
        return _moments(graph, name)
    if not joins_channels(graph, name):
        return None
    return _side_by_side([_before_nonlinearities(graph, source) for source in node.inputs])


def _moments(graph: Graph, name: str) -> Moments | None:
    node = graph.nodes[name]
    if not nonlinearities(graph, name):
        for reader in graph.readers[name]:
            norm = graph.nodes[reader].layer
            if _is_trained(norm):
                return _float64(norm.moving_mean), _float64(norm.moving_variance)
    if _is_trained(node.layer):
        return _of_norm(node.layer)
    if joins_channels(graph, name):
        return _side_by_side([_moments(graph, source) for source in node.inputs])
    if isinstance(node.layer, keras.layers.Add):
        parts = [_moments(graph, source) for source in node.inputs]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            means, variances = zip(*known, strict=True)
            return np.sum(means, 0), np.sum(variances, 0)
    return None


def _side_by_side(parts: Sequence[Moments | None]) -> Moments | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    means, variances = zip(*known, strict=True)
    return np.concatenate(means), np.concatenate(variances)


def _is_trained(layer: Any) -> bool:
    """Whether it is a BatchNorm that is not as it was made, and so has seen something."""
    if not isinstance(layer, keras.layers.BatchNormalization):
        return False
    return bool((_float64(layer.moving_variance) != 1).any() or _float64(layer.moving_mean).any())


def _of_norm(norm: Any) -> Moments:
    variance = _float64(norm.moving_variance)
    scale = _float64(norm.gamma) if norm.scale else np.ones_like(variance)
    shift = _float64(norm.beta) if norm.center else np.zeros_like(variance)
    return shift, scale**2 * variance / (variance + norm.epsilon)


def _float64(values: Any) -> NDArray[np.float64]:
    return np.asarray(values, np.float64)
