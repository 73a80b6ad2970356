"""The JSON of the site: the list of what is here, and a layer's numbers for its grid."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from diamond_cutter.build import tiles
from diamond_cutter.build.atlas import ModelAtlas, RenderedLayer
from diamond_cutter.build.context import Count

FORMAT_VERSION = 1
"""Of every JSON file of the site; `web/static/js/data.js` refuses another."""


def index_document(models: tuple[ModelAtlas, ...]) -> bytes:
    """`index.json`: the models, their layers in depth order, and where each one's page is."""
    return _document({"models": [_model(model) for model in models]})


def layer_document(layer: RenderedLayer) -> bytes:
    """`layer.json` beside a grid.

    Lists of C: `score`, null where there is none, and `reason`, why a channel has no picture to
    show, empty where it has one.
    """
    count = layer.layer.channels
    score = [None if np.isnan(value) else round(float(value), 4) for value in layer.score]
    reason = [tiles.reason(layer, channel) for channel in range(count)]
    return _document(
        {
            "model": layer.model,
            "layer": layer.layer.name,
            "channels": count,
            "score": score,
            "reason": reason,
        }
    )


def _model(model: ModelAtlas) -> dict[str, Any]:
    rendered = {layer.layer.name: layer for layer in model.rendered}
    layers = []
    for layer in model.layers:
        entry = asdict(layer)
        if layer.name in rendered:
            entry |= {
                "page": rendered[layer.name].path,
                **asdict(tiles.count(rendered[layer.name])),
            }
        else:
            entry |= {"page": None, **asdict(Count(layer.channels, 0, 0, layer.channels))}
        layers.append(entry)
    return {**asdict(model.model), "page": f"models/{model.model.name}/", "layers": layers}


def _document(content: dict[str, Any]) -> bytes:
    document = {"format_version": FORMAT_VERSION, **content}
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode() + b"\n"
