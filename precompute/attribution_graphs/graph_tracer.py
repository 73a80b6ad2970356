"""The pass that follows a class's logit back through channels: what each gives, and by which.

What a channel gives to a class is the departure of its activation from its mean over photos, times
the gradient of the logit, summed over places: what would go, to first order, were it set to that
mean (Nanda 2023, "Attribution patching"). An edge is what of that goes by a channel of the next
layer: the same departure times the gradient of what that channel gives, its own gradient held. All
edges that leave a channel sum up to what it gives, by the chain rule, for the whole signal passes
through the next layer. Graphs of features of language models are made so (Ameisen et al. 2025,
"Circuit Tracing").
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.attributor import BATCH, read_head, traced
from diamond_cutter.precompute.attribution.cut_to_explain import Dense
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf


class GraphTracer:
    """A network up to a cut, with the layers of a graph."""

    def __init__(
        self,
        backbone: Backbone,
        layers: Sequence[str],
        pooling: str,
        baseline: Sequence[Sequence[float]],
    ) -> None:
        """Fold the network; `layers`: L cuts in depth order, the last is read by heads.

        `pooling`: what they read of it. `baseline`: of each layer the mean activations (C,).
        """
        self.size = backbone.input_size
        self._pooling = pooling
        self._baseline = [tf.constant(each, tf.float32) for each in baseline]
        self._model = fold(backbone, layers)
        self._pass = traced(self._trace)

    def trace(
        self,
        images: NDArray[np.float32],
        labels: NDArray[np.integer],
        nodes: NDArray[np.integer],
        head: Dense,
    ) -> tuple[dict[str, NDArray[Any]], list[NDArray[np.float32]]]:
        """The graphs of n photos, and what all channels of each layer give, L of (n, C).

        Arrays by name as in `AttributionGraphs`: node, value, whole, edge, reaching.
        `images (n, size, size, 3)` float32, 0..1, n at most `BATCH`; `labels (n,)`: the class of
        each. `nodes (n, L, M)`: channels of each layer; where none is given, but -1, those that
        give most are taken.
        """
        count = len(images)
        given = [images, labels.astype(np.int32), nodes.astype(np.int32)]
        filled = [np.zeros((BATCH, *each.shape[1:]), each.dtype) for each in given]
        for whole, part in zip(filled, given, strict=True):
            whole[:count] = part
        weights = [(tf.constant(weight), tf.constant(bias)) for weight, bias in head]
        graph, gives = self._pass(*map(tf.constant, filled), weights)
        arrays = {name: value.numpy()[:count] for name, value in graph.items()}
        return arrays, [each.numpy()[:count] for each in gives]

    def _trace(self, images: Any, labels: Any, given: Any, weights: Any) -> Any:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(images)
            activations = keras.tree.flatten(self._model(images, training=False))
            logits = read_head(activations[-1], weights, self._pooling)
            logit = tf.gather(logits, labels, batch_dims=1)
        slopes = tape.gradient(logit, activations)
        departures = [each - mean for each, mean in zip(activations, self._baseline, strict=True)]
        gives = [_over_places(*pair) for pair in zip(departures, slopes, strict=True)]
        nodes = [_chosen(each, given[:, place]) for place, each in enumerate(gives)]
        at = [tf.one_hot(each, int(all_.shape[1])) for each, all_ in zip(nodes, gives, strict=True)]
        count, most = given.shape[0], given.shape[2]
        edges, reaching = [tf.zeros((count, 0, most, most))], [tf.zeros((count, 0, most))]
        for place, targets in enumerate(at[1:]):
            into = [
                _over_places(
                    departures[place],
                    tape.gradient(
                        activations[place + 1],
                        activations[place],
                        slopes[place + 1] * target[:, None, None],
                    ),
                )
                for target in tf.unstack(targets, axis=1)
            ]
            by_target = tf.stack(into, axis=2)
            edges.append(tf.matmul(at[place], by_target)[:, None])
            reaching.append(tf.reduce_sum(tf.abs(by_target), 1)[:, None])
        values = [tf.linalg.matvec(*pair) for pair in zip(at, gives, strict=True)]
        graph = {
            "node": tf.stack(nodes, axis=1),
            "value": tf.stack(values, axis=1),
            "whole": tf.stack([tf.reduce_sum(tf.abs(each), 1) for each in gives], axis=1),
            "edge": tf.concat(edges, axis=1),
            "reaching": tf.concat(reaching, axis=1),
        }
        return graph, gives


def choose_nodes(gives: NDArray[np.float32], count: int) -> NDArray[np.int32]:
    """The `count` channels that give most, for or against, of (C,), as `AttributionGraphs.node`."""
    nodes = _chosen(tf.constant(gives[None]), tf.fill((1, count), -1))
    return np.asarray(nodes.numpy()[0], np.int32)


def _over_places(departure: Any, slope: Any) -> Any:
    return tf.reduce_sum(departure * slope, (1, 2))


def _chosen(gives: Any, given: Any) -> Any:
    """The nodes given, (n, M), or where none is, those that give most, of (n, C)."""
    most, channels = given.shape[1], int(gives.shape[1])
    strongest = tf.math.top_k(tf.abs(gives), min(most, channels)).indices
    order = tf.argsort(
        tf.gather(gives, strongest, batch_dims=1), direction="DESCENDING", stable=True
    )
    own = tf.gather(strongest, order, batch_dims=1)
    own = tf.pad(own, [[0, 0], [0, max(0, most - channels)]], constant_values=-1)
    return tf.where(tf.reduce_any(given >= 0, 1, keepdims=True), given, own)
