"""The JSON of the site: the list of what is here, and a layer's numbers for its grid."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from diamond_cutter.build import tiles
from diamond_cutter.build.atlas import ModelAtlas, RenderedLayer
from diamond_cutter.build.context import Count
from diamond_cutter.build.study.reader import MeasuredStudy

FORMAT_VERSION = 1
"""Of every JSON file of the site; `web/static/js/data.js` refuses another."""


def index_document(models: tuple[ModelAtlas, ...], studies: tuple[MeasuredStudy, ...]) -> bytes:
    """`index.json`: the studies; the models, their layers in depth order; where each page is."""
    return encode(
        {
            "studies": [_study(study) for study in studies],
            "models": [_model(model) for model in models],
        }
    )


def layer_document(layer: RenderedLayer) -> bytes:
    """`layer.json` beside a grid.

    `side`: of a tile of its sheets, in pixels. Lists of C: `score`, null where there is none, and
    `reason`, why a channel has no picture to show, empty where it has one.
    """
    count = layer.layer.channels
    score = [None if np.isnan(value) else round(float(value), 4) for value in layer.score]
    reason = [tiles.reason(layer, channel) for channel in range(count)]
    return encode(
        {
            "model": layer.model,
            "layer": layer.layer.name,
            "channels": count,
            "side": layer.side,
            "score": score,
            "reason": reason,
        }
    )


def encode(content: dict[str, Any]) -> bytes:
    """A JSON file of the site, the same bytes for the same content."""
    document = {"format_version": FORMAT_VERSION, **content}
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _study(measured: MeasuredStudy) -> dict[str, Any]:
    study, best = measured.study, measured.recommended
    return {
        "name": study.name,
        "page": measured.path,
        "ranking": f"{measured.path}study.json",
        "photos": study.photos,
        "classes": len(study.classes),
        "cuts": len(measured.cuts),
        "recommended": {"model": best.cut.model, "cut": best.cut.cut},
        "accuracy": best.cut.metrics.accuracy.value,
    }


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
