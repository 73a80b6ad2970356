"""What all explained photos of a cut say together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.attribution_task import AttributionRequest
from diamond_cutter.precompute.attribution.channel_examples import Seen, find_channels
from diamond_cutter.precompute.attribution.class_attribution import (
    own_classes,
    sum_class_attribution,
)
from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain, PhotoSet
from diamond_cutter.precompute.attribution.shortcut_check import find_shortcuts, join_layers
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.attribution.attribution_layout import (
    ExplainedCut,
    ExplainedLayer,
    block_of,
)
from diamond_cutter.precompute.stores.store_address import subgroup

READ = (
    *("target", "total", "bias", "heatmap", "channel"),
    *("mean", "square", "zero", "peak", "place"),
)
"""The arrays of a layer's view that sums are made of."""


@dataclass(frozen=True, eq=False)
class Summary:
    """A cut, and for each layer its tables by name: `ClassAttribution` and `Channels`.

    `own` (n,): the class that each photo counts for.
    """

    cut: ExplainedCut
    own: NDArray[np.int64]
    tables: dict[str, dict[str, Any]]


def summarise(
    to_explain: CutToExplain,
    request: AttributionRequest,
    read: Callable[[str], NDArray[Any]],
    part: zarr.Group,
    chosen: NDArray[np.int32],
    photo_set: PhotoSet,
) -> Summary:
    """Sum up the n photos `chosen`, whose arrays `read` gives by their path in a part.

    One layer after the other is in memory. `part`: one that tells the layers' sides.
    """
    logit = read("logit")
    label = photo_set.label[chosen]
    size = to_explain.backbone.input_size
    layers, tables, shown, shortcuts = [], {}, [], []
    own = np.zeros(0, np.int64)
    for layer in to_explain.layers:
        view = {name: read(f"layers/{layer.name}/{name}") for name in READ}
        own = own_classes(view["target"], label)
        shown = [int(k) for k in np.unique(own)]
        attributes = subgroup(part, f"layers/{layer.name}").attrs
        height, width = (int(str(attributes[side])) for side in ("height", "width"))
        seen = Seen(
            **{name: view[name] for name in ("mean", "square", "zero", "peak", "place")},
            matter=view["channel"][:, 1],
            photo=chosen,
            group=photo_set.group[chosen],
            label=own,
            height=height,
            width=width,
        )
        tables[layer.name] = {
            "sums": sum_class_attribution(view["target"], view["channel"], view["heatmap"], own),
            "channels": find_channels(seen, shown, size, layer.receptive_field),
        }
        layers.append(_layer(layer, height, width, view, logit))
        maps = _own_heatmaps(view, own)
        shortcuts.append(find_shortcuts(maps, own, chosen, to_explain.classes, layer.name))
    cut = ExplainedCut(
        model=to_explain.backbone.name,
        cut=request.cut,
        input_size=size,
        classes=to_explain.classes,
        shown=shown,
        pooling=to_explain.pooling,
        linear=len(to_explain.heads[0]) == 1,
        method="integrated" if request.steps else "gradient",
        steps=request.steps,
        layers=layers,
        shortcuts=join_layers(shortcuts[::-1]),
        weights_digest=to_explain.backbone.weights_digest,
    )
    return Summary(cut, own, tables)


def _layer(
    layer: Layer, height: int, width: int, view: dict[str, NDArray[Any]], logit: NDArray[Any]
) -> ExplainedLayer:
    predicted = logit[np.arange(len(logit)), view["target"][:, 1, 0]]
    shortfall = np.abs(predicted - view["bias"][:, 1] - view["total"][:, 1])
    rows, columns = view["heatmap"].shape[2:]
    return ExplainedLayer(
        name=layer.name,
        index=layer.index,
        channels=layer.channels,
        height=height,
        width=width,
        rows=rows,
        columns=columns,
        block=block_of(height, width),
        receptive_field=layer.receptive_field,
        stride=layer.stride,
        shortfall=float(np.median(shortfall)),
    )


def _own_heatmaps(view: dict[str, NDArray[Any]], own: NDArray[np.int64]) -> NDArray[np.float32]:
    """The heatmap of each photo for the class that it counts for, (n, R, Q)."""
    target = view["target"]
    row = ((target[..., 0] == own[:, None]) & (target[..., 1] < 0)).argmax(axis=1)
    heatmaps: NDArray[np.float32] = view["heatmap"][np.arange(len(own)), row]
    return heatmaps
