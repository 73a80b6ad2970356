"""The pass that questions a cut network: what each place of its layers gives to each class.

Attribution is gradient times activation, of one logit (Simonyan et al. 2013 take the gradient,
Shrikumar et al. 2016 multiply; Olah et al. 2018, "The Building Blocks of Interpretability", apply
it to hidden layers). As a setting it is integrated gradients (Sundararajan et al. 2017,
"Axiomatic Attribution for Deep Networks"): the gradient is averaged on the way from a layer
without activation to the photo's. Both are linear in the logit, so that what is attributed to a
class minus another is the difference of what is to each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.cut_to_explain import Dense
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import between, fold
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf
from diamond_cutter.precompute.stores.attribution.attribution_layout import MAPS, TOP, block_of

BATCH = 8
"""Photos in one pass, if nothing else is said. Always that many, so that there is one tracing."""
MANY = 12
"""Classes up to which all are explained; of more the first `SOME` at the cut,"""
SOME = 5
BELOW = 3
"""and so many below it: predicted, runner-up, the true one or the third."""

_FIRST, _SECOND, _TRUE = 4e9, 2e9, 1e9
"""What moves a class to the front, far above any logit."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What a layer gives for n photos: arrays as in `LayerView` with n in front, and two more.

    `places`: the layer's height and width. `activation (n, R, Q, C)`: the mean of each cell;
    `attribution (n, T, R, Q, C)`: of each cell.
    """

    places: tuple[int, int]
    arrays: dict[str, NDArray[Any]]
    activation: NDArray[np.float32]
    attribution: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Trace:
    """A pass of a batch, forward and back, as tensors; rows beyond those given are blank.

    activations: of each layer (B, H, W, C); logits (B, K); classes (B, S): those asked, surest
    first. slopes: for each class asked the gradient of its logit by each layer, of classes asked
    at the cut alone by the cut alone. weights, labels: as given.
    """

    activations: list[Any]
    logits: Any
    classes: Any
    slopes: list[list[Any]]
    weights: list[tuple[Any, Any]]
    labels: Any

    def asked_at(self, place: int) -> int:
        """How many classes are asked at a layer; `place`: -1 for the cut, -2 for that before."""
        return int(self.classes.shape[1]) if place == -1 else _below(self.logits)


class Attributor:
    """A network up to a cut, with all the layers below that are asked for."""

    def __init__(
        self,
        backbone: Backbone,
        layers: Sequence[str],
        pooling: str,
        steps: int = 0,
        batch: int = BATCH,
    ) -> None:
        """Fold the network; `layers` in depth order, the last is the cut.

        `pooling`: what heads read of it: "average", "maximum" or "both". `steps`: of integrated
        gradients; 0: gradient times activation. `batch`: photos in one pass, at most.
        """
        self.size = backbone.input_size
        self.layers = tuple(layers)
        self._pooling = pooling
        self._steps = steps
        self._batch = batch
        self._model = fold(backbone, layers)
        rests = [between(backbone, layer, layers[-1]) for layer in layers[:-1]] if steps else []
        self._rests = [*rests, tf.identity]
        self._slopes = [traced(self._slopes_from(rest)) for rest in self._rests]
        self._pass = traced(self._trace_pass)
        self._describe = [traced(_describe) for _ in layers]

    def ask(
        self, images: NDArray[np.float32], labels: NDArray[np.integer], head: Dense
    ) -> tuple[NDArray[np.float32], dict[str, Answer]]:
        """The logits (n, K) of photos, and what each layer gives to them, by name.

        `images (n, size, size, 3)` float32, 0..1, n at most the batch; `labels (n,)`: their
        classes, -1 for none.
        """
        count = len(images)
        trace = self.trace(images, labels, head)
        found = {}
        for place, layer in enumerate(self.layers, -len(self.layers)):
            activation = trace.activations[place]
            asked = trace.classes[:, : trace.asked_at(place)]
            if self._steps:
                gradients = self._integrate(place, activation, trace.weights, asked)
            else:
                gradients = [each[place] for each in trace.slopes[: asked.shape[1]]]
            start = self._start(place if self._steps else -1, trace.activations, trace.weights)
            described = self._describe[place](activation, gradients, asked, trace.labels, start)
            arrays = {name: value.numpy()[:count] for name, value in described.items()}
            cells, attribution = arrays.pop("activation"), arrays.pop("attribution")
            found[layer] = Answer(tuple(activation.shape[1:3]), arrays, cells, attribution)
        return trace.logits.numpy()[:count], found

    def trace(self, images: NDArray[np.float32], labels: NDArray[np.integer], head: Dense) -> Trace:
        """Pass photos forward and back; see `ask`."""
        count = len(images)
        batch = np.zeros((self._batch, *images.shape[1:]), np.float32)
        batch[:count] = images
        known = np.full(self._batch, -1, np.int32)
        known[:count] = labels
        weights = [(tf.constant(weight), tf.constant(bias)) for weight, bias in head]
        given = tf.constant(known)
        activations, logits, classes, slopes = self._pass(tf.constant(batch), given, weights)
        return Trace(activations, logits, classes, slopes, weights, given)

    def _trace_pass(self, images: Any, labels: Any, weights: Any) -> Any:
        """The layers, logits and classes of photos, and for each class its logit's gradients.

        Of classes that are explained at the cut alone the gradients are by that alone.
        """
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(images)
            activations = keras.tree.flatten(self._model(images, training=False))
            logits = read_head(activations[-1], weights, self._pooling)
            classes = _choose(logits, labels)
            sums = _sums(logits, classes)
        below = _below(logits)
        slopes = [
            tape.gradient(value, activations[-1:] if place >= below or self._steps else activations)
            for place, value in enumerate(sums)
        ]
        return activations, logits, classes, slopes

    def _slopes_from(self, rest: Any) -> Any:
        """What gives the gradients of classes' logits by the layer that `rest` goes on from."""

        def run(activation: Any, weights: Any, classes: Any) -> list[Any]:
            with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
                tape.watch(activation)
                sums = _sums(read_head(rest(activation), weights, self._pooling), classes)
            return [tape.gradient(value, activation) for value in sums]

        return run

    def _integrate(self, place: int, activation: Any, weights: Any, classes: Any) -> list[Any]:
        """The gradients of classes' logits, averaged over the way from zero (midpoints)."""
        shares = (np.arange(self._steps, dtype=np.float32) + 0.5) / self._steps
        slopes = [self._slopes[place](share * activation, weights, classes) for share in shares]
        return [tf.add_n(each) / self._steps for each in zip(*slopes, strict=True)]

    def _start(self, place: int, activations: Any, weights: Any) -> Any:
        """The logits, (1, K), where a layer has no activation."""
        return read_head(
            self._rests[place](tf.zeros_like(activations[place][:1])), weights, self._pooling
        )


def read_head(activation: Any, weights: Any, pooling: str) -> Any:
    """The logits (N, K) of a head, its layers' (D, U) weights and (U,) biases, on (N, H, W, C)."""
    poolings = {"average": (tf.reduce_mean,), "maximum": (tf.reduce_max,)}
    pools = poolings.get(pooling, (tf.reduce_mean, tf.reduce_max))
    values = tf.concat([pool(activation, (1, 2)) for pool in pools], axis=1)
    for weight, bias in weights[:-1]:
        values = tf.nn.relu(values @ weight + bias)
    weight, bias = weights[-1]
    return values @ weight + bias


def traced(function: Any) -> Any:
    """A graph of its own; no code is rewritten, which takes time and leaves files behind."""
    return tf.function(partial(function), autograph=False)  # else TensorFlow counts retracings


def _choose(logits: Any, labels: Any) -> Any:
    """The classes that are explained, (n, S): predicted, runner-up, the true one, by logit."""
    count = logits.shape[1]
    wanted = count if count <= MANY else SOME
    first, second = tf.unstack(tf.math.top_k(logits, 2).indices, axis=1)
    front = (
        tf.one_hot(first, count) * _FIRST
        + tf.one_hot(second, count) * _SECOND
        + tf.one_hot(labels, count) * _TRUE
    )
    return tf.math.top_k(tf.where(front > 0, front, logits), wanted).indices


def _below(logits: Any) -> int:
    """How many classes are explained below the cut, of K logits (n, K)."""
    count = int(logits.shape[1])
    return count if count <= MANY else BELOW


def _sums(logits: Any, classes: Any) -> list[Any]:
    """For each place in the row of classes their logit, summed over photos, which are apart."""
    return [
        tf.reduce_sum(tf.gather(logits, classes[:, place], batch_dims=1))
        for place in range(classes.shape[1])
    ]


def _describe(
    activation: Any, gradients: list[Any], classes: Any, labels: Any, start: Any
) -> dict[str, Any]:
    """What of a layer is kept, from activation and gradients (n, H, W, C)."""
    height, width, channels = activation.shape[1:]
    single = tf.stack([sum_blocks(activation * each) for each in gradients], axis=1)
    first, second = classes[:, 0], classes[:, 1]
    nothing = tf.fill(tf.shape(first), -1)
    errs = (labels >= 0) & (labels != first) & (labels != second)
    third = single[:, min(2, single.shape[1] - 1)]  # the true class, where the head errs so
    against = tf.where(errs[:, None, None, None], single[:, 0] - third, tf.zeros_like(third))
    dense = tf.concat([(single[:, 0] - single[:, 1])[:, None], single, against[:, None]], axis=1)
    pairs = [tf.stack([first, second], 1)]
    pairs += [tf.stack([each, nothing], 1) for each in tf.unstack(classes, axis=1)]
    pairs += [tf.where(errs[:, None], tf.stack([first, labels], 1), -1)]
    target = tf.stack(pairs, axis=1)
    places = tf.reshape(activation, (-1, height * width, channels))
    ones = sum_blocks(tf.ones((1, height, width, 1)))
    cells = sum_blocks(activation) / ones
    top = min(TOP, channels)
    speaking, silencing = tf.math.top_k(dense, top), tf.math.top_k(-dense, top)
    active = tf.math.top_k(cells, top)
    channel = tf.reduce_sum(dense, (2, 3))
    peak = tf.reduce_max(places, 1)
    mapped = _mattering(channel, peak)
    return {
        "target": target,
        "total": tf.reduce_sum(channel, 2),
        "bias": _of_targets(start, target),
        "heatmap": tf.reduce_sum(dense, 4),
        "channel": channel,
        "cell_channel": tf.cast(tf.concat([speaking.indices, silencing.indices], -1), tf.uint16),
        "cell_value": tf.concat([speaking.values, -silencing.values], -1),
        "active_channel": tf.cast(active.indices, tf.uint16),
        "active_value": active.values,
        "map_channel": tf.cast(mapped, tf.uint16),
        "map": tf.gather(tf.transpose(cells, (0, 3, 1, 2)), mapped, batch_dims=1),
        "mean": tf.reduce_mean(places, 1),
        "square": tf.reduce_mean(tf.square(places), 1),
        "zero": tf.reduce_mean(tf.cast(places == 0, tf.float32), 1),
        "peak": peak,
        "place": tf.argmax(places, 1, output_type=tf.int32),
        "activation": cells,
        "attribution": dense,
    }


def _mattering(channel: Any, peak: Any) -> Any:
    """The channels of the largest attribution to any target, or else activation: (n, M)."""
    weights = [tf.reduce_max(tf.abs(channel), 1), tf.maximum(peak, 0)]
    shares = [each / tf.maximum(tf.reduce_max(each, 1, keepdims=True), 1e-30) for each in weights]
    return tf.math.top_k(tf.maximum(*shares), min(MAPS, channel.shape[2])).indices


def _of_targets(logits: Any, target: Any) -> Any:
    """The logit of each target (n, T), from (n or 1, K)."""
    logits = tf.broadcast_to(logits, (tf.shape(target)[0], logits.shape[1]))
    both = tf.gather(logits, tf.maximum(target, 0), batch_dims=1)
    both = tf.where(target >= 0, both, tf.zeros_like(both))
    return both[..., 0] - both[..., 1]


def sum_blocks(values: Any) -> Any:
    """The sums over the cells of a tensor (n, H, W, C): (n, R, Q, C)."""
    height, width, channels = values.shape[1:]
    block = block_of(height, width)
    if block == 1:
        return values
    rows, columns = -(-height // block), -(-width // block)
    padded = tf.pad(
        values, [[0, 0], [0, rows * block - height], [0, columns * block - width], [0, 0]]
    )
    apart = tf.reshape(padded, (-1, rows, block, columns, block, channels))
    return tf.reduce_sum(apart, (2, 4))
