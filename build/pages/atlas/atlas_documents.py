"""The JSON of the atlas: the list of all that is here, and a layer's numbers for its grid."""

from dataclasses import asdict
from math import isnan
from typing import Any

from diamond_cutter.build.explained_study import NetworkByItself
from diamond_cutter.build.layer_words import LayerWords
from diamond_cutter.build.measured_study import MeasuredStudy
from diamond_cutter.build.page_text import encode
from diamond_cutter.build.pages.atlas.catalogue_page import listed_models
from diamond_cutter.build.pages.atlas.evidence_text import evidence_lists, mean_evidence
from diamond_cutter.build.pages.atlas.word_text import word_lists
from diamond_cutter.build.rendered_atlas import ROWS, Atlas, ModelAtlas, RenderedLayer
from diamond_cutter.build.tiles import channel_tiles


def index_document(
    atlas: Atlas,
    studies: tuple[MeasuredStudy, ...],
    networks: tuple[NetworkByItself, ...] = (),
    pictures_address: str = "",
) -> bytes:
    """`index.json`: studies, networks by themselves, models with their layers in depth order.

    Of each it says where its page is; `catalogue` has the figures of all models there are;
    `pictures_address`: where pictures lie, empty where beside the pages.
    """
    return encode(
        {
            "schema": "index",
            "pictures_address": pictures_address,
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


def model_document(model: ModelAtlas) -> bytes:
    """`model.json` beside a model's page: what `index.json` has of it."""
    return encode({"schema": "model", **_model(model)})


def channel_score(layer: RenderedLayer, channel: int) -> float | None:
    """A channel's score as JSON has it; None without a picture."""
    score = float(layer.score[channel])
    return None if isnan(score) else round(score, 4)


def layer_document(layer: RenderedLayer, words: LayerWords) -> bytes:
    """`layer.json` beside a grid.

    `side`: of a tile of its sheets, in pixels. Lists of C: `score`, null where there is none, and
    `reason`, why a channel has no picture to show, empty where it has one. `evidence`: of another
    network for the pictures; null where none was asked. `words`: the list of each channel, the best
    first; null where none were looked for.
    """
    count = layer.layer.channels
    score = [channel_score(layer, channel) for channel in range(count)]
    reason = [channel_tiles.reason(layer, channel) for channel in range(count)]
    return encode(
        {
            "schema": "layer",
            "model": layer.model,
            "layer": layer.layer.name,
            "channels": count,
            "side": layer.side,
            "score": score,
            "reason": reason,
            "evidence": evidence_lists(layer),
            "words": word_lists(words),
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
                "evidence": mean_evidence(rendered[layer.name]),
            }
        else:
            entry |= {
                "page": None,
                **asdict(channel_tiles.Count(layer.channels, 0, 0, layer.channels)),
                "evidence": None,
            }
        layers.append(entry)
    return {
        **asdict(model.model),
        "page": model.path,
        "data": f"{model.path}model.json",
        "channel_rows": model.path + ROWS if model.rendered else None,
        "layers": layers,
    }
