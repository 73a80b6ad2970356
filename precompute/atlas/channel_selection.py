"""What is to be rendered: which channels of which layers of which models."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.rendering.targets import number_ranges
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model
from diamond_cutter.precompute.stores.network import Network


class Backbone(Protocol):
    """What the atlas needs to know of a backbone."""

    @property
    def info(self) -> Model:
        """What is listed of it."""

    @property
    def network(self) -> Network:
        """What it is told by."""

    @property
    def layers(self) -> Sequence[Layer]:
        """All its layers in depth order."""


@dataclass(frozen=True)
class Selection:
    """The channels of one layer that are asked for, in order and at least one."""

    model: Model
    layer: Layer
    channels: tuple[int, ...]


def select(backbones: Sequence[Backbone], layers: Sequence[str], channels: str) -> list[Selection]:
    """The layers and channels that the settings name, model by model in depth order.

    `layers` are "cuts", "all" or names; a name must be a layer of at least one of the models, and
    a channel must be in at least one of the layers. Raises `UserError` for what is nowhere.
    """
    _check_names(backbones, layers)
    chosen = [
        (backbone.info, layer)
        for backbone in backbones
        for layer in backbone.layers
        if layer.name in layers or "all" in layers or ("cuts" in layers and layer.is_cut)
    ]
    if not chosen:
        raise UserError(
            f"layers: expected at least one layer, got none for {', '.join(layers)!r}; "
            "`diamond layers MODEL` lists them"
        )
    widest = max(layer.channels for _, layer in chosen)
    asked = parse_channels(channels, widest)
    selections = [
        Selection(model, layer, tuple(number for number in asked if number < layer.channels))
        for model, layer in chosen
    ]
    return [selection for selection in selections if selection.channels]


def select_used(
    backbones: Sequence[Backbone], used: Mapping[tuple[str, str], Sequence[int]]
) -> list[Selection]:
    """The channels that a study uses, by model and layer; models in the order of `backbones`."""
    return [
        Selection(backbone.info, layer, tuple(used[backbone.info.name, layer.name]))
        for backbone in backbones
        for layer in backbone.layers
        if (backbone.info.name, layer.name) in used
    ]


def merged(*parts: Sequence[Selection]) -> tuple[Selection, ...]:
    """All that is selected, each layer once, in the order of their first appearance."""
    found: dict[tuple[str, str], Selection] = {}
    for each in (each for part in parts for each in part):
        place = each.model.name, each.layer.name
        known = found[place].channels if place in found else ()
        new = (channel for channel in each.channels if channel not in set(known))
        found[place] = Selection(each.model, each.layer, (*known, *new))
    return tuple(found.values())


def parse_channels(text: str, channels: int) -> tuple[int, ...]:
    """What "all", a count ("16": the first 16) or ranges ("0-63,100") mean for a layer.

    A lone number is a count, which only the settings file may give: see `check_option`. Numbers
    come out sorted, each once. Raises `UserError` for anything else, and for a range beyond
    `channels`.
    """
    if text.strip() == "all":
        return tuple(range(channels))
    count = _lone_number(text)
    if count:
        return tuple(range(min(count, channels)))
    ranges = number_ranges(text)
    if count == 0 or not all(meant for _, meant in ranges):
        raise UserError(
            'channels: expected "all", a count of at least 1, or ranges like "0-63,100", '
            f"got {text!r}; mend the value"
        )
    for part, meant in ranges:
        if meant[-1] >= channels:
            raise UserError(
                f"channels: expected numbers up to {channels - 1}, which the widest of the chosen "
                f"layers has, got {part!r}; `diamond layers MODEL` lists them"
            )
    return tuple(sorted(set().union(*(meant for _, meant in ranges))))


def check_option(text: str | None) -> None:
    """Refuse a lone number as an option: `diamond render` takes it for a channel, not a count."""
    count = _lone_number(text or "")
    if count is not None:
        first = f'"0-{count - 1}" for the first {count}, or ' if count else ""
        raise UserError(
            f'--channels: expected "all" or ranges like "0-63,100", got {text!r}, which may be a '
            f'count or a channel; give {first}"{count}-{count}" for channel {count} alone'
        )


def _lone_number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\s*[0-9]+\s*", text) else None


def _check_names(backbones: Sequence[Backbone], layers: Sequence[str]) -> None:
    known = {layer.name for backbone in backbones for layer in backbone.layers}
    for name in layers:
        if name not in known | {"cuts", "all"}:
            models = ", ".join(backbone.info.name for backbone in backbones)
            near = get_close_matches(name, sorted(known), n=1)
            raise UserError(
                f'layers: expected "cuts", "all" or names of layers of {models}, got {name!r}'
                + (f" (did you mean {near[0]!r}?)" if near else "")
                + "; `diamond layers MODEL` lists them"
            )
