"""A backbone's own classifier: its last linear layer, and the network that makes what it reads."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.backbones.folding import truncate_at
from diamond_cutter.precompute.backbones.graph import Graph, read_graph
from diamond_cutter.precompute.runtime import keras


@dataclass(frozen=True, eq=False)
class Classifier:
    """features: a `keras.Model`, float32 RGB 0..1 (N, H, W, 3) to (N, D) or (N, 1, 1, D).

    weights (D, K), bias (K,) float32: logits are `features @ weights + bias`.
    """

    features: Any
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


def classifier(backbone: Backbone) -> Classifier:
    """Take a backbone apart before its last linear layer, a dense one or a 1 x 1 convolution.

    Raises `UserError` for a network without one.
    """
    graph = read_graph(backbone.model)
    last = _last_linear(graph)
    if last is None:
        raise UserError(
            f"{backbone.name}: expected a network that ends in a linear layer of classes, found "
            "none; ask for channels of its layers instead"
        )
    kernel, *bias = graph.nodes[last].layer.get_weights()
    weights = np.asarray(kernel, np.float32).reshape(kernel.shape[-2:])
    shift = np.asarray(bias[0], np.float32) if bias else np.zeros(weights.shape[1], np.float32)
    return Classifier(truncate_at(backbone, graph.nodes[last].inputs[0]), weights, shift)


def _last_linear(graph: Graph) -> str | None:
    """The last layer that mixes channels, if it is linear in one vector and ends in classes."""
    for name, node in reversed(graph.nodes.items()):
        if isinstance(node.layer, keras.layers.Dense):
            return name
        if isinstance(node.layer, keras.layers.Conv2D):
            return name if node.layer.input.shape[1:3] == (1, 1) else None
    return None
