"""A backbone's own classifier: its last linear layer, and the network that makes what it reads."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.backbones.folding import truncate_at
from diamond_cutter.precompute.backbones.graph import Graph
from diamond_cutter.precompute.contract.atlas import Layer
from diamond_cutter.precompute.runtime import keras

_BETWEEN = (keras.layers.Dropout, keras.layers.Flatten, keras.layers.Reshape)
"""What may stand between pooling and classifier and changes nothing."""


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
    graph = backbone.graph
    last = _last_linear(graph)
    if last is None:
        raise UserError(
            f"{backbone.name}: expected a network that ends in a linear layer of classes, found "
            "none; ask for channels of its layers instead"
        )
    kernel, *bias = graph.nodes[last].layer.get_weights()
    weights = np.asarray(kernel, np.float32).reshape(kernel.shape[-2:])
    shift = np.asarray(bias[0], np.float32) if bias else np.zeros(weights.shape[1], np.float32)
    return Classifier(_features(backbone, graph.nodes[last].inputs[0]), weights, shift)


def _features(backbone: Backbone, name: str) -> Any:
    """The network up to what the classifier reads, for images of any size.

    Where a map is flattened (VGG), the network takes its input size alone, and images are resized.
    """
    nodes = backbone.graph.nodes
    flattened = any(
        isinstance(nodes[each].layer, keras.layers.Flatten)
        and nodes[each].layer.input.shape[1:3] != (1, 1)
        for each in backbone.graph.ancestors(name)
    )
    if not flattened:
        return truncate_at(backbone, name)
    size = backbone.input_size
    network = truncate_at(backbone, name, size=size)
    image = keras.Input((None, None, 3), name="image")
    return keras.Model(image, network(keras.layers.Resizing(size, size, name="resize")(image)))


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
