"""Whether a copied part of a network does what the network does: one batch through both.

A copy is made of settings and weights, layer by layer, and a layer may hold more than these.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.network_graph import Graph
from diamond_cutter.precompute.backbones.keras_runtime import keras

Array = NDArray[np.float32]

TOLERANCE = 1e-2
"""How far a value may be off, as a part of the largest of its layer.

Rounding of float32, other in folded norms than in norms, comes to 3e-6 in networks of the catalogue
with random weights; a layer quantized to int8 may take another of its steps of 1/127. State that is
lost changes values by about their own size.
"""

HALF_TOLERANCE = 0.2
"""The same where layers compute in half precision, which rounds by up to 2^-9 in each of them."""


def noise(sides: tuple[int, int], channels: int) -> Array:
    """One picture of noise, (1, H, W, channels), 0..1: always the same."""
    return np.random.default_rng(0).random((1, *sides, channels), np.float32)


def activations(graph: Graph, given: Mapping[str, Array], names: Sequence[str]) -> list[Array]:
    """What the network's own layers make of `given`, by name of node, at `names`."""
    return _outputs(lambda values: graph.compute(values, names), dict(given))


def check_copy(
    network: str,
    graph: Graph,
    given: Mapping[str, Array],
    source: Any,
    copied: Mapping[str, Any],
    targets: Sequence[str],
    linear: Collection[str],
) -> None:
    """Raise `UserError` where a copy gives something else than the network's own layers.

    `given`: the value of the node that the copy begins with, by its name; `source`, `copied`: the
    copy's input and its tensors by the name of their node, those of `linear` without nonlinearity.
    """
    if not any(_first_difference(graph, given, source, copied, targets, linear)):
        return
    names = [name for name in graph.nodes if name in copied and name not in given]
    name, told = _first_difference(graph, given, source, copied, names, linear)
    raise UserError(
        f"{network}: expected a copy of its layers up to {targets[-1]!r} to give what they give, "
        f"got {told} in {name!r} ({graph.nodes[name].kind}), which can't be copied; put other "
        "layers of Keras in its place"
    )


def check_graph(network: str, graph: Graph, given: Mapping[str, Array], whole: Any) -> None:
    """Raise `UserError` where the nodes, one after the other, give something else than `whole`.

    `given`: the value of the first node, by its name; `whole`: the `keras.Model` of the graph.
    """
    (pixels,), end = given.values(), next(reversed(graph.nodes))
    [got] = activations(graph, given, [end])
    for called in (whole, partial(whole, training=False)):  # augmentation may be on in the first
        [expected] = _outputs(partial(_as_list, called), pixels)
        told = _difference(got, expected, _tolerance(graph))
        if not told:
            return
    raise UserError(
        f"{network}: expected its layers one after the other to give what it gives as a whole, "
        f"got {told} in {end!r} ({graph.nodes[end].kind}); save it without what changes from "
        "call to call, and without layers that are called in ways of their own"
    )


def _as_list(called: Callable[[Any], Any], value: Any) -> list[Any]:
    return [called(value)]


def _first_difference(
    graph: Graph,
    given: Mapping[str, Array],
    source: Any,
    copied: Mapping[str, Any],
    names: Sequence[str],
    linear: Collection[str],
) -> tuple[str, str]:
    """The first of `names` at which a copy differs, and how; two empty texts where none does."""
    model = keras.Model(source, [copied[name] for name in names])
    (value,) = given.values()
    found = _outputs(lambda value: keras.tree.flatten(model(value)), value)
    tolerance = _tolerance(graph)
    for name, got, expected in zip(names, found, activations(graph, given, names), strict=True):
        own = graph.nodes[name].nonlinearity if name in linear else None
        told = _difference(got if own is None else np.asarray(own(got)), expected, tolerance)
        if told:
            return name, told
    return "", ""


def _difference(got: Array, expected: Array, tolerance: float) -> str:
    """The first value that differs, with its place; empty where none does."""
    if got.shape != expected.shape:
        return f"values {got.shape} in place of {expected.shape}"
    largest = np.abs(expected[np.isfinite(expected)]).max(initial=1e-6)
    equal = np.isclose(got, expected, rtol=0, atol=tolerance * largest, equal_nan=True)
    if equal.all():
        return ""
    place = tuple(int(index) for index in np.argwhere(~equal)[0])
    return f"{got[place]:.6g} in place of {expected[place]:.6g} at {place}"


def _tolerance(graph: Graph) -> float:
    types = {getattr(node.layer, "compute_dtype", "float32") for node in graph.nodes.values()}
    return HALF_TOLERANCE if types & {"float16", "bfloat16"} else TOLERANCE


def _outputs(function: Callable[[Any], list[Any]], given: Any) -> list[Array]:
    """What a function of tensors gives."""
    tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, given)
    if keras.backend.backend() == "jax":  # which else compiles each operation by itself
        import jax

        function = jax.jit(function)
    return [np.asarray(each).astype(np.float32) for each in function(tensors)]
