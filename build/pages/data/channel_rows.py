"""A model's channels as JSON Lines, a row each: all that the site knows of a channel in numbers."""

from collections.abc import Iterator, Sequence
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.layer_circuits import LayerCircuits
from diamond_cutter.build.layer_likeness import LayerLikeness
from diamond_cutter.build.layer_words import LayerWords
from diamond_cutter.build.page_text import encode
from diamond_cutter.build.pages.atlas.atlas_documents import channel_score
from diamond_cutter.build.pages.atlas.evidence_text import evidence_row
from diamond_cutter.build.pages.atlas.word_text import word_rows
from diamond_cutter.build.pages.attribution.document_packing import short
from diamond_cutter.build.publish.site_staging import Stage
from diamond_cutter.build.rendered_atlas import ROWS, ModelAtlas, RenderedLayer
from diamond_cutter.build.tiles import channel_tiles
from diamond_cutter.build.tiles.channel_pictures import large_picture_path, sheet_name
from diamond_cutter.build.tiles.sprite_sheet import place
from diamond_cutter.precompute.stores.atlas.activation_statistics import ActivationStatistics

STRONGEST = 8
"""Channels that a row names of each neighbouring cut."""


def channel_rows(
    layer: RenderedLayer,
    circuits: LayerCircuits,
    likeness: LayerLikeness | None,
    words: LayerWords,
) -> bytes:
    """`channels.jsonl` beside a layer: a row for each of its channels; the rest: the layer's."""
    rows = (
        {
            **_row(layer, channel),
            **_circuit(circuits, channel),
            "likeness": None if likeness is None else _likeness(likeness, channel),
            "words": word_rows(words, channel),
        }
        for channel in range(layer.layer.channels)
    )
    return b"".join(map(encode, rows))


def write_model_rows(stage: Stage, models: Sequence[ModelAtlas]) -> None:
    """Write `channels.jsonl` of each model: those of its layers, in depth order, one at a time."""
    for model in models:
        if model.rendered and not stage.keep_beside(model.path + ROWS, model.path):
            parts = (stage.read(layer.path + ROWS) for layer in model.rendered)
            stage.write_parts(model.path + ROWS, parts)


def _row(layer: RenderedLayer, channel: int) -> dict[str, Any]:
    why = channel_tiles.reason(layer, channel)
    level = int(layer.level[channel])
    where = place(channel)
    sheet = layer.path + sheet_name(where.sheet)
    tile = {"sheet": sheet, "side": layer.side, "column": where.column, "row": where.row}
    natural = layer.natural
    return {
        "schema": "channel",
        "model": layer.model,
        "layer": layer.layer.name,
        "channel": channel,
        "page": f"{layer.path}{channel}/",
        "picture": None if why or layer.shares_pictures else large_picture_path(layer, channel),
        "tile": None if why else tile,
        "reason": why,
        "score": channel_score(layer, channel),
        "level": level,
        "recipe": channel_tiles.recipe_name(level) if level else None,
        "made_on": layer.stored.made_on[channel],
        "evidence": evidence_row(layer, channel),
        "natural": None if natural is None else _natural(natural, channel),
        "photos": list(_photos(natural, channel, layer.photos)) if natural is not None else [],
    }


def _natural(natural: ActivationStatistics, channel: int) -> dict[str, Any]:
    changes = bool(natural.paths) and natural.spread[channel] > 0
    return {
        "source": natural.source,
        "photos": natural.photos,
        "mean": short(float(natural.mean[channel])),
        "spread": short(float(natural.spread[channel])),
        "maximum": short(float(natural.maximum[channel])),
        "strongest": natural.paths[natural.best[channel]] if changes else None,
    }


def _photos(natural: ActivationStatistics, channel: int, folder: str) -> Iterator[dict[str, Any]]:
    for photo, value, at, box in zip(
        natural.example_photo[channel].tolist(),
        natural.example_value[channel].tolist(),
        natural.example_place[channel].tolist(),
        natural.example_box[channel].tolist(),
        strict=True,
    ):
        if folder and photo >= 0:
            yield {
                "photo": natural.paths[photo],
                "picture": f"{folder}{photo}.webp",
                "value": short(value),
                "place": at,
                "box": box,
                "side": natural.side,
            }


def _circuit(circuits: LayerCircuits, channel: int) -> dict[str, Any]:
    before, after = circuits.made_of, circuits.feeds
    inputs = outputs = skip = None
    if before is not None:
        strongest = before.inputs[channel]
        inputs = {
            "layer": before.source,
            "strongest": _strongest(before.weight[:, channel], strongest),
        }
        share = float(before.skip[channel])
        skip = None if isnan(share) else short(share)
    if after is not None and circuits.target is not None:
        strongest = after.outputs[channel]
        outputs = {
            "layer": circuits.target.name,
            "strongest": _strongest(after.weight[channel], strongest),
        }
    return {"inputs": inputs, "outputs": outputs, "skip": skip}


def _strongest(weight: NDArray[np.float32], numbers: NDArray[np.uint16]) -> list[dict[str, Any]]:
    return [
        {"channel": number, "weight": short(float(weight[number]))}
        for number in numbers[:STRONGEST].tolist()
        if weight[number]
    ]


def _likeness(likeness: LayerLikeness, channel: int) -> dict[str, Any]:
    """What is more like a channel than chance gives: in its layer, and the most alike of others."""
    compared = likeness.compared
    found = [] if likeness.within is None else [(compared.layer, likeness.within)]
    found += [(other, likeness.others[other.path]) for other in compared.others if found]
    alike = [
        {"model": layer.model, "layer": layer.layer.name, "channel": other, "r": round(r, 4)}
        for layer, each in found
        for other, r in list(
            zip(each.channel[channel].tolist(), each.r[channel].tolist(), strict=True)
        )[: None if layer is compared.layer else 1]
        if r > likeness.chance
    ]
    return {
        "photos": compared.photos,
        "chance": round(likeness.chance, 4),
        "alike": sorted(alike, key=lambda each: -each["r"]),
    }
