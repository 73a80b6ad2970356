"""Networks of one's own: the files that [models.NAME] names."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.model_cache import (
    CachedModel,
    cache_model,
    cached_model,
)
from diamond_cutter.precompute.backbones.catalogue.weights_files import file_digest
from diamond_cutter.precompute.backbones.formats.keras_file_config import USUAL_SIZE
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone

KERAS = (".keras", ".h5", ".hdf5")
MANIFEST = ".json"
FROZEN = (".pb", ".modelzoo", MANIFEST)
EXPORTED = "keras_model.h5"
"""The network in a folder that Teachable Machine exports."""


@dataclass(frozen=True)
class UserModelEntry:
    """A network in a file of the user's."""

    name: str
    settings: ModelSettings

    @property
    def model(self) -> Model:
        """What was found when the file was last loaded, or what it tells without being loaded."""
        found = self._remembered()
        return self._described() if found is None else replace(found.model, name=self.name)

    def _described(self) -> Model:
        return Model(
            name=self.name,
            source="own",
            family="own",
            input_size=self._input_size() if self.weights_are_here() else USUAL_SIZE,
            parameters=None,
            gflops=None,
            cuts=None,
        )

    @property
    def path(self) -> Path:
        """The file; of a folder that Teachable Machine exports, the network in it."""
        given = Path(self.settings.file)
        inside = given / EXPORTED
        return inside if inside.is_file() else given

    def weights_are_here(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    def weights_digest(self) -> str:
        """The SHA-256 of the file, and of how its input is prepared."""
        self._check()
        digest = hashlib.sha256(self.settings.preprocessing.encode())
        if self.path.is_dir():
            for file in sorted(each for each in self.path.rglob("*") if each.is_file()):
                digest.update(f"{file.relative_to(self.path)} {file_digest(file)}".encode())
            return digest.hexdigest()
        digest.update(file_digest(self.path).encode())
        if self.path.suffix in FROZEN:
            from diamond_cutter.precompute.backbones.formats.keras_file_config import (
                graph_of,
                manifest_beside,
            )

            is_manifest = self.path.suffix == MANIFEST
            other = graph_of(self.path) if is_manifest else manifest_beside(self.path)
            digest.update(file_digest(other).encode() if other and other.is_file() else b"")
        return digest.hexdigest()

    def weights_are_published(self) -> bool:
        """Never: nobody else knows them."""
        return False

    def known_layers(self) -> list[Layer]:
        """Those that were found when the file was last loaded."""
        found = self._remembered()
        return [] if found is None else found.layers

    def layers(self) -> list[Layer]:
        """The layers, of the loaded network where it has not been loaded before."""
        return self.known_layers() or self.load().layers

    def load(self) -> "Backbone":
        """The network. Raises `UserError` for a file that holds none, or holds code."""
        self._check()
        backbone = self._read()
        cache_model(self.weights_digest(), backbone.info, backbone.layers)
        return backbone

    def prepared(self, preprocessing: str) -> "UserModelEntry":
        """The same network given the values of that name in `preprocessing.KNOWN`."""
        return replace(self, settings=replace(self.settings, preprocessing=preprocessing))

    def _read(self) -> "Backbone":
        info = self._described()
        if self.path.suffix in FROZEN or self.path.is_dir():
            from diamond_cutter.precompute.backbones.formats.graph_file import load_frozen

            return load_frozen(
                self.path,
                self.settings.preprocessing,
                info,
                self.class_names,
                len(self._labels()),
            )
        from diamond_cutter.precompute.backbones.formats.keras_file import read_keras
        from diamond_cutter.precompute.backbones.graph.backbone import Backbone
        from diamond_cutter.precompute.backbones.graph.pretrained_head import as_classes
        from diamond_cutter.precompute.backbones.keras_runtime import keras

        network = read_keras(self.path, self.settings.preprocessing, self.name)
        logits, is_exclusive = as_classes(
            network.model.output, network.chances, len(self._labels())
        )
        model = keras.Model(network.model.input, logits, name=self.name)
        info = replace(info, input_size=network.input_size)
        names = self.class_names(model.output_shape[-1])
        backbone = Backbone.of(model, info, names, renumbered=False, is_exclusive=is_exclusive)
        if not backbone.layers:
            raise UserError(
                f"{self.path}: expected a network with layers (N, H, W, C), such as convolutions, "
                "got one without; name a CNN"
            )
        return backbone

    def _remembered(self) -> CachedModel | None:
        try:
            return cached_model(self.weights_digest())
        except UserError:  # not there, or nothing that can be read: told when it is loaded
            return None

    def _input_size(self) -> int:
        from diamond_cutter.precompute.backbones.formats.keras_file_config import (
            input_size,
            read_config,
        )

        is_keras = self.path.suffix in KERAS and self.path.is_file()
        try:
            return input_size(read_config(self.path)) if is_keras else USUAL_SIZE
        except UserError:  # told when it is loaded: a list has more than this one
            return USUAL_SIZE

    def _check(self) -> None:
        if not self.weights_are_here():
            raise UserError(
                f"[models.{self.name}] file: expected a network at {self.path}, got nothing; mend "
                "the path"
            )
        if self.path.suffix not in KERAS + FROZEN and not self.path.is_dir():
            is_zip = self.path.suffix == ".zip"
            raise UserError(
                f"[models.{self.name}] file: expected {', '.join(KERAS + FROZEN)} or the folder of "
                f"a SavedModel, got {self.path.name!r}; "
                + ("unpack it, and name what is in it" if is_zip else "save it as one of these")
            )

    def class_names(self, count: int) -> tuple[str, ...]:
        """By index of the logit: the labels that are named, ImageNet's for 1,000, or numbers."""
        labels = self._labels()
        if not labels:
            from diamond_cutter.precompute.backbones.catalogue.imagenet_classes import (
                imagenet_classes,
            )

            names = imagenet_classes()
            return names if count == len(names) else tuple(f"class {n}" for n in range(count))
        if len(labels) != count:
            raise UserError(
                f"{self._labels_path()}: expected {count} names of classes, one a line, got "
                f"{len(labels)}; mend the file"
            )
        return tuple(labels)

    def _labels(self) -> list[str]:
        """The names of classes in the file that has them; none without one."""
        path = self._labels_path()
        if path is None:
            return []
        try:
            return _without_numbers(path.read_text(encoding="utf-8-sig").splitlines())
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                f"[models.{self.name}] labels: expected a text file, got {error}; mend the path"
            ) from error

    def _labels_path(self) -> Path | None:
        """The file that is named, or that Teachable Machine put beside the network."""
        if self.settings.labels:
            return Path(self.settings.labels)
        beside = self.path.with_name("labels.txt")
        if self.path.suffix not in KERAS or not beside.is_file():
            return None
        from diamond_cutter.precompute.backbones.formats.keras_file_config import (
            is_teachable_machines,
            read_config,
        )

        return beside if is_teachable_machines(read_config(self.path)) else None


def _without_numbers(lines: list[str]) -> list[str]:
    """The names in lines such as "0 cat", "1 dog", as Teachable Machine writes them."""
    numbered = [line.partition(" ") for line in lines]
    if all(number == str(index) and name for index, (number, _, name) in enumerate(numbered)):
        return [name for _, _, name in numbered]
    return lines


def entries(given: Mapping[str, ModelSettings]) -> Iterator[UserModelEntry]:
    """Every table that names a file."""
    return (UserModelEntry(name, settings) for name, settings in given.items() if settings.file)
