"""Which cuts of a study are explained, with which of their layers, and on which photos."""

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AttributionSettings, StudySettings
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone


def photo_count(setting: str, value: str, least: int = 1, table: str = "attribution") -> int | None:
    """The count that a setting asks for, None for all; a `UserError` if it is neither."""
    if value == "all":
        return None
    if not value.isdecimal() or int(value) < least:
        raise UserError(
            f'{table}: {setting}: expected "all" or a count, {least} or more, got {value!r}; '
            "mend the value"
        )
    return int(value)


def choose_photos(
    label: NDArray[np.int32], fold: NDArray[np.int32], photos: str, seed: int
) -> NDArray[np.int32]:
    """The photos that are explained, by index, ascending: held-out ones only.

    Photos that only train have no head that did not see them. A count is dealt out over the
    classes, as even as can be; which photos, the seed says.
    """
    held_out = np.flatnonzero(fold >= 0)
    count = photo_count("photos", photos)
    if count is None or count >= len(held_out):
        return held_out.astype(np.int32)
    shuffled = np.random.default_rng([seed, len(fold)]).permutation(held_out)
    return np.sort(dealt(shuffled, label)[:count]).astype(np.int32)


def dealt(rows: NDArray[np.int64], label: NDArray[np.integer]) -> NDArray[np.int64]:
    """The rows class by class in turn: the first of each class, then the second of each."""
    turn = np.zeros(len(rows), np.int64)
    for k in np.unique(label[rows]):
        inside = label[rows] == k
        turn[inside] = np.arange(inside.sum())
    return rows[np.argsort(turn, kind="stable")]


def choose_classes(logit: NDArray[np.float32], own: NDArray[np.int64], classes: str) -> list[int]:
    """The classes that get pictures, by index: all, or a count of those most often confused.

    `logit` (n, K) of photos; `own` (n,): the class that each counts for. A photo that is taken for
    another class counts for both; of equals the classes of most photos come first.
    """
    labels, photos = np.unique(own, return_counts=True)
    count = photo_count("pictured_classes", classes, least=0)
    if count is None or count >= len(labels):
        return [int(label) for label in labels]
    taken = logit.argmax(axis=1)
    wrong = taken != own
    confused = np.bincount(own[wrong], minlength=logit.shape[1])
    confused += np.bincount(taken[wrong], minlength=logit.shape[1])
    order = np.lexsort((labels, -photos, -confused[labels]))
    return sorted(int(label) for label in labels[order[:count]])


METHODS = ("gradient", "integrated")
LAYERS = ("stages", "cuts", "cut")
"""What stands for layers: the last cut of each resolution, every cut, or no other than the cut."""


def check_attribution(settings: AttributionSettings) -> None:
    """Raise `UserError` for settings that can't hold, before any work and without TensorFlow."""
    if settings.method not in METHODS:
        raise UserError(
            f"attribution: method: expected one of {', '.join(METHODS)}, got {settings.method!r}; "
            "choose one of them"
        )
    photo_count("photos", settings.photos)
    photo_count("pictured", settings.pictured, least=0)
    photo_count("pictured_classes", settings.pictured_classes, least=0)
    for name, least in (("steps", 1), ("groups", 0), ("graph", 0), ("pictures", 0)):
        value = getattr(settings, name)
        if value < least:
            raise UserError(
                f"attribution: {name}: expected {least} or more, got {value}; mend the value"
            )


def check_names(
    study: StudySettings, backbones: Sequence["Backbone"], cuts: Sequence[Sequence[Layer]]
) -> None:
    """Raise `UserError` for cuts that the study does not try, and layers that no backbone has."""
    settings = study.attribution
    tried = {layer.name for layers in cuts for layer in layers}
    known = {layer.name for backbone in backbones for layer in backbone.layers}
    for table, kind, names, words, there in (
        ("attribution", "cuts", settings.cuts, ("best", "none"), tried),
        ("attribution", "layers", settings.layers, LAYERS, known),
        ("activation_atlas", "layers", study.activation_atlas.layers, (*LAYERS, "none"), known),
    ):
        for name in names:
            if name not in there.union(words):
                near = get_close_matches(name, sorted(there), n=1)
                raise UserError(
                    f"{table}: {kind}: expected {', '.join(map(repr, words))} or names of "
                    f"{kind} of the study, got {name!r}"
                    + (f" (did you mean {near[0]!r}?)" if near else "")
                    + "; `diamond layers MODEL` lists them"
                )
    if settings.method == "integrated":
        whole = {layer.name for backbone in backbones for layer in backbone.layers if layer.is_cut}
        for name in set(settings.layers).difference(whole, LAYERS):
            raise UserError(
                f"attribution: layers: integrated gradients need cuts, got {name!r}, past which "
                "the signal takes other ways as well; leave it out, or set method to 'gradient'"
            )


def select_cuts(
    settings: AttributionSettings,
    ranking: Sequence[tuple[str, str]],
    recommended: tuple[str, str],
) -> list[tuple[str, str]]:
    """The cuts that are explained, as (model, cut); `ranking` holds all, best first."""
    chosen: list[tuple[str, str]] = []
    if "best" in settings.cuts:
        best = {model: (model, cut) for model, cut in reversed(ranking)}
        chosen += [recommended, *(pair for pair in ranking if pair in best.values())]
    chosen += [(model, cut) for model, cut in ranking if cut in settings.cuts]
    return list(dict.fromkeys(chosen))


def select_layers(wanted: Sequence[str], backbone: "Backbone", cut: str) -> list[Layer]:
    """The layers that are shown of a cut, in depth order, the last of them the cut itself.

    `wanted`: names, or what stands for them, of `LAYERS`.
    """
    end = backbone.layer(cut)
    below = [layer for layer in backbone.layers if layer.index < end.index]
    cuts = [layer for layer in below if layer.is_cut]
    named = set(wanted)
    if "cuts" in named:
        named.update(layer.name for layer in cuts)
    if "stages" in named:
        named.update(
            layer.name for layer, deeper in pairwise([*cuts, end]) if layer.stride != deeper.stride
        )
    return [*(layer for layer in below if layer.name in named), end]
