"""A backbone truncated at layers: only what they need, BatchNorm folded."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.backbones.graph import Graph, read_graph
from diamond_cutter.precompute.backbones.units import folded_norm, pre_activation_of
from diamond_cutter.precompute.runtime import keras


def truncate(backbone: Backbone, layer_name: str, *, pre_activation: bool = True) -> Any:
    """The network up to a layer: a new `keras.Model` that shares nothing with the backbone.

    Float32 RGB 0..1 (N, H, W, 3) to the layer's activation (N, h, w, C), or, with
    `pre_activation`, to what the layer's own nonlinearity is applied to (the activation itself
    where the layer has none). The preprocessing stays in front: the zeros that convolutions pad
    with come after it, so that folding it into the first convolution would change the borders.

    A BatchNorm that alone reads a convolution is folded into it: equal but for rounding.
    Raises `UserError` for a name that is not one of the backbone's layers.
    """
    graph = read_graph(backbone.model)
    target = backbone.layer(layer_name).name
    if pre_activation:
        target = pre_activation_of(graph, target)
    linear = {target} if pre_activation else set()
    source, values = _rebuild(graph, [target], linear)
    return keras.Model(source, values[target], name=f"{backbone.name}_{target}")


def truncate_at(backbone: Backbone, name: str) -> Any:
    """The network up to any tensor of its graph, by the name of what makes it; as `truncate`."""
    source, values = _rebuild(read_graph(backbone.model), [name], linear=set())
    return keras.Model(source, values[name], name=f"{backbone.name}_{name}")


def fold(backbone: Backbone, layer_names: Sequence[str]) -> Any:
    """The network up to several layers at once: as `truncate`, with a list of activations."""
    names = [backbone.layer(name).name for name in layer_names]
    source, values = _rebuild(read_graph(backbone.model), names, linear=set())
    return keras.Model(source, [values[name] for name in names], name=backbone.name)


def between(backbone: Backbone, layer_name: str, cut_name: str) -> Any:
    """The network from a layer to a deeper one: from (N, h, w, C) to (N, h', w', C').

    Raises `UserError` for a name that is not one of the backbone's layers, and for a layer that is
    no cut: past it the signal takes other ways as well.
    """
    layer = backbone.layer(layer_name)
    if not layer.is_cut:
        raise UserError(
            f"{backbone.name}: expected a cut, through which the whole signal passes, got layer "
            f"{layer_name!r}; name a cut (`diamond layers {backbone.name}` lists them)"
        )
    graph = read_graph(backbone.model)
    target = backbone.layer(cut_name).name
    shape = graph.nodes[layer.name].layer.output.shape[1:]
    source = keras.Input(shape, name=f"{layer.name}_given")
    _, values = _rebuild(graph, [target], set(), {layer.name: source})
    return keras.Model(source, values[target], name=f"{backbone.name}_{layer.name}_{target}")


def _rebuild(
    graph: Graph,
    targets: Sequence[str],
    linear: set[str],
    given: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[Any, dict[str, Any]]:
    """The input and the tensors, by name, of a new network; `linear`: without nonlinearity.

    `given`: tensors that stand for a layer that the whole signal passes through, by its name.
    """
    needed = set().union(*(graph.ancestors(target) for target in targets))
    for name in given:
        needed -= graph.ancestors(name)
    values: dict[str, Any] = dict(given)
    source = None
    for name in (name for name in graph.nodes if name in needed and name not in values):
        node = graph.nodes[name]
        inputs = [values[source] for source in node.inputs]
        norm = folded_norm(graph, name)
        if not inputs:
            values[name] = source = keras.Input(node.layer.output.shape[1:], name=name)
        elif norm is not None and norm in needed:
            values[norm] = _fold(node.layer, graph.nodes[norm].layer)(*inputs)
        else:
            layer = _copy(node.layer, linear=name in linear)
            values[name] = layer(inputs[0] if len(inputs) == 1 else inputs)
    return source, values


def _copy(layer: Any, *, linear: bool) -> Any:
    config = layer.get_config()
    if linear and "activation" in config:
        config["activation"] = "linear"
    copy = type(layer).from_config(config)
    copy.build(keras.tree.map_structure(lambda tensor: tensor.shape, layer.input))
    copy.set_weights(layer.get_weights())
    return copy


def _fold(convolution: Any, norm: Any) -> Any:
    """The convolution with a bias that does what `convolution` and then `norm` do."""
    spread = np.sqrt(np.asarray(norm.moving_variance, np.float64) + norm.epsilon)
    scale = (np.asarray(norm.gamma, np.float64) if norm.scale else 1.0) / spread
    shift = np.asarray(norm.beta, np.float64) if norm.center else 0.0
    *kernels, bias = convolution.get_weights() + ([] if convolution.use_bias else [0.0])
    depthwise = type(convolution) is keras.layers.DepthwiseConv2D
    kernels[-1] = kernels[-1] * (scale.reshape(kernels[-1].shape[2:]) if depthwise else scale)
    bias = (bias - np.asarray(norm.moving_mean, np.float64)) * scale + shift
    folded = type(convolution).from_config({**convolution.get_config(), "use_bias": True})
    folded.build(convolution.input.shape)
    folded.set_weights([*kernels, bias])
    return folded
