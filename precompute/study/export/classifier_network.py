"""A cut network with its head as Keras models without custom objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import truncate
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.photos.images.value_range import Range


@dataclass(frozen=True)
class ClassifierNetwork:
    """From photo to class probabilities, in two ways that share their weights.

    `network`: float32 RGB 0..1 (N, size, size, 3), as `prepare` gives it, to (N, K) float32.
    `whole`: RGB 0..255 (N, H, W, 3) of any H and W, uint8 or float32, to the same. `value_range`:
    what becomes 0 and 255 of photos of more than 8 bits before that, as `to_rgb` does it.
    """

    network: Any
    whole: Any
    size: int
    classes: tuple[str, ...]
    value_range: Range


def build_classifier(
    backbone: Backbone,
    cut: str,
    pooling: str,
    head: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]],
    classes: Sequence[str],
    value_range: Range,
) -> ClassifierNetwork:
    """The network up to `cut`, BatchNorm folded, its pooling and the dense layers of its head.

    `pooling` as in the settings of a study: "average", "maximum" or "both", the average first.
    """
    size = backbone.input_size
    prepared = keras.Input((size, size, 3), name="prepared")
    truncated = truncate(backbone, cut, pre_activation=False, size=size)
    activation = truncated(prepared)
    value = _pool(activation, pooling)
    for index, (weight, _) in enumerate(head):
        last = index == len(head) - 1
        value = keras.layers.Dense(
            weight.shape[1],
            activation="softmax" if last else "relu",
            name="probabilities" if last else f"hidden_{index}",
        )(value)
    network = keras.Model(prepared, value, name="network")
    for layer, weights in zip(network.layers[-len(head) :], head, strict=True):
        layer.set_weights(weights)
    photo = keras.Input((None, None, 3), name="photo")
    whole = keras.Model(photo, network(_prepare(photo, size)), name="classifier")
    return ClassifierNetwork(network, whole, size, tuple(classes), value_range)


def _pool(activation: Any, pooling: str) -> Any:
    kinds = {
        "average": keras.layers.GlobalAveragePooling2D,
        "maximum": keras.layers.GlobalMaxPooling2D,
    }
    chosen = list(kinds) if pooling == "both" else [pooling]
    pooled = [kinds[name](name=name)(activation) for name in chosen]
    return keras.layers.Concatenate(name="both")(pooled) if len(pooled) > 1 else pooled[0]


def _prepare(photo: Any, size: int) -> Any:
    """As `prepare` does it to a photo, with layers of Keras."""
    resize = keras.layers.Resizing(
        size, size, interpolation="bicubic", antialias=True, name="resize"
    )
    clipped = keras.layers.ReLU(max_value=255, name="clip")(resize(photo))
    return keras.layers.Rescaling(1 / 255, name="prepare")(clipped)
