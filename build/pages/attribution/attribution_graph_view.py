"""Attribution graphs as pages show them: a table before any script, and the JSON that is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diamond_cutter.build.explained_study import View
from diamond_cutter.build.page_text import encode, number, shown, signed_text, whole_percent
from diamond_cutter.build.pages.attribution.document_packing import short
from diamond_cutter.build.tiles.channel_tiles import Atlas, Tile, channel_tile
from diamond_cutter.precompute.stores.attribution.attribution_graphs import AttributionGraphs

EDGES = 3
"""Edges into a node that are shown: those by which most goes, for or against."""


@dataclass(frozen=True)
class GraphNode:
    """A channel of a graph: what it gives to the class, and by which channels most of that comes.

    by: edges into it as text, empty in the first layer. carried: the share of all that reaches it
    which these are, in words.
    """

    channel: int
    tile: Tile
    value: str
    against: bool
    by: str
    carried: str


@dataclass(frozen=True)
class GraphLayer:
    """A layer of a graph; share: of what all its channels give the nodes', as text."""

    name: str
    share: str
    nodes: tuple[GraphNode, ...]


@dataclass(frozen=True)
class GraphView:
    """The graph of a class or of a photo for a class, whose name is `label`.

    photos: over how many, in words; empty of a photo.
    """

    label: str
    photos: str
    layers: tuple[GraphLayer, ...]


def graph_view(
    graphs: AttributionGraphs, row: int, shallow_first: Sequence[View], atlas: Atlas, root: str
) -> GraphView:
    """A graph by its row as a table tells it; `shallow_first`: the views of its layers, in order.

    `root` is the address of the site's root as the page sees it.
    """
    label, photos = int(graphs.label[row]), int(graphs.photos[row])
    layers = []
    for place, view in enumerate(shallow_first):
        node, value = graphs.node[row, place], graphs.value[row, place]
        scale = float(np.abs(value).max(initial=0))
        into = _edges_into(graphs, row, place)
        nodes = [
            GraphNode(
                channel=int(channel),
                tile=channel_tile(int(channel), view, atlas, root),
                value=signed_text(float(value[at]), scale),
                against=bool(value[at] < 0),
                by=", ".join(
                    f"{graphs.node[row, place - 1, source]} {signed_text(part, scale)}"
                    for source, part in into[at]
                ),
                carried=whole_percent(_carried(graphs, row, place, at, into[at])) if place else "",
            )
            for at, channel in enumerate(node)
            if channel >= 0
        ]
        layers.append(
            GraphLayer(view.layer.name, whole_percent(_held(graphs, row, place)), tuple(nodes))
        )
    name = shown(shallow_first[-1].cut.classes[label])
    of_class = graphs.photo[row] < 0
    return GraphView(name, number(photos, "photo") if of_class else "", tuple(layers))


def graph_document(
    layers: Sequence[str], graphs: AttributionGraphs, rows: Sequence[int], classes: Sequence[str]
) -> bytes:
    """`graph.json`: graphs of one cut, by their rows; `classes`: the names of its logits.

    `layers`: names, shallow to deep. Of each of `graphs`, `label` and `name`: of the class;
    `photos`; and of each layer: `held`, the share, 0..1, of what all channels give that is the
    nodes'; `channel`, `value`: of the nodes; `edges`: (from, to, value), by place among the nodes
    of the layer before and of this; `carried`: of each node the share, 0..1, of all that reaches it
    which these edges are.
    """
    return encode(
        {
            "schema": "attribution-graph",
            "layers": list(layers),
            "graphs": [
                {
                    "label": int(graphs.label[row]),
                    "name": shown(classes[int(graphs.label[row])]),
                    "photos": int(graphs.photos[row]),
                    "layers": [_layer(graphs, row, place) for place in range(len(layers))],
                }
                for row in rows
            ],
        }
    )


def _layer(graphs: AttributionGraphs, row: int, place: int) -> dict[str, Any]:
    there = np.flatnonzero(graphs.node[row, place] >= 0)
    into = _edges_into(graphs, row, place)
    return {
        "held": short(_held(graphs, row, place)),
        "channel": graphs.node[row, place, there].tolist(),
        "value": [short(float(value)) for value in graphs.value[row, place, there]],
        "edges": [[source, int(at), short(part)] for at in there for source, part in into[at]],
        "carried": [short(_carried(graphs, row, place, int(at), into[at])) for at in there],
    }


def _edges_into(graphs: AttributionGraphs, row: int, place: int) -> list[list[tuple[int, float]]]:
    """Of each node of a layer the strongest edges into it: nodes of the layer before, values."""
    if not place:
        return [[] for _ in graphs.node[row, place]]
    there = np.flatnonzero(graphs.node[row, place - 1] >= 0)
    edge = graphs.edge[row, place - 1]
    found = []
    for values in edge.T:
        strongest = there[np.argsort(-np.abs(values[there]), kind="stable")[:EDGES]]
        found.append(
            [(int(source), float(values[source])) for source in strongest if values[source]]
        )
    return found


def _carried(
    graphs: AttributionGraphs, row: int, place: int, at: int, into: Sequence[tuple[int, float]]
) -> float:
    """The share of what reaches a node that edges into it are, 0..1."""
    if not place:
        return 0.0
    reaching = float(graphs.reaching[row, place - 1, at])
    return sum(abs(part) for _, part in into) / reaching if reaching > 0 else 0.0


def _held(graphs: AttributionGraphs, row: int, place: int) -> float:
    """The share of what all channels of a layer give that is the nodes', 0..1."""
    whole = float(graphs.whole[row, place])
    return float(np.abs(graphs.value[row, place]).sum()) / whole if whole > 0 else 0.0
