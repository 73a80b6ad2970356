"""A backbone: a frozen pretrained network, its preprocessing, its layers, its cuts."""

from dataclasses import dataclass
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.contract.atlas import Layer, Model


@dataclass(frozen=True)
class Backbone:
    """A network with its weights.

    `model`: a functional `keras.Model`, float32 RGB 0..1 (N, H, W, 3) of any H and W to logits
    (N, classes) without softmax; its first layers are the preprocessing. `input_size`: the side in
    pixels that it was trained for. `layers`: in depth order. `class_names`: by index of the logit.
    """

    name: str
    model: Any
    input_size: int
    info: Model
    layers: list[Layer]
    class_names: tuple[str, ...]

    def layer(self, name: str) -> Layer:
        """The layer of that name; a `UserError` if there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise UserError(
            f"{self.name} has no layer {name!r}: expected one such as {self.layers[0].name!r} or "
            f"{self.layers[-1].name!r}; `diamond layers {self.name}` lists them"
        )
