"""Layers that do what those of a network do: copied, or folded with the norm after them."""

from collections.abc import Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any

import numpy as np

from diamond_cutter.precompute.backbones.graph.convolution_blocks import folded_norm
from diamond_cutter.precompute.backbones.graph.frozen_graph import FrozenGraph, Sides
from diamond_cutter.precompute.backbones.graph.network_graph import (
    Graph,
    GraphError,
    Node,
    is_layer_scale,
)
from diamond_cutter.precompute.backbones.graph.other_sizes import AlignedPadding2D, aligned
from diamond_cutter.precompute.backbones.keras_runtime import keras


def rebuild(
    graph: Graph,
    targets: Sequence[str],
    linear: Set[str],
    given: Mapping[str, Any] = MappingProxyType({}),
    size: Sides = None,
    *,
    folded: bool = True,
) -> tuple[Any, dict[str, Any]]:
    """The input and the tensors, by name, of a new network; `linear`: without nonlinearity.

    Those of `targets` are float32, in whichever precision layers compute. What reads those of
    `linear` reads them with their nonlinearity all the same.
    `given`: tensors that stand for a layer that the whole signal passes through, by its name.
    `size`: of the input, H and W or the side of both, any where it is None. `folded`: whether
    norms are. Raises `GraphError` for a layer that can't be copied.
    """
    if isinstance(graph, FrozenGraph):
        return graph.rebuild(targets, given, size)
    needed = set().union(*(graph.ancestors(target) for target in targets))
    for name in given:
        needed -= graph.ancestors(name)
    paddings = aligned(graph) if size is None else {}
    values: dict[str, Any] = dict(given)
    calls: dict[str, list[Any]] = {}  # that give several tensors, by name
    shown: dict[str, Any] = {}
    source = None
    for name in (name for name in graph.nodes if name in needed and name not in values):
        node = graph.nodes[name]
        norm = folded_norm(graph, name) if folded else None
        if not node.inputs:
            sides = size if isinstance(size, tuple) else (size, size)
            values[name] = source = keras.Input((*sides, node.shape[-1]), name=name)
        elif name in paddings:
            values[name] = AlignedPadding2D(paddings[name], name=name)(values[node.inputs[0]])
        elif norm is not None and norm in needed and name not in targets:
            name, value = norm, _fold(node, graph.nodes[norm].layer, values)
            values[name] = _shown(name, value, shown) if name in targets else value
        elif name in linear and not node.called:
            [value] = _copy(name, node, values, linear=True)
            values[name] = _activated(name, node, _shown(name, value, shown))
        else:
            called = node.called or name
            if called not in calls:
                calls[called] = _copy(called, node, values, linear=False)
            value = calls[called][node.part]
            values[name] = _shown(name, value, shown) if name in targets else value
    return source, values | shown


def _shown(name: str, value: Any, shown: dict[str, Any]) -> Any:
    """Put a tensor that is asked for, as float32, among those `shown`; what others read of it.

    They read it of what is shown, so that gradients pass from one tensor to another.
    """
    if value.dtype == "float32":
        shown[name] = value
        return value
    shown[name] = keras.layers.Identity(dtype="float32", name=f"{name}_float32")(value)
    return keras.layers.Identity(dtype=value.dtype, name=f"{name}_{value.dtype}")(shown[name])


def copy_state(layer: Any, copy: Any) -> None:
    """Give a built copy of a layer, or of a model, its weights and what it derives from them.

    As Keras reads a file: a Normalization, say, computes with what it makes of its weights then.
    """
    for one, other in zip(layer._flatten_layers(), copy._flatten_layers(), strict=True):
        state: dict[str, Any] = {}
        one.save_own_variables(state)
        other.load_own_variables(state)


def _copy(name: str, node: Node, values: dict[str, Any], *, linear: bool) -> list[Any]:
    """The tensors that a copy of a node's layer, of this name, makes of `values`."""
    try:
        if not isinstance(node.layer, keras.layers.Layer):
            return node.call_whole(node.layer, values)  # an operation holds nothing
        config = {**node.layer.get_config(), "name": name}
        if linear and node.nonlinearity is not None and "activation" in config:
            config["activation"] = "linear"
        copy = type(node.layer).from_config(config)
        result = node.call_whole(copy, values)
        copy_state(node.layer, copy)
    except (TypeError, ValueError) as error:
        text = " ".join(str(error).split())[:160]
        raise GraphError(f"{name!r} ({node.kind}): {text}") from error
    return result


def _activated(name: str, node: Node, value: Any) -> Any:
    """What a node's own nonlinearity makes of a tensor; the tensor where it has none."""
    own = node.nonlinearity
    if own is None or keras.activations.serialize(own) == "linear":
        return value
    return keras.layers.Activation(own, name=f"{name}_activated")(value)


def _fold(node: Node, norm: Any, values: dict[str, Any]) -> Any:
    """What a convolution with a bias that does what node's and then `norm` do makes of `values`."""
    layer = node.layer
    scale, shift = _affine(norm)
    *kernels, bias = layer.get_weights() + ([] if layer.use_bias else [0.0])
    depthwise = type(layer) is keras.layers.DepthwiseConv2D
    kernels[-1] = kernels[-1] * (scale.reshape(kernels[-1].shape[2:]) if depthwise else scale)
    folded = type(layer).from_config({**layer.get_config(), "use_bias": True})
    result = node.call(folded, values)
    folded.set_weights([*kernels, bias * scale + shift])
    return result


def _affine(norm: Any) -> tuple[Any, Any]:
    """The factor and the summand of each channel, (C,) float64 each."""
    if is_layer_scale(norm):
        return np.asarray(norm.gamma, np.float64), 0.0
    spread = np.sqrt(np.asarray(norm.moving_variance, np.float64) + norm.epsilon)
    scale = (np.asarray(norm.gamma, np.float64) if norm.scale else 1.0) / spread
    shift = np.asarray(norm.beta, np.float64) if norm.center else 0.0
    return scale, shift - np.asarray(norm.moving_mean, np.float64) * scale
