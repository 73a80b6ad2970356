"""Which of a network's tensors are layers: activations that a user may want to see.

A layer is the last tensor of a unit. Of a convolution, the BatchNorm that alone reads it and the
nonlinearity that alone reads that, only the nonlinearity is one: rendering targets its
pre-activation, so that all three would give one picture. Input, preprocessing, padding, cropping
and dropout make nothing of their own, and what has no height and width has no places.
"""

import re
from typing import Any

from diamond_cutter.precompute.backbones.graph import Graph, bottlenecks, read_graph
from diamond_cutter.precompute.backbones.receptive_field import receptive_fields
from diamond_cutter.precompute.backbones.units import ACTIVATIONS
from diamond_cutter.precompute.contract.atlas import Layer
from diamond_cutter.precompute.runtime import keras

SILENT = (
    keras.layers.InputLayer,
    keras.layers.Rescaling,
    keras.layers.Normalization,
    keras.layers.ZeroPadding2D,
    keras.layers.Cropping2D,
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
)
CONTINUATIONS = (keras.layers.BatchNormalization, *ACTIVATIONS)

BLOCK = re.compile(r"[^_]+")  # "block2b" of "block2b_project_bn"


def find_layers(model: Any, block: re.Pattern[str] = BLOCK) -> list[Layer]:
    """The layers of a functional Keras model in depth order.

    Those that end a block and carry the whole signal are cuts. `block` matches, at the start of a
    layer's name, the name of its block.
    """
    graph = read_graph(model)
    fields = receptive_fields(graph)
    names = [name for name in graph.nodes if _is_layer(graph, name)]
    whole = set(bottlenecks(graph))
    layers = []
    for index, name in enumerate(names):
        field = fields[name]
        layers.append(
            Layer(
                name=name,
                index=index,
                channels=graph.nodes[name].layer.output.shape[-1],
                stride=field.stride if field else None,
                receptive_field=field.size if field else None,
                is_cut=name in whole and _ends_block(graph, name, block),
            )
        )
    return layers


def _is_layer(graph: Graph, name: str) -> bool:
    layer, readers = graph.nodes[name].layer, graph.readers[name]
    if isinstance(layer, SILENT) or len(layer.output.shape) != 4:
        return False
    goes_on = len(readers) == 1 and isinstance(graph.nodes[readers[0]].layer, CONTINUATIONS)
    return not goes_on


def _ends_block(graph: Graph, name: str, block: re.Pattern[str]) -> bool:
    own = _block_name(name, block)
    return all(_block_name(reader, block) != own for reader in graph.readers[name])


def _block_name(name: str, block: re.Pattern[str]) -> str:
    found = block.match(name)
    return found.group() if found else name
