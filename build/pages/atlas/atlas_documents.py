"""The JSON of the atlas: the list of all that is here, and a layer's numbers for its grid."""

from dataclasses import asdict
from typing import Any

import numpy as np

from diamond_cutter.build.explained_study import NetworkByItself
from diamond_cutter.build.measured_study import MeasuredStudy
from diamond_cutter.build.page_text import encode
from diamond_cutter.build.pages.atlas.catalogue_page import listed_models
from diamond_cutter.build.rendered_atlas import Atlas, ModelAtlas, RenderedLayer
from diamond_cutter.build.tiles import channel_tiles


def index_document(
    atlas: Atlas,
    studies: tuple[MeasuredStudy, ...],
    networks: tuple[NetworkByItself, ...] = (),
) -> bytes:
    """`index.json`: studies, networks by themselves, models with their layers in depth order.

    Of each it says where its page is; `catalogue` has the figures of all models there are.
    """
    return encode(
        {
            "studies": [_study(study) for study in studies],
            "networks": [
                {"name": each.name, "page": each.path, "photos": len(each.report.photos)}
                for each in networks
            ],
            "models": [_model(model) for model in atlas.models],
            "catalogue": [
                {**asdict(listed.model), "weights": listed.weights}
                for listed in listed_models(atlas)
            ],
        }
    )


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
                **asdict(channel_tiles.count(rendered[layer.name])),
            }
        else:
            entry |= {
                "page": None,
                **asdict(channel_tiles.Count(layer.channels, 0, 0, layer.channels)),
            }
        layers.append(entry)
    return {**asdict(model.model), "page": f"models/{model.model.name}/", "layers": layers}
