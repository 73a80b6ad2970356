"""The JSON of the site: how it is written, and a layer's numbers for its grid."""

import json
from typing import Any

import numpy as np

from diamond_cutter.build.rendered_atlas import RenderedLayer
from diamond_cutter.build.tiles import channel_tiles

FORMAT_VERSION = 1
"""Of every JSON file of the site; `web/static/js/data/fetched-documents.js` refuses another."""


def layer_document(layer: RenderedLayer) -> bytes:
    """`layer.json` beside a grid.

    `side`: of a tile of its sheets, in pixels. Lists of C: `score`, null where there is none, and
    `reason`, why a channel has no picture to show, empty where it has one.
    """
    count = layer.layer.channels
    score = [None if np.isnan(value) else round(float(value), 4) for value in layer.score]
    reason = [channel_tiles.reason(layer, channel) for channel in range(count)]
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
