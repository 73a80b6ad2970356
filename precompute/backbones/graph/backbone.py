"""A backbone: a frozen pretrained network, its preprocessing, its layers, its cuts."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.keras_graph import read_graph
from diamond_cutter.precompute.backbones.graph.layers_and_cuts import find_layers
from diamond_cutter.precompute.backbones.graph.network_cost import count_gflops, count_parameters
from diamond_cutter.precompute.backbones.graph.network_graph import Graph
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model
from diamond_cutter.precompute.stores.network import Network


@dataclass(frozen=True)
class Backbone:
    """A network with its weights.

    `model`: a functional `keras.Model`, float32 RGB 0..1 (N, H, W, 3) to logits (N, classes)
    without softmax; its first layers are the preprocessing. H and W are `input_size`, the side in
    pixels that it was trained for, or any where the network was built so; what is truncated takes
    any. `layers`: in depth order. `class_names`: by index of the logit. `weights_digest`: as
    `Network` has it, set by the catalogue. `is_exclusive`: whether a photo has one class, so that
    chances are the softmax of logits, not the sigmoid of each.
    """

    name: str
    model: Any
    input_size: int
    info: Model
    layers: list[Layer]
    class_names: tuple[str, ...]
    weights_digest: str = ""
    is_exclusive: bool = True

    @classmethod
    def of(
        cls,
        model: Any,
        info: Model,
        class_names: tuple[str, ...],
        *,
        renumbered: bool = True,
        is_exclusive: bool = True,
    ) -> "Backbone":
        """The backbone of a functional model: its layers, and what `info` lacks, from its graph.

        `renumbered`: as `read_graph` has it.
        """
        graph = read_graph(model, renumbered=renumbered)
        layers = find_layers(graph, info.input_size)
        backbone = cls(
            name=info.name,
            model=model,
            input_size=info.input_size,
            info=completed(info, graph, layers),
            layers=layers,
            class_names=class_names,
            is_exclusive=is_exclusive,
        )
        backbone.__dict__["graph"] = graph  # of the cached property
        return backbone

    @property
    def network(self) -> Network:
        """What it is told by."""
        return Network(self.name, self.weights_digest)

    @property
    def parameters(self) -> int:
        """The trainable parameters of the whole network."""
        return self.info.parameters or 0

    @property
    def gflops(self) -> float:
        """10^9 operations for one photo of the input size."""
        return self.info.gflops or 0.0

    @property
    def sides(self) -> tuple[int, int]:
        """H and W of a photo for the whole network; `input_size` where it takes any."""
        height, width = self.model.inputs[0].shape[1:3]
        return height or self.input_size, width or self.input_size

    @property
    def is_grey(self) -> bool:
        """Whether it sees photos without their colours."""
        first, node = next(iter(self.graph.nodes.items()))
        read_by = {self.graph.nodes[reader].kind for reader in self.graph.readers[first]}
        return node.shape[-1] == 1 or read_by == {"RGBToGrayscale"}

    @cached_property
    def graph(self) -> Graph:
        """The network as a graph of its layers."""
        return read_graph(self.model)

    @cached_property
    def compared(self) -> set[tuple[Any, ...]]:
        """Which parts were copied and found equal to it; see `cut_network.checked`."""
        return set()

    @cached_property
    def of_one_size(self) -> dict[str, bool]:
        """Of nodes by name, as far as it is known, whether they need photos of its `sides`."""
        return {}

    def layer(self, name: str) -> Layer:
        """The layer of that name; a `UserError` if there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise UserError(
            f"{self.name} has no layer {name!r}: expected one such as {self.layers[0].name!r} or "
            f"{self.layers[-1].name!r}; `diamond layers {self.name}` lists them"
        )


def completed(info: Model, graph: Graph, layers: list[Layer]) -> Model:
    """The figures of a network, with those that its graph tells where they are not known."""
    cuts = [layer for layer in layers if layer.is_cut]
    if info.parameters is None:
        info = replace(info, parameters=count_parameters(graph))
    if info.gflops is None:
        info = replace(info, gflops=float(f"{count_gflops(graph, info.input_size):.4g}"))
    if info.cuts is None or info.channels is None:
        info = replace(info, cuts=len(cuts), channels=sum(layer.channels for layer in cuts))
    return info
