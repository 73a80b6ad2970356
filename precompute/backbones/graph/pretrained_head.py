"""A backbone's own classifier: its last linear layer, and the network that makes what it reads."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import truncate_at
from diamond_cutter.precompute.backbones.graph.frozen_graph import FrozenGraph
from diamond_cutter.precompute.backbones.graph.frozen_layers import Linear, frozen_linear
from diamond_cutter.precompute.backbones.graph.network_graph import Graph
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

_BETWEEN = (keras.layers.Dropout, keras.layers.Flatten, keras.layers.Reshape)
"""What may stand between pooling and classifier and changes nothing."""


@dataclass(frozen=True, eq=False)
class PretrainedHead:
    """features: a `keras.Model`, float32 RGB 0..1 (N, H, W, 3) to (N, D) or (N, 1, 1, D).

    weights (D, K), bias (K,) float32: logits are `features @ weights + bias`.
    """

    features: Any
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


def classifier(backbone: Backbone) -> PretrainedHead:
    """Take a backbone apart before its last linear layer, a dense one or a 1 x 1 convolution.

    Raises `UserError` for a network without one, or with one class.
    """
    graph = backbone.graph
    if isinstance(graph, FrozenGraph):
        found = frozen_linear(graph, backbone.model)
    else:
        found = _linear(graph)
    if found is None:
        raise UserError(
            f"{backbone.name}: expected a network that ends in a linear layer of classes, found "
            "none; ask for channels of its layers instead"
        )
    weights = np.asarray(found.kernel, np.float32).reshape(found.kernel.shape[-2:])
    if weights.shape[1] < 2:
        raise UserError(
            f"{backbone.name}: expected a network of two classes or more, got one; ask for "
            "channels of its layers instead"
        )
    bias = np.zeros(weights.shape[1]) if found.bias is None else found.bias
    features = _features(backbone, found.source)
    return PretrainedHead(features, weights, np.asarray(bias, np.float32).reshape(-1))


def _linear(graph: Graph) -> Linear | None:
    last = _last_linear(graph)
    if last is None:
        return None
    kernel, *bias = graph.nodes[last].layer.get_weights()
    return Linear(graph.nodes[last].inputs[0], kernel, bias[0] if bias else None)


def _features(backbone: Backbone, name: str) -> Any:
    """The network up to what the classifier reads, for images of any size.

    Where a map is flattened (VGG), or may be, the network takes its input size alone, and images
    are resized.
    """
    nodes = backbone.graph.nodes
    flattened = isinstance(backbone.graph, FrozenGraph) or any(
        isinstance(nodes[each].layer, keras.layers.Flatten)
        and nodes[each].layer.input.shape[1:3] != (1, 1)
        for each in backbone.graph.ancestors(name)
    )
    if not flattened:
        return truncate_at(backbone, name)
    network = truncate_at(backbone, name, size=backbone.sides)
    image = keras.Input((None, None, 3), name="image")
    resized = keras.layers.Resizing(*backbone.sides, name="resize")(image)
    return keras.Model(image, network(resized))


def pooled_cut(backbone: Backbone) -> Layer:
    """The cut whose average over all places is what the classifier reads.

    Raises `UserError` for a network whose classifier reads something else.
    """
    graph = backbone.graph
    name = _last_linear(graph)
    while name is not None:
        name = next(iter(graph.nodes[name].inputs), None)
        if name is None or not isinstance(graph.nodes[name].layer, _BETWEEN):
            break
    if name is not None and isinstance(
        graph.nodes[name].layer, keras.layers.GlobalAveragePooling2D
    ):
        source = graph.nodes[name].inputs[0]
        for layer in backbone.layers:
            if layer.name == source and layer.is_cut:
                return layer
    raise UserError(
        f"{backbone.name}: expected a network whose classes are read from the average of its last "
        "cut, got one that reads them otherwise; train a head on photos of your own instead"
    )


def _last_linear(graph: Graph) -> str | None:
    """The last layer that mixes channels, if it is linear in one vector and ends in classes."""
    for name, node in reversed(graph.nodes.items()):
        if isinstance(node.layer, keras.layers.Dense):
            return name
        if isinstance(node.layer, keras.layers.Conv2D):
            return name if graph.nodes[node.inputs[0]].shape[1:3] == (1, 1) else None
    return None
