"""What a source of backbones gives for each of them."""

from typing import TYPE_CHECKING, Protocol

from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone


class Entry(Protocol):
    """A backbone that may not be loaded yet. Making an entry, and `model`, start no TensorFlow."""

    @property
    def name(self) -> str:
        """What it is called; no file is opened."""

    @property
    def model(self) -> Model:
        """Its figures, as `diamond models` lists them."""

    def weights_are_here(self) -> bool:
        """Whether `load` needs no download."""

    def weights_digest(self) -> str:
        """The SHA-256 of its weights, hex. Raises `UserError` if they are not here."""

    def weights_are_published(self) -> bool:
        """Whether they are here, and those whose digest the catalogue pins."""

    def known_layers(self) -> list[Layer]:
        """Those of its layers that are known without TensorFlow; empty if none are."""

    def layers(self) -> list[Layer]:
        """Its layers in depth order; its weights need not be here if the graph is known."""

    def load(self) -> "Backbone":
        """The network with its weights.

        Raises `UserError` for weights that are not to be had, damaged, or another network's.
        """
