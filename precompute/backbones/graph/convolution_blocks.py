"""What belongs together in a graph: a convolution, the norm and the nonlinearity after it."""

import re

from diamond_cutter.precompute.backbones.graph.network_graph import Graph, Node, is_layer_scale
from diamond_cutter.precompute.backbones.keras_runtime import keras

ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
)
ACTIVATION_OPERATIONS = frozenset(
    ("Celu", "Clip", "Elu", "Gelu", "HardSigmoid", "HardSilu", "LeakyRelu", "Mish", "Relu", "Relu6")
) | frozenset(("Selu", "Sigmoid", "Silu", "Softplus", "Tanh"))
"""Classes of `keras.ops` that a functional model may hold in place of a layer."""

CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)
LINEAR = (*CONVOLUTIONS, keras.layers.Dense)
NORMS = (
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.RMSNormalization,
    keras.layers.UnitNormalization,
)
CONCATENATIONS = frozenset(("Concat", "ConcatV2", "Concatenate"))
"""Kinds of layers and operations."""

RISING = frozenset(
    [
        "celu",
        "clip",
        "elu",
        "hard_sigmoid",
        "leaky_relu",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "softplus",
        "tanh",
    ]
)
"""Nonlinearities that nowhere fall, as Keras names its functions."""


def is_activation(node: Node) -> bool:
    """Whether a node is a nonlinearity of its own."""
    return isinstance(node.layer, ACTIVATIONS) or (
        not isinstance(node.layer, keras.layers.Layer) and node.kind in ACTIVATION_OPERATIONS
    )


def has_learned(node: Node) -> bool:
    """Whether a node is a layer that makes something new of weights, as a convolution does."""
    given = (*NORMS, *ACTIVATIONS, keras.layers.Normalization)
    is_own = isinstance(node.layer, given) or is_layer_scale(node.layer)
    return not is_own and bool(getattr(node.layer, "weights", ()))


def continues(graph: Graph, name: str) -> bool:
    """Whether a node belongs to the unit of the only node that it reads.

    A nonlinearity does, and a norm after a convolution: one before it, as in ResNetV2 and
    DenseNet, begins a unit.
    """
    node = graph.nodes[name]
    if is_activation(node):
        return True
    is_norm = isinstance(node.layer, NORMS) or is_layer_scale(node.layer)
    return is_norm and has_learned(graph.nodes[node.inputs[0]])


def ends_of(graph: Graph, name: str) -> tuple[str, ...]:
    """The nodes that the nonlinearities at the end of `name` are applied to; `name` if none are.

    One, but for a concatenation, which ends in its parts' (Inception, SqueezeNet).
    """
    node = graph.nodes[name]
    if is_activation(node):
        return node.inputs
    if passes_nonlinearities(graph, name):
        return tuple(end for source in node.inputs for end in ends_of(graph, source))
    return (name,)


def passes_nonlinearities(graph: Graph, name: str) -> bool:
    """Whether a node reads nonlinearities that may as well be applied to what it gives.

    A concatenation of channels does, and a pooling by maximum (VGG) where they nowhere fall.
    """
    found = nonlinearities(graph, name)
    if isinstance(graph.nodes[name].layer, keras.layers.MaxPooling2D):
        return bool(found) and found <= RISING
    return bool(found) and joins_channels(graph, name)


def joins_channels(graph: Graph, name: str) -> bool:
    """Whether a node is a concatenation of channels."""
    node = graph.nodes[name]
    channels = [graph.nodes[source].shape[-1] or 0 for source in node.inputs]
    return node.kind in CONCATENATIONS and sum(channels) == node.shape[-1]


def nonlinearities(graph: Graph, name: str) -> set[str]:
    """The last nonlinearities before or in a node, as `keras.activations` names them."""
    node = graph.nodes[name]
    if isinstance(node.layer, keras.layers.MaxPooling2D) or joins_channels(graph, name):
        return set().union(*(nonlinearities(graph, source) for source in node.inputs))
    if isinstance(node.layer, (keras.layers.Activation, *LINEAR)):
        return {str(keras.activations.serialize(node.layer.activation))} - {"linear"}
    if is_activation(node):
        return {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.kind).lower().replace("re_lu", "relu")}
    return set()


def folded_norm(graph: Graph, name: str) -> str | None:
    """The norm that can be folded into a convolution or a dense layer, which it alone reads.

    A BatchNorm or ConvNeXt's factors: what is the same for every photo. Not into weights that are
    quantized, or are sums of several (LoRA).
    """
    node = graph.nodes[name]
    readers = graph.readers[name]
    if (
        isinstance(node.layer, LINEAR)
        and keras.activations.serialize(node.layer.activation) == "linear"
        and len(readers) == 1
        and not getattr(node.layer, "lora_enabled", False)
        and getattr(node.layer, "quantization_mode", None) is None
    ):
        reader = graph.nodes[readers[0]]
        if is_layer_scale(reader.layer) or _is_fixed_norm(reader):
            return readers[0]
    return None


def _is_fixed_norm(node: Node) -> bool:
    """Whether a node is a BatchNorm of channels that computes with what it learned."""
    return (
        isinstance(node.layer, keras.layers.BatchNormalization)
        and node.layer.axis in (-1, len(node.shape) - 1)
        and not node.options.get("training")
    )
