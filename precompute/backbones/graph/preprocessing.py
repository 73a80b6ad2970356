"""What a network makes of RGB 0..1 before its first layer: a factor and a summand a channel.

Given as layers of Keras, so that an exported network needs no code of ours.
"""

from dataclasses import dataclass
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.keras_runtime import keras

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_CAFFE_MEAN = (103.939, 116.779, 123.68)


class UnknownRangeError(UserError):
    """A network that does not tell which values it takes, and of which the user has not said it."""


@dataclass(frozen=True)
class Preprocessing:
    """Channel i of the result is `scale[i]` times channel `order[i]` of RGB 0..1, plus `offset[i]`.

    One scale and offset for all, or one for each of the network's channels.
    """

    scale: tuple[float, ...]
    offset: tuple[float, ...]
    order: tuple[int, ...] = (0, 1, 2)

    def apply(self, pixels: Any, name: str = "preprocessing") -> Any:
        """Symbolic RGB 0..1 (N, H, W, 3) as the network takes it; `name`: of the layer."""
        if self.order == (2, 1, 0):
            pixels = keras.ops.flip(pixels, axis=-1)
        elif self.order != (0, 1, 2):
            raise ValueError(f"no order of channels that is known: {self.order}")
        layer = keras.layers.Rescaling(_single(self.scale), _single(self.offset), name=name)
        return layer(pixels)


KNOWN = {
    "0..1": Preprocessing((1.0,), (0.0,)),
    "0..255": Preprocessing((255.0,), (0.0,)),
    "-1..1": Preprocessing((2.0,), (-1.0,)),
    "caffe": Preprocessing((255.0,), tuple(-mean for mean in _CAFFE_MEAN), (2, 1, 0)),
    "torch": Preprocessing(
        tuple(1 / deviation for deviation in _DEVIATION),
        tuple(-mean / deviation for mean, deviation in zip(_MEAN, _DEVIATION, strict=True)),
    ),
}
"""By the name that [models.NAME] preprocessing has. "caffe": BGR 0..255 less ImageNet's mean, as
VGG and ResNet v1 take it; "torch": RGB less ImageNet's mean, by its deviation, as DenseNet does."""


def _single(values: tuple[float, ...]) -> float | list[float]:
    """One number where all are the same: then any number of channels will do."""
    return values[0] if len(set(values)) == 1 else list(values)
