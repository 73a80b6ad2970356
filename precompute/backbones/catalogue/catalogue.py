"""The backbones there are. Listing them does not start TensorFlow.

Another source of backbones is a module that gives entries, and a line in `SOURCES`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from diamond_cutter.command.configuration import shared_models
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue import (
    efficientnet_lite_source,
    keras_applications_source,
    lucid_zoo_source,
    user_model_source,
)
from diamond_cutter.precompute.backbones.catalogue.catalogue_entry import Entry
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model
from diamond_cutter.precompute.stores.atlas.model_list import Listed
from diamond_cutter.precompute.stores.network import Network

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone

SOURCES: tuple[Callable[[Mapping[str, ModelSettings]], Iterable[Entry]], ...] = (
    efficientnet_lite_source.entries,
    keras_applications_source.entries,
    lucid_zoo_source.entries,
    user_model_source.entries,
)
"""Each is given the tables [models.NAME] by name, and gives its entries, in the order listed."""


def names() -> list[str]:
    """The names of all backbones, in the order in which they are listed."""
    return list(_entries())


def describe(name: str) -> tuple[Model, bool]:
    """The figures of a backbone, and whether its weights are here.

    Raises `UserError` for a name that is not in the catalogue.
    """
    entry = find(name)
    return entry.model, entry.weights_are_here()


def listing() -> list[Listed]:
    """All backbones as an atlas lists them, with what is known of them without TensorFlow."""
    return [
        Listed(
            entry.model,
            "here" if entry.weights_are_here() else "absent",
            tuple(entry.known_layers()),
        )
        for entry in _entries().values()
    ]


def learn() -> list[UserError]:
    """Load what is here and tells its figures only then, once; what was wrong with the others.

    That goes for the user's own files and for those of Lucid's zoo; what is found is kept.
    """
    problems = []
    for entry in _entries().values():
        if entry.model.parameters is None and entry.weights_are_here():
            try:
                entry.load()
            except UserError as error:
                problems.append(error)
    return problems


def network(name: str) -> Network:
    """The network that a backbone is now; TensorFlow is not started.

    Raises `UserError` for a name that is not in the catalogue, and for weights that are not here.
    """
    return Network(name, find(name).weights_digest())


def is_published(known: Network) -> bool:
    """Whether a network, whose weights are here, has those that the catalogue pins."""
    entry = _entries().get(known.name)
    return (
        entry is not None
        and entry.weights_are_published()
        and entry.weights_digest() == known.weights_digest
    )


def layers(name: str) -> list[Layer]:
    """The layers of a backbone in depth order; its weights need not be here.

    Raises `UserError` for a name that is not in the catalogue.
    """
    return find(name).layers()


def load(name: str) -> "Backbone":
    """The backbone of that name with its weights.

    Raises `UserError` for a name that is not in the catalogue, and for weights that are not
    to be had, are damaged, or change while they are read.
    """
    entry = find(name)
    before = entry.weights_digest() if entry.weights_are_here() else None
    backbone = entry.load()
    digest = entry.weights_digest()
    if before not in (None, digest):
        raise UserError(
            f"{name}: expected weights that stay as they are, got a file that was replaced while "
            "it was read; run the same command again when it is complete"
        )
    loaded = replace(backbone, weights_digest=digest)
    loaded.__dict__["graph"] = backbone.graph  # of the cached property
    return loaded


@lru_cache(maxsize=1)
def load_network(known: Network) -> "Backbone":
    """The backbone that this process, a worker, is on: just the network that its task names.

    Raises `UserError` as `load` does, and for weights of another digest.
    """
    backbone = load(known.name)
    if backbone.network != known:
        raise UserError(
            f"{known.name}: expected weights of SHA-256 {known.weights_digest[:12]}..., with "
            f"which this run began, got {backbone.weights_digest[:12]}...: the file was replaced "
            "since, or is another one on another machine; run the same command again"
        )
    return backbone


def find(name: str) -> Entry:
    """The entry of that name; a `UserError` if there is none.

    Upper and lower case count, since names stand in stores and addresses.
    """
    entries = _entries()
    if name not in entries:
        folded = {known.lower(): known for known in entries}
        if name.lower() in folded:
            raise UserError(
                f"no backbone {name!r}: expected it as {folded[name.lower()]}; write it so"
            )
        near = get_close_matches(name.lower(), folded, n=3) or list(folded)[:3]
        likely = [known for key, known in folded.items() if key in near]
        raise UserError(
            f"no backbone {name!r}: expected one of {', '.join(likely)}, "
            f"or another of the {len(entries)} there are; `diamond models` lists them"
        )
    return entries[name]


def _entries() -> dict[str, Entry]:
    return _gathered(tuple(shared_models().items()))


@lru_cache(maxsize=4)
def _gathered(given: tuple[tuple[str, ModelSettings], ...]) -> dict[str, Entry]:
    """All entries by name, with the tables [models.NAME] that are given."""
    entries = {entry.name: entry for source in SOURCES for entry in source(dict(given))}
    for name, settings in given:
        if settings.weights and name not in entries:
            near = get_close_matches(name, entries, n=1)
            raise UserError(
                f"[models.{name}] has weights, expected a backbone of that name"
                + (f" (did you mean {near[0]}?)" if near else "")
                + "; `diamond models` lists them; for a network of your own give its file"
            )
    return entries
