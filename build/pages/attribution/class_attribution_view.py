"""What a class's page shows of what speaks for the class: from the store to what templates show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from diamond_cutter.build.charts.heatmap import Distribution, HeatMap, draw_distribution, draw_heat
from diamond_cutter.build.charts.signed_bars import ChannelBar, draw_bar, strongest
from diamond_cutter.build.explained_study import ClassAttributions, ExplainedStudy, graph_views
from diamond_cutter.build.page_text import encode, number, shown, signed_text
from diamond_cutter.build.pages.attribution.attribution_graph_view import (
    GraphView,
    graph_document,
    graph_view,
)
from diamond_cutter.build.pages.attribution.attribution_view import ViewChoice, view_choice
from diamond_cutter.build.pages.attribution.class_pictures_view import (
    ROOT,
    CutClassPictures,
    CutPictures,
    cut_pictures,
    own_files,
    read_own,
)
from diamond_cutter.build.pages.attribution.document_packing import pack, short
from diamond_cutter.build.pages.attribution.shortcut_warnings import Warned, warnings
from diamond_cutter.build.tiles.channel_tiles import Atlas, channel_tile
from diamond_cutter.precompute.stores.attribution.attribution_graphs import CutGraphs
from diamond_cutter.precompute.stores.attribution.attribution_layout import QUANTILES, ExplainedCut

CHANNELS = 8
"""Channels for, and channels against, that are shown."""
KEPT = 12
"""The same, in the JSON beside the page."""


@dataclass(frozen=True)
class ClassAttributionView:
    """What speaks for a class over its photos, at first as the first cut has it.

    photos: in words, how many. bars: channels for, then channels against, one scale, with the
    spread over photos. heat: the mean heatmap. against: classes that it can be compared with, as
    (index, name). cuts: what they have of the class. warned: of shortcuts. graphs: its own, if it
    was asked for.
    """

    views: tuple[ViewChoice, ...]
    photos: str
    bars: tuple[ChannelBar, ...]
    heat: HeatMap
    distribution: Distribution
    against: tuple[tuple[int, str], ...]
    cuts: tuple[CutPictures, ...]
    warned: tuple[Warned, ...]
    graphs: tuple[GraphView, ...]


def explained_classes(
    explained: ExplainedStudy, sums: tuple[ClassAttributions, ...], atlas: Atlas
) -> Iterator[tuple[ClassAttributionView | None, Iterator[tuple[str, bytes]]]]:
    """What speaks for each class, in their order, and the JSON and pictures beside its page.

    None for a class that has no sums; files by path below the study's folder.
    """
    own = read_own(explained)
    graphs = [(cut, found) for cut in explained.cuts if (found := explained.graphs(cut))]
    shown_classes = set(explained.cuts[0].shown)
    for label in range(len(explained.cuts[0].classes)):
        files = _files(sums, own, graphs, label) if label in shown_classes else iter(())
        yield _class_look(sums, own, graphs, label, atlas), files


Graphs = Sequence[tuple[ExplainedCut, CutGraphs]]
"""Those of the cuts that have graphs."""


def _files(
    sums: tuple[ClassAttributions, ...],
    own: tuple[CutClassPictures, ...],
    graphs: Graphs,
    label: int,
) -> Iterator[tuple[str, bytes]]:
    for each in sums:
        yield f"classes/{label}/{each.view.key}/class.json", _document(each, label)
    for cut, found in graphs:
        rows = np.flatnonzero(found.classes.label == label).tolist()
        if rows:
            document = graph_document(found.layers, found.classes, rows, cut.classes)
            yield f"classes/{label}/{cut.model}/{cut.cut}/graph.json", document
    for path, content in own_files(own, label):
        yield f"classes/{label}/{path}", content


def _class_look(
    sums: tuple[ClassAttributions, ...],
    own: tuple[CutClassPictures, ...],
    graphs: Graphs,
    label: int,
    atlas: Atlas,
) -> ClassAttributionView | None:
    first = sums[0]
    index = first.index(label)
    if index is None:
        return None
    classes = first.view.cut.classes
    return ClassAttributionView(
        views=tuple(view_choice(each.view, atlas, ROOT) for each in sums),
        photos=number(int(first.sums.photos[index]), "photo"),
        bars=_bars(first, index, atlas),
        heat=draw_heat(first.sums.heatmap[index]),
        distribution=draw_distribution(first.sums.mean[index]),
        against=tuple((minus, shown(classes[minus])) for minus in first.against(label)),
        cuts=tuple(cut_pictures(own, label, atlas)),
        warned=warnings(sums, "../../", label),
        graphs=tuple(
            graph_view(found.classes, row, graph_views(cut, found), atlas, ROOT)
            for cut, found in graphs
            if cut is first.view.cut
            for row in np.flatnonzero(found.classes.label == label).tolist()
        ),
    )


def _document(each: ClassAttributions, label: int) -> bytes:
    """`class.json`: of each target its strongest channels, with the spread, and its heatmap."""
    sums, targets = each.sums, []
    for minus in (-1, *each.against(label)):
        index = each.index(label, minus)
        if index is None:
            continue
        most, least = strongest(sums.mean[index], KEPT)
        channels = [*most, *reversed(least)]
        targets.append(
            {
                "against": minus,
                "photos": int(sums.photos[index]),
                "channel": channels,
                "mean": [short(float(sums.mean[index, channel])) for channel in channels],
                "low": [short(float(sums.quantile[index, 0, channel])) for channel in channels],
                "high": [short(float(sums.quantile[index, -1, channel])) for channel in channels],
                "heatmap": pack(sums.heatmap[index]),
            }
        )
    layer = each.view.layer
    return encode(
        {
            "schema": "class-attribution",
            "rows": layer.rows,
            "columns": layer.columns,
            "targets": targets,
        }
    )


def _bars(each: ClassAttributions, index: int, atlas: Atlas) -> tuple[ChannelBar, ...]:
    mean, quantile = each.sums.mean[index], each.sums.quantile[index]
    most, least = strongest(mean, CHANNELS)
    channels = [*most, *reversed(least)]
    low, high = quantile[0], quantile[-1]
    scale = float(np.abs([mean[channels], low[channels], high[channels]]).max(initial=0))
    return tuple(
        ChannelBar(
            channel,
            channel_tile(channel, each.view, atlas, ROOT),
            draw_bar(float(mean[channel]), scale, (float(low[channel]), float(high[channel]))),
            f"{QUANTILES[0]:.0%} to {QUANTILES[-1]:.0%} of photos: "
            f"{signed_text(float(low[channel]), scale)} to "
            f"{signed_text(float(high[channel]), scale)}",
        )
        for channel in channels
    )
