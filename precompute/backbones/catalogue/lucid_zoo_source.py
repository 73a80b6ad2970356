"""The 31 networks of Lucid's model zoo (`lucid.modelzoo`, 0.3.10), as frozen GraphDefs.

Names, layers, value ranges and labels are those that Lucid defines; the package is not needed. The
files come from Lucid's address and are kept in the user's cache, or are named by the user. Until a
file is here, only what Lucid lists of its layers is known.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.leftovers import discard
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.model_cache import (
    CachedModel,
    cache_model,
    cached_model,
    user_cache,
)
from diamond_cutter.precompute.backbones.catalogue.weights_files import file_digest
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone

TABLE = "lucid_zoo.json"
HOST = "https://storage.googleapis.com/"
DUMMY = "with_dummy"
"""Of labels whose first is no class."""


@dataclass(frozen=True)
class ZooModel:
    """A network of the zoo.

    `known`: its row of the table; `named`: the file that the user named, or the folder of it.
    """

    name: str
    known: dict[str, Any]
    named: Path | None

    @property
    def model(self) -> Model:
        """What Lucid says of it, and what was found when its file was last loaded."""
        found = self._remembered()
        return self._listed() if found is None else found.model

    def _listed(self) -> Model:
        return Model(
            name=self.name,
            source="lucid",
            family=self.known["family"],
            input_size=self.known["size"],
            parameters=None,
            gflops=None,
            cuts=None,
            year=self.known["year"],
            paper=self.known["paper"],
        )

    def weights_are_here(self) -> bool:
        """Whether the named file is there, or in the user's cache."""
        return self._place().is_file()

    def weights_digest(self) -> str:
        """The SHA-256 of the file."""
        if not self.weights_are_here():
            raise UserError(self._absent("got no file there"))
        return file_digest(self._place())

    def weights_are_published(self) -> bool:
        """Never: Lucid pins no digests."""
        return False

    def known_layers(self) -> list[Layer]:
        """Those that were found when its file was last loaded, or those that Lucid lists.

        Of the latter only the channels are known.
        """
        found = self._remembered()
        if found is not None:
            return found.layers
        return [
            Layer(name.replace("/", "."), index, channels, None, None, None)
            for index, (name, channels) in enumerate(self.known["layers"])
        ]

    def layers(self) -> list[Layer]:
        """Those that Lucid lists; strides and cuts are known when the file is here."""
        if self.weights_are_here() and self._remembered() is None:
            return self.load().layers
        return self.known_layers()

    def load(self) -> "Backbone":
        """The network, downloaded to the user's cache where it is not here."""
        path = self._place()
        if not path.is_file():
            if self.named is not None:
                raise UserError(self._absent("got no file there"))
            self._download(path)
        from diamond_cutter.precompute.backbones.formats.frozen_backbone import frozen_backbone
        from diamond_cutter.precompute.backbones.formats.lucid_file import LucidNote, read_frozen

        low, high = (
            value if isinstance(value, list) else [value]
            for value in (self.known["low"], self.known["high"])
        )
        dense = self.known["dense"]
        note = LucidNote(
            source=self.known["input"],
            sides=(self.known["size"], self.known["size"]),
            low=tuple(low),
            high=tuple(high),
            is_bgr=self.known["bgr"],
            output=dense[-1][0] if dense else "",
            layers=tuple(name for name, _ in self.known["layers"]),
        )
        backbone = frozen_backbone(path, read_frozen(path), note, self._listed(), self._class_names)
        cache_model(self.weights_digest(), backbone.info, backbone.layers)
        return backbone

    def _remembered(self) -> CachedModel | None:
        return cached_model(self.weights_digest()) if self.weights_are_here() else None

    def _class_names(self, count: int) -> tuple[str, ...]:
        """ImageNet's where the zoo's labels are those, in their order; else numbers."""
        labels = str(self.known["labels"])
        if "ImageNet_standard" in labels and count in (1000, 1001):
            from diamond_cutter.precompute.backbones.catalogue.imagenet_classes import (
                imagenet_classes,
            )

            return (("dummy",) if DUMMY in labels else ()) + imagenet_classes()
        return tuple(f"class {number}" for number in range(count))

    def _place(self) -> Path:
        """Where the file is or would be; in the cache under the name that Lucid gives it."""
        file = self.known["path"].rpartition("/")[2]
        if self.named is not None:
            return self.named / file if self.named.is_dir() else self.named
        return zoo_cache() / re.sub("[^a-zA-Z0-9]", "_", self.known["path"])

    def _download(self, path: Path) -> None:
        import fsspec

        beside = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with fsspec.open(self._address()) as source, beside.open("wb") as target:
                while part := source.read(1 << 20):
                    target.write(part)
            beside.replace(path)
        except Exception as error:  # whatever the network and the file system have against it
            text = " ".join(str(error).split())[:160]
            raise UserError(self._absent(f"got {type(error).__name__}: {text}")) from error
        finally:
            discard(beside)

    def _address(self) -> str:
        return HOST + str(self.known["path"]).removeprefix("gs://")

    def _absent(self, got: str) -> str:
        if self.named is not None:
            return (
                f"{self.name}: expected its frozen GraphDef at {self._place()}, {got}; mend "
                f"`weights` in [models.{self.name}]"
            )
        return (
            f"{self.name}: expected its frozen GraphDef at {self._place()}, or from "
            f"{self._address()}, {got}; download that file and put it there under that name, or "
            f'name it: [models.{self.name}] weights = "PATH" in diamond.toml'
        )


def entries(given: Mapping[str, ModelSettings]) -> Iterator[ZooModel]:
    """All of the zoo."""
    for name, known in _table().items():
        settings = given.get(name)
        named = Path(settings.weights) if settings and settings.weights else None
        yield ZooModel(name, known, named)


def zoo_cache() -> Path:
    """The user's own folder of the zoo's files. Lucid's lies where everybody may write."""
    return user_cache() / "lucid"


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = resources.files(__package__).joinpath(TABLE).read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = json.loads(text)
    return table
