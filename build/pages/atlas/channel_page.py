"""The pages of single channels: from the atlas to what the template shows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from diamond_cutter.build.charts.network_profile import Field, draw_field
from diamond_cutter.build.layer_circuits import LayerCircuits
from diamond_cutter.build.layer_likeness import LayerLikeness
from diamond_cutter.build.layer_words import NO_WORDS, LayerWords
from diamond_cutter.build.page_text import decimal, shown
from diamond_cutter.build.pages.atlas.atlas_pages import (
    beside,
    command,
    picture_text_of,
    preview_text_of,
)
from diamond_cutter.build.pages.atlas.evidence_text import judgement
from diamond_cutter.build.pages.atlas.photo_comparison import (
    beside_photos,
    examples,
    strongest_photo,
    unchanged,
)
from diamond_cutter.build.pages.atlas.word_text import ChannelWords, channel_words, names
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
from diamond_cutter.build.pages.likeness.channel_likeness_view import (
    ChannelLikeness,
    channel_likeness,
)
from diamond_cutter.build.pages.page_contexts import (
    Frame,
    LargePicture,
    LayerLink,
    Link,
    Parameter,
)
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.rendered_atlas import ROWS, ModelAtlas, RenderedLayer
from diamond_cutter.build.tiles import channel_tiles
from diamond_cutter.build.tiles.channel_pictures import (
    CHANNEL_SIDE,
    SHARED_COLUMNS,
    SHARED_TILES,
    large_picture_path,
)
from diamond_cutter.build.tiles.sprite_sheet import place, size_of
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model


@dataclass(frozen=True)
class ChannelPage:
    """`/models/<model>/<layer>/<channel>/`: one channel.

    picture: None where `reason` says why it is not shown. picture_text: what it shows, in words.
    words: of each kind that was looked for. score: as text; empty if it has none.
    beside_photos, strongest_photo, unchanged: what the atlas's photos say of it, see `natural`; may
        be empty.
    evidence: how well another network matches its picture to photos; empty where none was asked.
    photos: what these are called; examples: those of them with its strongest places.
    likeness: what is like it; None where its layer was not measured on photos that were named.
    recipe: the name of the recipe that it was made by; empty if it is not rendered yet.
    statistics: what the photos of each study say of it. circuit: what it is made of and feeds; None
        where the atlas does not say. previous, next: beside it in its layer.
    """

    frame: Frame
    model: Model
    layer: Layer
    channel: int
    picture: LargePicture | None
    picture_text: str
    reason: str
    explanation: str
    words: tuple[ChannelWords, ...]
    side: int
    score: str
    beside_photos: str
    strongest_photo: str
    unchanged: str
    evidence: str
    photos: str
    examples: tuple[Example, ...]
    likeness: ChannelLikeness | None
    recipe: str
    parameters: tuple[Parameter, ...]
    seed: int
    field: Field | None
    statistics: tuple[ChannelStatistics, ...]
    circuit: ChannelCircuit | None
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
    likeness: LayerLikeness | None = None,
    words: LayerWords = NO_WORDS,
) -> ChannelPage:
    """`/models/<model>/<layer>/<channel>/`.

    `circuits`, `likeness` and `words` are the layer's; `statistics` are what studies say of it.
    """
    name, count = layer.layer.name, layer.layer.channels
    why = channel_tiles.reason(layer, channel)
    score = decimal(float(layer.score[channel]))
    natural = layer.natural
    level = int(layer.level[channel])
    recipe = channel_tiles.recipe_name(level) if level else ""
    before, after = beside(model, layer, "../../")
    named = names(words.of(channel))
    frame = make_frame(
        around,
        f"{layer.path}{channel}/",
        f"Channel {channel} of {name}{': ' if named else ''}{named} \N{MIDDLE DOT} {layer.model} "
        f"\N{MIDDLE DOT} {NAME}",
        _description(layer, channel, why, score, named),
        crumbs=(Link(NAME, "../../../../"), Link(layer.model, "../../"), Link(name, "../")),
        picture="" if why else large_picture_path(layer, channel),
        picture_text="" if why else preview_text_of(layer, channel),
        data=(
            Link(f"channel {channel} in layer.json", "../layer.json"),
            Link(f"line {channel + 1} of {ROWS}", f"../{ROWS}"),
        ),
    )
    circuit = channel_circuit(model, circuits, channel)
    return ChannelPage(
        frame=frame,
        model=model.model,
        layer=layer.layer,
        channel=channel,
        picture=None if why else _picture(layer, channel),
        picture_text=picture_text_of(layer, channel),
        reason=why,
        explanation=channel_tiles.EXPLANATIONS.get(why, ""),
        words=channel_words(words, channel, frame.root),
        side=layer.side,
        score=score,
        beside_photos=(
            beside_photos(natural, channel, float(layer.score[channel])) if natural else ""
        ),
        strongest_photo=strongest_photo(natural, channel) if natural else "",
        unchanged=unchanged(natural, channel) if natural else "",
        evidence=judgement(layer, channel),
        photos=shown(natural.source) if natural else "",
        examples=(
            tuple(examples(natural, channel, frame.root + layer.photos))
            if natural and layer.photos
            else ()
        ),
        likeness=channel_likeness(likeness, channel, frame.root),
        recipe=recipe,
        parameters=_parameters(layer, channel, recipe) if recipe else (),
        seed=layer.seed,
        field=draw_field(layer.layer, model.model.input_size),
        statistics=tuple(
            channel_statistics(layer_statistics, channel, frame.root)
            for layer_statistics in statistics
        ),
        circuit=circuit,
        previous=Link(f"Channel {channel - 1}", f"../{channel - 1}/") if channel else None,
        next=Link(f"Channel {channel + 1}", f"../{channel + 1}/") if channel + 1 < count else None,
        before=before,
        after=after,
        command=command(layer),
    )


def parameters(recipe: Mapping[str, Any]) -> tuple[Parameter, ...]:
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
    made_on = layer.stored.made_on[channel]
    device = (Parameter("rendered on", made_on),) if made_on else ()
    return parameters(layer.recipes[recipe]) + device


def _text(value: Any) -> str:
    if isinstance(value, list):
        return (" to " if len(value) == 2 else ", ").join(_text(item) for item in value)
    if isinstance(value, str):
        return value
    return json.dumps(value).replace("-", "\u2212")


def _picture(layer: RenderedLayer, channel: int) -> LargePicture:
    """A channel's large picture as its page sees it."""
    if not layer.shares_pictures:
        return LargePicture("channel.jpg", CHANNEL_SIDE, CHANNEL_SIDE, 1, 0, 0)
    where = place(channel, SHARED_TILES, SHARED_COLUMNS)
    width, height = size_of(
        where.sheet, layer.layer.channels, layer.side, SHARED_TILES, SHARED_COLUMNS
    )
    name = large_picture_path(layer, channel).removeprefix(layer.path)
    return LargePicture(f"../{name}", width, height, SHARED_COLUMNS, where.column, where.row)


def _description(layer: RenderedLayer, channel: int, why: str, score: str, named: str) -> str:
    which = f"{channel} of layer {layer.layer.name} of {layer.model}"
    if why:
        said = f", in words {named}" if named else ""
        return f"Channel {which}{said}. {channel_tiles.EXPLANATIONS[why]}"
    said = f"in words {named}; " if named else ""
    return f"What channel {which} responds to: {said}a picture made to excite it, score {score}."
