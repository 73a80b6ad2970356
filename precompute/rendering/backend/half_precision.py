"""A network that computes in half precision."""

from typing import Any

from diamond_cutter.precompute.backbones.graph.frozen_graph import FrozenLayer
from diamond_cutter.precompute.backbones.graph.network_copy import copy_state
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.backend.device import Precision

_OF_PIXELS = (keras.layers.Rescaling, keras.layers.Normalization, keras.layers.Resizing)
"""Layers of the preprocessing, which stay as they are: half precision would round pixels."""


def in_precision(network: Any, precision: Precision) -> Any:
    """The network as it is, or a copy that computes in bfloat16 and answers in float32.

    bfloat16 has float32's range, so that no gradient vanishes in it, and a relative error of
    2^-9. Layers that need more precision (norms, softmax) take it, as Keras has it. A frozen graph
    computes as it says itself.
    """
    if precision == "float32":
        return network
    copy = keras.models.clone_model(network, clone_function=_lowered)
    copy_state(network, copy)
    answer = keras.layers.Activation("linear", dtype="float32", name="answer")(copy.output)
    return keras.Model(copy.input, answer)


def _lowered(layer: Any) -> Any:
    if isinstance(layer, keras.Model):
        return keras.models.clone_model(layer, clone_function=_lowered)
    if isinstance(layer, FrozenLayer) or not isinstance(layer, keras.layers.Layer):
        return layer  # an operation holds nothing, and takes what comes
    if isinstance(layer, _OF_PIXELS) or layer.quantization_mode is not None:
        return type(layer).from_config(layer.get_config())
    return type(layer).from_config({**layer.get_config(), "dtype": "mixed_bfloat16"})
