"""The depthwise kernels by which a layer's channels look around, and how much each gives to each.

In most blocks of today only a depthwise convolution reads more than one cell: it has a kernel for
each of its channels, and what follows mixes them. How much a channel of the layer changes with one
of them is the mean natural slope, as between cuts, here from what the convolution gives.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.convolution_blocks import ends_of
from diamond_cutter.precompute.backbones.graph.cut_network import checked
from diamond_cutter.precompute.backbones.graph.network_copy import rebuild
from diamond_cutter.precompute.backbones.graph.network_graph import Graph, Node
from diamond_cutter.precompute.backbones.keras_runtime import keras, pullback
from diamond_cutter.precompute.rendering.backend.adapter import compiled
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

Floats = NDArray[np.float32]

KEPT = 4
"""Kernels of each of the layer's channels, at most."""

_TOGETHER = 8
"""Channels of the layer asked at once."""


class DepthwiseMeter:
    """Tells the kernels of the last depthwise convolution between a cut and a layer behind it.

    name: the layer that its channels are known by, itself where there is none; empty where there is
    no such convolution, where it is a part of another layer (a separable convolution), or where the
    layer joins several.
    """

    def __init__(self, backbone: Backbone, source: Layer, layer: Layer, before: Floats) -> None:
        """before: the cut's activations on some photos, (n, h, w, I)."""
        self.name = ""
        graph, ends = backbone.graph, ends_of(backbone.graph, layer.name)
        last = find_depthwise(graph, source.name, layer.name)
        if last is None or len(ends) > 1:
            return
        self._kernels = _kernels(graph.nodes[last])
        self.name = _layer_of(backbone, last, self._kernels.shape[-1])
        given, values = checked(backbone, [last], start=source.name)
        made = np.asarray(keras.Model(given, values[last])(before, training=False))
        inputs = [keras.Input(each.shape[1:]) for each in (before, made)]
        open_nodes = dict(zip((source.name, last), inputs, strict=True))
        _, values = rebuild(graph, ends, set(ends), open_nodes)
        self._rest = keras.Model(inputs, values[ends[0]])
        self._maps = before, made
        self._pull = compiled(self._pulled)

    def measure(self, outputs: range) -> dict[str, Any]:
        """The arrays of a `Circuit` that tell the kernels of these channels, O, by name."""
        if not self.name:
            return {
                "depthwise_channel": np.zeros((len(outputs), 0), np.uint16),
                "depthwise_share": np.zeros((len(outputs), 0), np.float32),
                "depthwise_kernel": np.zeros((len(outputs), 0, 1, 1), np.float16),
            }
        chosen = [outputs[n : n + _TOGETHER] for n in range(0, len(outputs), _TOGETHER)]
        slopes = np.concatenate([self._slopes(each) for each in chosen])
        weight = slopes * self._maps[1].std((0, 1, 2), dtype=np.float64)
        order = np.argsort(-np.abs(weight), axis=1, kind="stable")[:, :KEPT]
        share = weight**2 / np.maximum((weight**2).sum(1, keepdims=True), 1e-30)
        signed = np.take_along_axis(np.sign(weight) * share, order, 1)
        return {
            "depthwise_channel": order.astype(np.uint16),
            "depthwise_share": signed.astype(np.float32),
            "depthwise_kernel": self._kernels.transpose(2, 0, 1)[order].astype(np.float16),
        }

    def _slopes(self, outputs: Sequence[int]) -> NDArray[np.float64]:
        """How some channels, O, change with the convolution's, E, up to a factor each: (O, E)."""
        channels = np.zeros(_TOGETHER, np.int32)  # always as many, or it would be traced anew
        channels[: len(outputs)] = outputs
        return np.asarray(self._pull(*self._maps, channels), np.float64)[: len(outputs)]

    def _pulled(self, before: Any, made: Any, channels: Any) -> Any:
        """Sums over photos and places of the slopes of channels (S,) by `made`: (S, E)."""
        result, pull = pullback(
            lambda values: self._rest([before, *values], training=False), [made]
        )
        weights = keras.ops.one_hot(channels, self._rest.output.shape[-1])
        ones = keras.ops.ones_like(result)
        sums = [
            keras.ops.sum(pull(ones * each)[0], (0, 1, 2)) for each in keras.ops.unstack(weights)
        ]
        return keras.ops.stack(sums)


def find_depthwise(graph: Graph, source: str, layer: str) -> str | None:
    """The last depthwise convolution of what lies between two layers; None: there is none."""
    between = graph.ancestors(layer) - graph.ancestors(source)
    found = [name for name in graph.nodes if name in between and _is_depthwise(graph, name)]
    return found[-1] if found else None


def _is_depthwise(graph: Graph, name: str) -> bool:
    node = graph.nodes[name]
    groups = getattr(node.layer, "groups", 1)
    is_grouped = node.kind == "Conv2D" and groups == graph.nodes[node.inputs[0]].shape[-1] != 1
    return is_grouped or node.kind in ("DepthwiseConv2D", "DepthwiseConv2dNative")


def _kernels(node: Node) -> Floats:
    """The kernels of a depthwise convolution, (h, w, E), the L2 norm of each 1."""
    kernels = np.asarray(node.layer.trainable_weights[0], np.float32)
    flat = kernels.reshape(*kernels.shape[:2], -1)
    found: Floats = flat / np.maximum(np.sqrt((flat**2).sum((0, 1))), 1e-30)
    return found


def _layer_of(backbone: Backbone, name: str, channels: int) -> str:
    """The first layer that is made of a node and has as many channels; the node where none is."""
    layers = (
        layer.name
        for layer in backbone.layers
        if layer.channels == channels and name in backbone.graph.ancestors(layer.name)
    )
    return next(layers, name)
