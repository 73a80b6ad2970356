"""The JSON beside a photo's page: what a layer shows at first, and what only some ask for."""

from typing import Any

import numpy as np

from diamond_cutter.build.explained_study import View, target_order
from diamond_cutter.build.page_text import encode, shown
from diamond_cutter.build.pages.attribution.document_packing import (
    pack,
    pack_fine,
    pack_indices,
    short,
)
from diamond_cutter.precompute.stores.attribution.attribution_layout import (
    TOP,
    ExplainedPhoto,
    LayerView,
)

MANY_CELLS = 400
"""Layers of more cells than this keep fewer channels of each for what only some ask for."""
FEW = 2
"""So many for, and so many against."""
GROUP_CHANNELS = 4
"""Channels that stand for a neuron group, the strongest of its direction."""


def view_document(photo: ExplainedPhoto, view: View, group_side: int = 0) -> bytes:
    """`view.json`: a layer of a photo, with the first of its targets.

    `targets`: pairs of classes, -1 for none, in `target_order`; `names` of those by index.
    `parts`: one, see `_part`.
    `active_channel`, `active_value`: (R, Q, A), of each cell the most active channels.
    `map_channel`, `map_peak`: (M,), the channels that matter most and their strongest activation;
    `maps.json` has the rest. `groups`: `map` (G, R, Q) of 0..1, `channel`, the strongest of each,
    `value` (T, G), attribution, and `side` of the pictures beside it, 0 where there are none.
    """
    seen = photo.layers[view.layer.name]
    layer = view.layer
    order = target_order(seen)
    targets = [seen.targets[row] for row in order]
    return encode(
        {
            "schema": "attribution",
            "model": view.cut.model,
            "cut": view.cut.cut,
            "layer": layer.name,
            "channels": layer.channels,
            "rows": layer.rows,
            "columns": layer.columns,
            "at_cut": view.at_cut,
            "linear": view.cut.linear,
            "targets": [list(target) for target in targets],
            "names": {
                str(label): shown(view.cut.classes[label])
                for label in sorted({label for target in targets for label in target})
                if label >= 0
            },
            "parts": [_part(photo, seen, order[0], layer.channels, TOP)],
            "active_channel": pack_indices(seen.active_channel, layer.channels),
            "active_value": pack_fine(seen.active_value[None]),
            "map_channel": seen.map_channel.tolist(),
            "map_peak": [short(float(values.max())) for values in seen.map],
            "groups": {
                "map": pack_fine(seen.group_map),
                "side": group_side,
                "channel": [_strongest(direction) for direction in seen.group_direction],
                "value": [
                    [short(float(value)) for value in row] for row in seen.group_value[order]
                ],
            },
        }
    )


def more_document(photo: ExplainedPhoto, view: View) -> bytes:
    """`more.json`: `parts` for all targets but the first, in order."""
    seen, layer = photo.layers[view.layer.name], view.layer
    kept = TOP if layer.rows * layer.columns <= MANY_CELLS else FEW
    parts = [_part(photo, seen, row, layer.channels, kept) for row in target_order(seen)[1:]]
    return encode({"schema": "attribution-targets", "parts": parts})


def maps_document(photo: ExplainedPhoto, view: View) -> bytes:
    """`maps.json`: `map`, (M, R, Q), where the channels that matter most are active."""
    maps = photo.layers[view.layer.name].map
    return encode({"schema": "activation-maps", "map": pack_fine(maps)})


def _part(
    photo: ExplainedPhoto, seen: LayerView, index: int, channels: int, kept: int
) -> dict[str, Any]:
    """What speaks for a target.

    `logit`, of the class or of the difference; `total`, the sum of all attribution; `bias`; what
    is left is the shortfall. `heatmap` (R, Q), `channel` (C,), and of each cell (R, Q, 2 `kept`)
    the channels with the largest attribution, then with the lowest, and their values.
    """
    label, minus = seen.targets[index]
    logit = float(photo.logit[label]) - (float(photo.logit[minus]) if minus >= 0 else 0.0)
    sides = [*range(kept), *range(TOP, TOP + kept)]
    return {
        "target": [label, minus],
        "logit": short(logit),
        "total": short(float(seen.total[index])),
        "bias": short(float(seen.bias[index])),
        "heatmap": pack(seen.heatmap[index]),
        "channel": pack(seen.channel[index]),
        "cell_channel": pack_indices(seen.cell_channel[index][..., sides], channels),
        "cell_value": pack_fine(seen.cell_value[index][None][..., sides]),
    }


def _strongest(direction: "np.ndarray[Any, np.dtype[np.float32]]") -> list[int]:
    order = np.argsort(-direction, kind="stable")[:GROUP_CHANNELS]
    return [int(channel) for channel in order if direction[channel] > 0]
