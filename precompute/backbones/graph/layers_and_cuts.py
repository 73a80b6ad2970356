"""Which of a network's tensors are layers: activations that a user may want to see.

A layer is the last tensor of a unit. Of a convolution, the norm that alone reads it and the
nonlinearity that alone reads that, only the nonlinearity is one: rendering targets its
pre-activation, so that all three would give one picture. What comes before all weights, padding and
cropping make nothing of their own, and what has no height and width has no places.

A cut is a layer that carries the whole signal and ends a block. Which nodes are one block, their
names say (`BLOCKS`); one whose name says nothing is a block of its own, except that what Keras
named by itself and only goes on with what it reads (a sum; a norm or a nonlinearity that is the
only reader) belongs to the block of that.
"""

import re

from diamond_cutter.precompute.backbones.graph.convolution_blocks import (
    NORMS,
    continues,
    has_learned,
    is_activation,
)
from diamond_cutter.precompute.backbones.graph.network_graph import (
    Graph,
    automatic_name,
    bottlenecks,
)
from diamond_cutter.precompute.backbones.graph.receptive_field import (
    COMPARISONS,
    receptive_fields,
)
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

SILENT = (
    keras.layers.InputLayer,
    keras.layers.Rescaling,
    keras.layers.Normalization,
    keras.layers.ZeroPadding2D,
    keras.layers.Cropping2D,
)
SILENT_OPERATIONS = frozenset(("Cast", "Flip", "Pad", "RGBToGrayscale"))

BLOCKS = tuple(
    re.compile(pattern)
    for pattern in (
        r".*stage_\d+_block_\d+",  # ConvNeXt
        r".*(downsampling)_(?:block|layernorm|conv)_(\d+)",  # ConvNeXt
        r"conv\d+_block\d+",  # ResNet, DenseNet
        r"pool\d+(?=_)",  # ResNet, DenseNet's transitions
        r"block\d+_\d+",  # InceptionResNetV2
        r"block_\d+",  # MobileNetV2
        r"expanded_conv(?:_\d+)?(?=_)",  # MobileNetV2 and V3
        r"conv_(?:dw|pw|pad)_(\d+)",  # MobileNet
        r"block\d+[a-z]*",  # VGG, Xception, EfficientNet
        r"(?:stem|top)(?=_)",  # EfficientNet
    )
)
"""What of a layer's name is the name of its block: the groups, or the whole match."""


def find_layers(graph: Graph, input_size: int = 224) -> list[Layer]:
    """The layers of a network in depth order, and which of them are cuts.

    `input_size`: the side of a photo in pixels, where the network takes any.
    """
    fields, learned = receptive_fields(graph, input_size), _learned(graph)
    names = [name for name in fields if name in learned and _is_layer(graph, name)]
    whole, blocks = set(bottlenecks(graph)), _blocks(graph)
    return [
        Layer(
            name=name,
            index=index,
            channels=graph.nodes[name].shape[-1] or 0,
            stride=fields[name].stride,
            receptive_field=fields[name].size,
            is_cut=name in whole
            and all(blocks[reader] != blocks[name] for reader in graph.readers[name]),
        )
        for index, name in enumerate(names)
    ]


def _learned(graph: Graph) -> set[str]:
    """The nodes with a layer of weights behind them, or in them; those before only prepare."""
    found: set[str] = set()
    for name, node in graph.nodes.items():
        if has_learned(node) or found.intersection(node.inputs):
            found.add(name)
    return found


def _is_layer(graph: Graph, name: str) -> bool:
    node, readers = graph.nodes[name], graph.readers[name]
    if len(node.shape) != 4 or isinstance(node.layer, SILENT):
        return False
    if node.kind in SILENT_OPERATIONS | COMPARISONS:
        return False
    return not (len(readers) == 1 and continues(graph, readers[0]))


def _blocks(graph: Graph) -> dict[str, str]:
    """The block of every node by name; a block that a name tells begins with a colon."""
    order = {name: position for position, name in enumerate(graph.nodes)}
    blocks: dict[str, str] = {}
    for name, node in graph.nodes.items():
        own = _named_block(name)
        if own is None and _goes_on(graph, name):
            for source in sorted(node.inputs, key=order.__getitem__):
                own = blocks[source] if blocks[source].startswith(":") else own
        blocks[name] = own or name
    return blocks


def _goes_on(graph: Graph, name: str) -> bool:
    """Whether a node was named by Keras and only goes on with what it reads."""
    node = graph.nodes[name]
    if not name.startswith(automatic_name(node.layer)):
        return False
    if len(node.inputs) > 1:
        return True
    alone = len(graph.readers[node.inputs[0]]) == 1
    return alone and (is_activation(node) or isinstance(node.layer, NORMS))


def _named_block(name: str) -> str | None:
    for pattern in BLOCKS:
        if found := pattern.match(name):
            return ":" + ("_".join(found.groups()) or found.group())
    return None
