"""What belongs together in a graph: a convolution, the norm and the nonlinearity after it."""

from diamond_cutter.precompute.backbones.graph import Graph, Node, is_layer_scale
from diamond_cutter.precompute.runtime import keras

ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
)
ACTIVATION_OPERATIONS = frozenset(
    ("Celu", "Elu", "Gelu", "HardSigmoid", "HardSilu", "LeakyRelu", "Mish", "Relu", "Relu6")
) | frozenset(("Selu", "Sigmoid", "Silu", "Softplus", "Tanh"))
"""Classes of `keras.ops` that a functional model may hold in place of a layer."""

CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)
LINEAR = (*CONVOLUTIONS, keras.layers.Dense)
NORMS = (keras.layers.BatchNormalization, keras.layers.LayerNormalization)


def is_activation(node: Node) -> bool:
    """Whether a node is a nonlinearity of its own."""
    return isinstance(node.layer, ACTIVATIONS) or (
        not isinstance(node.layer, keras.layers.Layer) and node.kind in ACTIVATION_OPERATIONS
    )


def continues(graph: Graph, name: str) -> bool:
    """Whether a node belongs to the unit of the only node that it reads.

    A nonlinearity does, and a norm after a convolution: one before it, as in ResNetV2 and
    DenseNet, begins a unit.
    """
    node = graph.nodes[name]
    if is_activation(node):
        return True
    is_norm = isinstance(node.layer, NORMS) or is_layer_scale(node.layer)
    return is_norm and isinstance(graph.nodes[node.inputs[0]].layer, LINEAR)


def pre_activation_of(graph: Graph, name: str) -> str:
    """The layer that the nonlinearity `name` is applied to; `name` if it is no nonlinearity."""
    node = graph.nodes[name]
    return node.inputs[0] if is_activation(node) else name


def folded_norm(graph: Graph, name: str) -> str | None:
    """The norm that can be folded into a convolution or a dense layer, which it alone reads.

    A BatchNorm or ConvNeXt's factors: what is the same for every photo.
    """
    node = graph.nodes[name]
    readers = graph.readers[name]
    if (
        isinstance(node.layer, LINEAR)
        and keras.activations.serialize(node.layer.activation) == "linear"
        and len(readers) == 1
    ):
        reader = graph.nodes[readers[0]].layer
        if isinstance(reader, keras.layers.BatchNormalization) or is_layer_scale(reader):
            return readers[0]
    return None
