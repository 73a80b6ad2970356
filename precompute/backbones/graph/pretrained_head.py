"""A backbone's own classifier: how its classes are read, and from what.

What follows the last map is tried, not recognized: a dense layer, a norm after it, a temperature,
the average of class maps are all linear, and so is whatever else gives sums for sums.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import truncate_at
from diamond_cutter.precompute.backbones.graph.cut_verification import activations
from diamond_cutter.precompute.backbones.graph.frozen_graph import FrozenGraph, frozen_end
from diamond_cutter.precompute.backbones.graph.network_copy import rebuild
from diamond_cutter.precompute.backbones.graph.network_graph import Graph, Node, bottlenecks
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

Array = NDArray[np.float32]
Dense = tuple[Array, Array]
"""Weights (D, U) and biases (U,)."""

CHUNK = 64
"""Rows of the unit matrix that go through a part of a network at once."""

TOLERANCE, COARSE_TOLERANCE = 1e-3, 3e-2
"""How far from linear a part may be, of its largest value; where layers are in half precision, or
quantized."""

POOLINGS: dict[str, Callable[[Array], Array]] = {
    "average": lambda maps: maps.mean((1, 2)),
    "maximum": lambda maps: maps.max((1, 2)),
    "both": lambda maps: np.concatenate([maps.mean((1, 2)), maps.max((1, 2))], 1),
}


@dataclass(frozen=True, eq=False)
class PretrainedHead:
    """features: a `keras.Model`, float32 RGB 0..1 (N, H, W, 3) to (N, D) or (N, 1, 1, D).

    weights (D, K), bias (K,) float32: logits are `features @ weights + bias`.
    """

    features: Any
    weights: Array
    bias: Array


@dataclass(frozen=True, eq=False)
class CutHead:
    """How classes are read from a cut: pooled as `POOLINGS` names it, then by `layers`.

    These are dense ones, with a ReLU between them.
    """

    cut: Layer
    pooling: str
    layers: Sequence[Dense]


def classifier(backbone: Backbone) -> PretrainedHead:
    """Take a backbone apart where all that follows is linear, as far from its end as can be.

    Raises `UserError` for a network that does not end in a vector, or ends in one number.
    """
    vectors = _vectors(backbone)
    start = end = vectors[-1]
    for name in reversed(vectors):
        if not _is_affine(_Part.of(backbone, name, end)):
            break
        start = name
    weights, bias = _of_classes(backbone, _dense(_Part.of(backbone, start, end)))
    return PretrainedHead(truncate_at(backbone, start), weights, bias)


def cut_head(backbone: Backbone) -> CutHead:
    """The cut that a backbone's classes are read from, and how.

    Raises `UserError` where they are read otherwise than by dense layers, with a ReLU between
    them, from the average or the maximum over the places of the last cut.
    """
    vectors = _vectors(backbone)
    nodes = list(backbone.graph.nodes)
    before = set(nodes[: nodes.index(vectors[0])])
    cuts = [layer for layer in backbone.layers if layer.is_cut and layer.name in before]
    layers, other = _layers(backbone, vectors)
    if cuts and layers:
        layers[-1] = _of_classes(backbone, layers[-1])
        is_class_map = cuts[-1].channels == layers[-1][1].size
        for cut in (
            cuts[-2:] if is_class_map else cuts[-1:]
        ):  # what a class map is made of says more
            part = _Part.of(backbone, cut.name, vectors[0])
            pooling = _pooling(part)
            if pooling:
                return CutHead(cut, pooling, layers)
            if _is_of_average(part):
                return CutHead(cut, "average", [_joined(_dense(part), layers[0]), *layers[1:]])
    raise UserError(
        f"{backbone.name}: expected classes that are read from the average or the maximum of the "
        f"last cut by dense layers with ReLU, got {_told(backbone.graph.nodes[other], other)}, "
        "which does something else; train a head on photos of your own instead"
    )


NAME_BOTH = "name both, one a line, in a file [models.NAME] labels"
"""What makes classes of a number that is no chance."""


def as_classes(logits: Any, chances: str, label_count: int) -> tuple[Any, bool]:
    """Logits (N, K), and whether their classes exclude each other.

    `chances`: "sigmoid", where the network makes such of them; `label_count`: of the classes that
    are named, 0 if none are. The logit of one number (N, 1) becomes two, of no and of yes, where a
    sigmoid makes a chance of it or two classes are named.
    """
    is_of_each = chances == "sigmoid"
    if tuple(logits.shape[1:]) == (1,) and (is_of_each or label_count == 2):
        return keras.ops.pad(logits, ((0, 0), (1, 0))), True
    return logits, not is_of_each


def _vectors(backbone: Backbone) -> list[str]:
    """What the whole signal passes through after the last map, (N, D) or (N, 1, 1, D), by name."""
    graph = backbone.graph
    is_frozen = isinstance(graph, FrozenGraph)
    end = frozen_end(backbone.model) if is_frozen else next(reversed(graph.nodes))
    maps = {layer.name for layer in backbone.layers}
    needed = graph.ancestors(end)  # what else a graph gives is no way of the signal
    nodes = {name: node for name, node in graph.nodes.items() if name in needed}
    readers = {name: tuple(needed.intersection(graph.readers[name])) for name in nodes}
    found: list[str] = []
    for name in reversed(list(bottlenecks(Graph(nodes, readers)))):
        shape = graph.nodes[name].shape
        if name in maps or not (len(shape) == 2 or (len(shape) == 4 and shape[1:3] == (1, 1))):
            break
        found.insert(0, name)
    if not found:
        raise UserError(
            f"{backbone.name}: expected a network that ends in a vector of classes, got "
            f"{graph.nodes[end].shape}; ask for channels of its layers instead"
        )
    return found


def _of_classes(backbone: Backbone, dense: Dense) -> Dense:
    """The last dense layer, with the logit 0 of "no" before that of "yes" where a graph lacks it.

    Raises `UserError` for one number that is no class.
    """
    weights, bias = dense
    classes = backbone.model.output_shape[-1]
    if classes < 2:
        raise UserError(
            f"{backbone.name}: expected a network of two classes or more, or one that ends in a "
            "sigmoid of one number, got one number; where it tells two classes apart, "
            f"{NAME_BOTH}, or ask for channels of its layers instead"
        )
    added = classes - weights.shape[1]
    return np.pad(weights, ((0, 0), (added, 0))), np.pad(bias, (added, 0))


@dataclass(frozen=True)
class _Part:
    """What a network makes of the tensor of one node: `run`, (N, *shape) to (N, D)."""

    run: Callable[[Array], Array]
    shape: tuple[int, ...]
    tolerance: float

    @classmethod
    def of(cls, backbone: Backbone, start: str, end: str, *, bare: bool = False) -> "_Part":
        """From what `start` gives to what `end` does; `bare`: without its nonlinearity."""
        graph = backbone.graph
        shape = tuple(side or 8 for side in graph.nodes[start].shape[1:])
        is_coarse = any(map(_is_coarse, graph.nodes.values()))
        tolerance = COARSE_TOLERANCE if is_coarse else TOLERANCE
        if bare or (isinstance(graph, FrozenGraph) and start != end):
            source = keras.Input(shape)
            values = rebuild(graph, [end], {end} if bare else set(), {start: source})[1]
            network = keras.Model(source, values[end])
            return cls(lambda value: _flat(network(value)), shape, tolerance)
        if start == end:
            return cls(_flat, shape, tolerance)
        return cls(
            lambda value: _flat(activations(graph, {start: value}, [end])[0]), shape, tolerance
        )


def _is_coarse(node: Node) -> bool:
    is_half = getattr(node.layer, "compute_dtype", "float32") in ("float16", "bfloat16")
    return is_half or bool(getattr(node.layer, "quantization_mode", None))


def _flat(value: Any) -> Array:
    return np.asarray(value).reshape(len(value), -1)


def _noise(part: _Part) -> Array:
    return np.random.default_rng(0).normal(0, 3, (4, *part.shape)).astype(np.float32)


def _is_affine(part: _Part) -> bool:
    """Whether a part gives for a sum the sum of what it gives, but for a bias."""
    one, other = _noise(part), _noise(part)[::-1]
    found = part.run(np.concatenate([one, other, one + other, 0 * one]))
    first, second, both, none = np.split(found, 4)
    return _is_near(part, both + none, first + second)


def _is_of_average(part: _Part) -> bool:
    """Whether what a part gives for a map is linear, and of no place more than of another."""
    maps = _noise(part)
    shuffled = np.random.default_rng(1).permutation(maps.reshape(len(maps), -1, maps.shape[-1]), 1)
    moved = part.run(shuffled.reshape(maps.shape))
    return _is_affine(part) and _is_near(part, moved, part.run(maps))


def _pooling(part: _Part) -> str:
    """Which pooling a part is; empty if it is none."""
    maps = _noise(part)
    found = part.run(maps)
    return next((name for name, pool in POOLINGS.items() if _is_near(part, found, pool(maps))), "")


def _is_near(part: _Part, got: Array, expected: Array) -> bool:
    if got.shape != expected.shape or not np.isfinite(expected).all():
        return False
    return bool(np.abs(got - expected).max() <= part.tolerance * np.abs(expected).max())


def _dense(part: _Part) -> Dense:
    """The weights and biases of a part that is affine; of a map, those for its average."""
    size = part.shape[-1]
    [bias] = part.run(np.zeros((1, *part.shape), np.float32))
    rows = []
    for first in range(0, size, CHUNK):
        units = np.eye(size, dtype=np.float32)[first : first + CHUNK]
        units = units.reshape(-1, *[1] * (len(part.shape) - 1), size)
        given = np.broadcast_to(units, (len(units), *part.shape))
        rows.append(part.run(given) - bias)
    return np.concatenate(rows), bias


def _joined(one: Dense, other: Dense) -> Dense:
    """Two dense layers, one after the other, as one."""
    return one[0] @ other[0], one[1] @ other[0] + other[1]


def _told(node: Node, name: str) -> str:
    """A node in words: its name, its class, and its nonlinearity if it has one."""
    own = node.nonlinearity
    if own is None or keras.activations.serialize(own) == "linear":
        return f"{name!r} ({node.kind})"
    return f"{name!r} ({node.kind} with {own.__name__})"


def _layers(backbone: Backbone, vectors: Sequence[str]) -> tuple[list[Dense], str]:
    """The dense layers, with a ReLU between them, from the first vector to the last.

    None where there is something else, and the name of that; else with the name of the first.
    """
    layers: list[Dense] = []
    place = 0
    while True:
        start = vectors[place]
        while place + 1 < len(vectors) and _is_affine(
            _Part.of(backbone, start, vectors[place + 1])
        ):
            place += 1
        if place + 1 == len(vectors):
            return [*layers, _dense(_Part.of(backbone, start, vectors[place]))], vectors[0]
        after = vectors[place + 1]
        is_own = backbone.graph.nodes[after].nonlinearity is not None
        before = (
            _Part.of(backbone, start, after, bare=True)
            if is_own and len(backbone.graph.nodes[after].layer.weights)
            else _Part.of(backbone, start, vectors[place])
        )
        noise = _noise(before)
        rectified = np.maximum(before.run(noise), 0)
        given = _Part.of(backbone, start, after).run(noise)
        if not _is_affine(before) or not _is_near(before, given, rectified):
            return [], after
        layers.append(_dense(before))
        place += 1
