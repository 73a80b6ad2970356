"""The pages of single channels: from the atlas to what the template shows."""

import json
from dataclasses import dataclass
from typing import Any

from diamond_cutter.build.charts.network_profile import Field, draw_field
from diamond_cutter.build.layer_circuits import LayerCircuits
from diamond_cutter.build.page_text import decimal, shown
from diamond_cutter.build.pages.atlas.atlas_pages import (
    beside,
    channel_picture,
    command,
    picture_text_of,
)
from diamond_cutter.build.pages.atlas.photo_comparison import (
    beside_photos,
    examples,
    strongest_photo,
    unchanged,
)
from diamond_cutter.build.pages.attribution.channel_statistics_view import (
    ChannelStatistics,
    Example,
    LayerStatistics,
    channel_statistics,
)
from diamond_cutter.build.pages.circuits.channel_circuit_view import (
    ChannelCircuit,
    channel_circuit,
)
from diamond_cutter.build.pages.page_contexts import Frame, LayerLink, Link, Parameter, Picture
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.rendered_atlas import ModelAtlas, RenderedLayer
from diamond_cutter.build.tiles import channel_tiles
from diamond_cutter.build.tiles.channel_pictures import CHANNEL_SIDE
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model

NEIGHBOURS = 5
"""Channels shown on each side of a channel."""


@dataclass(frozen=True)
class ChannelPage:
    """`/models/<model>/<layer>/<channel>/`: one channel.

    picture: address of its own picture; empty where `reason` says why it is not shown.
    score: as text; empty if it has none.
    beside_photos, strongest_photo, unchanged: what the atlas's photos say of it, see `natural`; may
        be empty.
    photos: what these are called; examples: those of them with its strongest places.
    recipe: the name of the recipe that it was made by; empty if it is not rendered yet.
    statistics: what the photos of each study say of it. circuit: what it is made of and feeds; None
        where the atlas does not say, and only then `neighbours`. previous, next: beside it.
    """

    frame: Frame
    model: Model
    layer: Layer
    channel: int
    picture: str
    picture_side: int
    reason: str
    explanation: str
    side: int
    score: str
    beside_photos: str
    strongest_photo: str
    unchanged: str
    photos: str
    examples: tuple[Example, ...]
    recipe: str
    parameters: tuple[Parameter, ...]
    seed: int
    field: Field | None
    statistics: tuple[ChannelStatistics, ...]
    circuit: ChannelCircuit | None
    neighbours: tuple[Picture, ...]
    previous: Link | None
    next: Link | None
    before: LayerLink | None
    after: LayerLink | None
    command: str


def channel_page(
    around: Surroundings,
    model: ModelAtlas,
    layer: RenderedLayer,
    channel: int,
    circuits: LayerCircuits,
    statistics: tuple[LayerStatistics, ...] = (),
) -> ChannelPage:
    """`/models/<model>/<layer>/<channel>/`.

    `circuits` are the layer's; `statistics` are what studies say of it.
    """
    name, count = layer.layer.name, layer.layer.channels
    why = channel_tiles.reason(layer, channel)
    score = decimal(float(layer.score[channel]))
    natural = layer.natural
    level = int(layer.level[channel])
    recipe = channel_tiles.recipe_name(level) if level else ""
    before, after = beside(model, layer, "../../")
    frame = make_frame(
        around,
        f"{layer.path}{channel}/",
        f"Channel {channel} of {name} \N{MIDDLE DOT} {layer.model} \N{MIDDLE DOT} {NAME}",
        _description(layer, channel, why, score),
        crumbs=(Link(NAME, "../../../../"), Link(layer.model, "../../"), Link(name, "../")),
        picture="" if why else channel_picture(layer, channel),
        picture_text="" if why else picture_text_of(layer, channel),
    )
    circuit = channel_circuit(model, circuits, channel)
    first, last = max(0, channel - NEIGHBOURS), min(count, channel + NEIGHBOURS + 1)
    beside_it = () if circuit else range(first, last)
    return ChannelPage(
        frame=frame,
        model=model.model,
        layer=layer.layer,
        channel=channel,
        picture="" if why else "channel.jpg",
        picture_side=CHANNEL_SIDE,
        reason=why,
        explanation=channel_tiles.EXPLANATIONS.get(why, ""),
        side=layer.side,
        score=score,
        beside_photos=(
            beside_photos(natural, channel, float(layer.score[channel])) if natural else ""
        ),
        strongest_photo=strongest_photo(natural, channel) if natural else "",
        unchanged=unchanged(natural, channel) if natural else "",
        photos=shown(natural.source) if natural else "",
        examples=(
            tuple(examples(natural, channel, frame.root + layer.photos))
            if natural and layer.photos
            else ()
        ),
        recipe=recipe,
        parameters=_parameters(layer, channel, recipe) if recipe else (),
        seed=layer.seed,
        field=draw_field(layer.layer, model.model.input_size),
        statistics=tuple(
            channel_statistics(layer_statistics, channel, frame.root)
            for layer_statistics in statistics
        ),
        circuit=circuit,
        neighbours=tuple(_neighbour(layer, other) for other in beside_it),
        previous=Link(f"Channel {channel - 1}", f"../{channel - 1}/") if channel else None,
        next=Link(f"Channel {channel + 1}", f"../{channel + 1}/") if channel + 1 < count else None,
        before=before,
        after=after,
        command=command(layer),
    )


def parameters(recipe: dict[str, Any]) -> tuple[Parameter, ...]:
    """The parameters of a recipe as text, in the order they are stored, without its name.

    Those of its phases stand one by one: "phase 2 steps". Of its base stand name and version.
    """
    named: list[tuple[str, Any]] = []
    for name, value in recipe.items():
        if name == "phases":
            for number, phase in enumerate(value, start=1):
                which = f"phase {number} " if len(value) > 1 else ""
                named += [(f"{which}{inner}", part) for inner, part in phase.items()]
        elif name == "base":
            if value:
                named.append((name, f"{value['name']}, version {value['version']}"))
        elif name not in ("name", "level"):
            named.append((name, value))
    return tuple(Parameter(name.replace("_", " "), _text(value)) for name, value in named)


def _parameters(layer: RenderedLayer, channel: int, recipe: str) -> tuple[Parameter, ...]:
    """Those of the recipe, and the device and precision where they are known."""
    made_on = layer.made_on[channel]
    device = (Parameter("rendered on", made_on),) if made_on else ()
    return parameters(layer.recipes[recipe]) + device


def _text(value: Any) -> str:
    if isinstance(value, list):
        return (" to " if len(value) == 2 else ", ").join(_text(item) for item in value)
    if isinstance(value, str):
        return value
    return json.dumps(value).replace("-", "\u2212")


def _neighbour(layer: RenderedLayer, channel: int) -> Picture:
    why = channel_tiles.reason(layer, channel)
    src = "" if why else f"../{channel}/channel.jpg"
    return Picture(channel, f"../{channel}/", src, why)


def _description(layer: RenderedLayer, channel: int, why: str, score: str) -> str:
    which = f"{channel} of layer {layer.layer.name} of {layer.model}"
    if why:
        return f"Channel {which}. {channel_tiles.EXPLANATIONS[why]}"
    return f"What channel {which} responds to: a picture made to excite it, score {score}."
