"""The CNNs of `keras.applications`, as many as the installed Keras has.

Figures and addresses stand in a table, so that a list of them costs no time; a test computes them
anew. A network that a later Keras adds is listed without figures, and works. The weights come by
Keras's own download and cache, or from a file that the user names.
"""

import ast
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.known_layers import known_layers
from diamond_cutter.precompute.backbones.catalogue.weights_files import file_digest
from diamond_cutter.precompute.backbones.formats.keras_file_config import USUAL_SIZE
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone

TABLE = "keras_applications.json"
PUBLISHED = "https://keras.io/api/applications/"
MD5_LENGTH = 32
"""Of an MD5 in hex; Keras's other hashes are SHA-256."""


@dataclass(frozen=True)
class Application:
    """A network of `keras.applications`.

    `file`, `url`, `hash`: of its ImageNet weights, empty where the table does not know them.
    `named`: the file or folder that the user named instead, or None.
    """

    model: Model
    file: str
    url: str
    hash: str
    named: Path | None

    @property
    def name(self) -> str:
        """As `model` has it."""
        return self.model.name

    def weights_are_here(self) -> bool:
        """Whether the named file is there, or Keras has the weights in its cache."""
        return self._place().is_file()

    def weights_digest(self) -> str:
        """The SHA-256 of the file."""
        if not self.weights_are_here():
            raise UserError(self._absent("got no file there"))
        return file_digest(self._place())

    def weights_are_published(self) -> bool:
        """Whether the file is the one that Keras asks for, by an MD5 or a SHA-256."""
        if not self.hash or not self.weights_are_here():
            return False
        algorithm = "md5" if len(self.hash) == MD5_LENGTH else "sha256"
        with self._place().open("rb") as file:
            return hashlib.file_digest(file, algorithm).hexdigest() == self.hash

    def known_layers(self) -> list[Layer]:
        """Those of the table."""
        return known_layers(self.name)

    def layers(self) -> list[Layer]:
        """Those of the table, or of a network with random weights."""
        return self.known_layers() or self.built_layers()

    def built_layers(self) -> list[Layer]:
        """The layers, of a network with random weights."""
        from diamond_cutter.precompute.backbones.catalogue import keras_application
        from diamond_cutter.precompute.backbones.graph.keras_graph import read_graph
        from diamond_cutter.precompute.backbones.graph.layers_and_cuts import find_layers

        return find_layers(
            read_graph(keras_application.build(self.model.name, self.model.input_size))
        )

    def load(self) -> "Backbone":
        """The network with its weights, downloaded by Keras where they are not here."""
        path = self._place()
        if not path.is_file():
            if self.named is not None:
                raise UserError(self._absent("got no file there"))
            path = self._download()
        from diamond_cutter.precompute.backbones.catalogue import keras_application
        from diamond_cutter.precompute.backbones.catalogue.imagenet_classes import imagenet_classes
        from diamond_cutter.precompute.backbones.graph.backbone import Backbone

        network = keras_application.build(self.model.name, self.model.input_size, path)
        return Backbone.of(network, self.model, imagenet_classes())

    def _place(self) -> Path:
        """Where the weights are or would be."""
        folder = self.named if self.named is not None else keras_cache()
        is_file = self.named is not None and not self.named.is_dir()
        return folder if is_file else folder / (self.file or f"{self.model.name}.weights.h5")

    def _download(self) -> Path:
        from diamond_cutter.precompute.backbones.keras_runtime import keras

        if not self.url:
            raise UserError(self._absent("which the table of this version does not know"))
        try:
            return Path(
                keras.utils.get_file(
                    self.file, self.url, cache_subdir="models", file_hash=self.hash or None
                )
            )
        except Exception as error:  # whatever the network and the file system have against it
            raise UserError(self._absent(f"got {type(error).__name__}: {error}")) from error

    def _absent(self, got: str) -> str:
        name = self.model.name
        if self.named is not None:
            return (
                f"{name}: expected its weights at {self._place()}, {got}; mend `weights` in "
                f"[models.{name}]"
            )
        return (
            f"{name}: expected its weights {self.file} in Keras's cache {keras_cache()}, or from "
            f"{self.url}, {got}; download that file and put it into the cache, or name it: "
            f'[models.{name}] weights = "PATH" in diamond.toml'
        )


def entries(given: Mapping[str, ModelSettings]) -> Iterator[Application]:
    """Every network of the installed Keras."""
    table = _table()
    for name, module in _installed().items():
        known = table["networks"].get(name, {})
        family = table["families"].get(module, {})
        settings = given.get(name)
        yield Application(
            model=Model(
                name=name,
                source="keras.applications",
                family=family.get("family", module),
                input_size=known.get("input_size", USUAL_SIZE),
                parameters=known.get("parameters"),
                gflops=known.get("gflops"),
                cuts=known.get("cuts"),
                channels=known.get("channels"),
                year=family.get("year"),
                paper=family.get("paper"),
                top1=known.get("top1"),
                top1_source=family.get("top1_source", PUBLISHED) if "top1" in known else None,
                licence=family.get("licence"),
            ),
            file=known.get("file", ""),
            url=known.get("url", ""),
            hash=known.get("hash", ""),
            named=Path(settings.weights) if settings and settings.weights else None,
        )


def keras_cache() -> Path:
    """The folder in which Keras keeps weights that it has downloaded."""
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    return Path(home) / "models"


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = resources.files(__package__).joinpath(TABLE).read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = json.loads(text)
    return table


@cache
def _installed() -> dict[str, str]:
    """The networks of the installed Keras, each with the module that defines it.

    Read from the text of its package, since importing it starts TensorFlow.
    """
    spec = find_spec("keras")
    found: dict[str, str] = {}
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, "applications", "__init__.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = node.module.rpartition(".")[2]
                names = [alias.name for alias in node.names]
                found.update({name: module for name in names if name[0].isupper()})
    return found
