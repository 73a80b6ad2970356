"""What a photo's page shows of what the network looks at, before any script: from the store."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diamond_cutter.build.charts.signed_bars import ChannelBar, channel_bars, strongest
from diamond_cutter.build.explained_study import (
    ExplainedStudy,
    View,
    graph_views,
    target_order,
    views,
)
from diamond_cutter.build.page_text import shown, signed_text
from diamond_cutter.build.pages.attribution.attribution_graph_view import GraphView, graph_view
from diamond_cutter.build.pages.page_contexts import Link
from diamond_cutter.build.tiles.channel_tiles import Atlas, lacks_picture
from diamond_cutter.precompute.stores.attribution.attribution_graphs import CutGraphs
from diamond_cutter.precompute.stores.attribution.attribution_layout import (
    ExplainedCut,
    ExplainedPhoto,
    LayerView,
)
from diamond_cutter.precompute.stores.study.dataset_report import File

ROOT = "../../../../"
"""The site's root as the page of a photo sees it."""
CHANNELS = 6
"""Channels for, and channels against, that are shown of a photo."""
SIDE = 1000
"""Longer side of the photo, in the drawing's units."""
_NARROWEST = 0.25


@dataclass(frozen=True)
class ViewChoice:
    """A layer that can be looked at.

    key: in addresses. folder: of its JSON, as the page sees it. graph: address of the JSON of its
    cut's graphs, where there are some. atlas: address of the layer's page, empty if the atlas has
    none of it. command: what renders the pictures that lack.
    """

    key: str
    name: str
    layer: str
    folder: str
    graph: str
    atlas: str
    command: str


@dataclass(frozen=True)
class AttributionView:
    """The photo large, and the channels that speak for what it is taken for, and against.

    study: its name. width, height: of the photo in the drawing's units. views: what can be chosen,
    the first is shown at first. label, minus: names, of the class asked for and the one taken from
    it, empty for none. bars: those for and then those against, one scale; lacking: whether one of
    them has no picture yet. sums: how far they add up, in words. graphs: for the class that it is
    taken for, and its own where that is another, if they were asked for.
    """

    study: str
    picture: str
    width: int
    height: int
    views: tuple[ViewChoice, ...]
    label: str
    minus: str
    bars: tuple[ChannelBar, ...]
    lacking: bool
    sums: str
    graphs: tuple[GraphView, ...]


def view_choice(view: View, atlas: Atlas, root: str) -> ViewChoice:
    """A view as a page offers it; `root` is the site's root as the page sees it."""
    return ViewChoice(
        key=view.key,
        name=view.name,
        layer=view.layer.name,
        folder=f"{view.key}/",
        graph=f"{view.cut.model}/{view.cut.cut}/graph.json",
        atlas=root + view.atlas if view.atlas in atlas else "",
        command=f"diamond atlas --models {view.cut.model} --layers {view.layer.name}",
    )


def view_data(choices: Sequence[ViewChoice], name: str, *, with_graph: bool) -> tuple[Link, ...]:
    """The JSON of views, a file of that name each, and of the first one's graph."""
    files = [choice.folder + name for choice in choices]
    graph = [choices[0].graph] if with_graph else []
    return tuple(Link(file, file) for file in (*files, *graph))


def photo_look(
    explained: ExplainedStudy,
    photo: ExplainedPhoto,
    file: File,
    graphs: CutGraphs | None,
    atlas: Atlas,
) -> AttributionView:
    """The look of a photo, as the first cut explains it, whose `graphs` these are."""
    choices = views(explained)
    view = choices[0]
    seen = photo.layers[view.layer.name]
    row = target_order(seen)[0]
    label, minus = seen.targets[row]
    values = seen.channel[row]
    most, least = strongest(values, CHANNELS)
    classes = view.cut.classes
    width, height = _sides(file)
    bars = channel_bars([*most, *reversed(least)], values, view, atlas, ROOT)
    return AttributionView(
        study=explained.explained.name,
        picture="photo.webp",
        width=width,
        height=height,
        views=tuple(view_choice(choice, atlas, ROOT) for choice in choices),
        label=shown(classes[label]),
        minus=shown(classes[minus]) if minus >= 0 else "",
        bars=bars,
        lacking=any(lacks_picture(bar.tile) for bar in bars),
        sums=sums_text(photo, seen, row),
        graphs=_photo_graphs(graphs, view.cut, photo.photo, atlas),
    )


def _photo_graphs(
    graphs: CutGraphs | None, cut: ExplainedCut, photo: int, atlas: Atlas
) -> tuple[GraphView, ...]:
    if graphs is None:
        return ()
    layers = graph_views(cut, graphs)
    rows = np.flatnonzero(graphs.photos.photo == photo).tolist()
    return tuple(graph_view(graphs.photos, row, layers, atlas, ROOT) for row in rows)


def sums_text(photo: ExplainedPhoto, seen: LayerView, row: int) -> str:
    """How far the attribution to a target, by its row, and the bias add up to the logit."""
    label, minus = seen.targets[row]
    logit = float(photo.logit[label]) - (float(photo.logit[minus]) if minus >= 0 else 0.0)
    total, bias = float(seen.total[row]), float(seen.bias[row])
    scale = max(abs(logit), abs(total), 0.1)
    of = "The difference of the two logits" if minus >= 0 else "The logit"
    said = (
        f"{of} is {signed_text(logit, scale)}: all cells and channels together "
        f"{signed_text(total, scale)}, bias {signed_text(bias, scale)}"
    )
    rest = logit - total - bias
    if abs(rest) < 1e-3 * max(1.0, abs(logit)):
        return f"{said}; nothing is left."
    return f"{said}; {signed_text(rest, scale)} of it the sum falls short of."


def _sides(file: File) -> tuple[int, int]:
    """The sides of a photo in the drawing, a very long one cut to what can be looked at."""
    ratio = file.width / file.height if file.width and file.height else 1.0
    ratio = min(max(ratio, _NARROWEST), 1 / _NARROWEST)
    return (SIDE, round(SIDE / ratio)) if ratio >= 1 else (round(SIDE * ratio), SIDE)
