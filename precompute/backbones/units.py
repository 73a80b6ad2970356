"""What belongs together in a graph: a convolution, the BatchNorm and the nonlinearity after it."""

from diamond_cutter.precompute.backbones.graph import Graph
from diamond_cutter.precompute.runtime import keras

ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
)
CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)


def pre_activation_of(graph: Graph, name: str) -> str:
    """The layer that the nonlinearity `name` is applied to; `name` if it is no nonlinearity."""
    node = graph.nodes[name]
    return node.inputs[0] if isinstance(node.layer, ACTIVATIONS) else name


def folded_norm(graph: Graph, name: str) -> str | None:
    """The BatchNorm that is the only reader of a convolution, and so may be folded into it."""
    node = graph.nodes[name]
    readers = graph.readers[name]
    if (
        isinstance(node.layer, CONVOLUTIONS)
        and keras.activations.serialize(node.layer.activation) == "linear"
        and len(readers) == 1
        and isinstance(graph.nodes[readers[0]].layer, keras.layers.BatchNormalization)
    ):
        return readers[0]
    return None
