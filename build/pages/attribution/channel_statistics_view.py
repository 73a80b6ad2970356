"""What a study's photos say of the channels of a layer: from the store to their pages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.charts.signed_bars import Bar, draw_bar
from diamond_cutter.build.explained_study import ExplainedStudy, View, views
from diamond_cutter.build.page_text import percent, shown
from diamond_cutter.precompute.stores.attribution.attribution_layout import Channels
from diamond_cutter.precompute.stores.attribution.attribution_reader import read_channels
from diamond_cutter.precompute.stores.study.dataset_report import File

CLASSES = 6
"""Classes shown at most, those that the channel prefers."""


@dataclass(frozen=True)
class Example:
    """A photo, and the part of it that the strongest place of a channel can see.

    href: its page, with the channel chosen. name: of the photo. x, y, width, height: of that part,
    in a square of `side` pixels, the network's input; place: its middle, x and y, before the square
    cut it off. value: how strongly, as text.
    """

    href: str
    picture: str
    name: str
    side: int
    x: int
    y: int
    width: int
    height: int
    place: tuple[int, int]
    value: str


@dataclass(frozen=True)
class Preferred:
    """A class, its page, and the mean activation over its photos; `length` 0..100."""

    name: str
    href: str
    value: str
    length: float


@dataclass(frozen=True)
class Matter:
    """A photo where the channel adds most to what it is taken for, or takes most from it."""

    href: str
    picture: str
    name: str
    bar: Bar


@dataclass(frozen=True)
class ChannelStatistics:
    """What the photos of a study say of a channel.

    examples: where it is most active; hardly: photos that hardly activate it. selectivity: as a
    percentage; classes: that it prefers. matters: photos where it matters most, to the cut named.
    """

    study: str
    href: str
    cut: str
    mean: str
    spread: str
    peak: str
    zero: str
    examples: tuple[Example, ...]
    hardly: tuple[Example, ...]
    selectivity: str
    classes: tuple[Preferred, ...]
    matters: tuple[Matter, ...]


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """A layer of a study with what its photos say of all its channels.

    base: the study's folder, from the site's root.
    """

    study: str
    base: str
    files: Sequence[File]
    view: View
    channels: Channels

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """All that pages of the layer's channels show of it, to be told from what was before."""
        names = [file.path for file in self.files]
        yield "nature", repr((self.study, self.base, names, self.view)).encode()
        for field in fields(self.channels):
            yield field.name, np.asarray(getattr(self.channels, field.name)).tobytes()


def layer_statistics(
    studies: Sequence[tuple[str, str, Sequence[File], ExplainedStudy]],
) -> Mapping[str, tuple[LayerStatistics, ...]]:
    """What studies say of layers, by the layer's folder in the site; one entry a study and layer.

    `studies`: the name, the folder, the photos and what is explained, of each.
    """
    found: dict[str, list[LayerStatistics]] = {}
    for study, base, files, explained in studies:
        seen = set()
        for view in views(explained):
            if view.atlas in seen:
                continue  # of a layer below several cuts the first says the same
            seen.add(view.atlas)
            cut = view.cut
            channels = read_channels(explained.source, cut.model, cut.cut, view.layer.name)
            found.setdefault(view.atlas, []).append(
                LayerStatistics(study, base, files, view, channels)
            )
    return {path: tuple(statistics) for path, statistics in found.items()}


def channel_statistics(layer: LayerStatistics, channel: int, root: str) -> ChannelStatistics:
    """What a study's photos say of one channel; `root` is the site's root as the page sees it."""
    ours, cut, base = layer.channels, layer.view.cut, root + layer.base

    def number(values: NDArray[np.float32]) -> str:
        return f"{float(values[channel]):.3g}".replace("-", "\N{MINUS SIGN}")

    return ChannelStatistics(
        study=layer.study,
        href=base,
        cut=f"{cut.model} at {cut.cut}",
        mean=number(ours.mean),
        spread=number(ours.spread),
        peak=number(ours.peak),
        zero=percent(float(ours.zero[channel])),
        examples=tuple(_examples(layer, channel, base, "example")),
        hardly=tuple(_examples(layer, channel, base, "hardly")),
        selectivity=percent(float(ours.selectivity[channel])),
        classes=tuple(_preferred(layer, channel, base)),
        matters=tuple(_matters(layer, channel, base)),
    )


def _examples(layer: LayerStatistics, channel: int, base: str, kind: str) -> Iterator[Example]:
    found = [
        getattr(layer.channels, f"{kind}_{name}")[channel]
        for name in ("photo", "value", "box", "place")
    ]
    side, places = layer.view.cut.input_size, (layer.view.layer.height, layer.view.layer.width)
    for photo, value, box, at in zip(*found, strict=True):
        if photo < 0:
            continue
        left, top, right, bottom = (int(edge) for edge in box)
        yield Example(
            href=_page(layer, int(photo), channel, base),
            picture=f"{base}photos/{photo}/photo.webp",
            name=shown(layer.files[photo].path),
            side=side,
            x=left,
            y=top,
            width=right - left,
            height=bottom - top,
            place=(int((at[1] + 0.5) * side / places[1]), int((at[0] + 0.5) * side / places[0])),
            value=f"{float(value):.3g}".replace("-", "\N{MINUS SIGN}"),
        )


def _preferred(layer: LayerStatistics, channel: int, base: str) -> Iterator[Preferred]:
    values = layer.channels.class_mean[:, channel]
    cut = layer.view.cut
    most = max(float(values.max(initial=0)), 0.0)
    for place in np.argsort(-values, kind="stable")[:CLASSES]:
        label, value = cut.shown[place], float(values[place])
        yield Preferred(
            name=shown(cut.classes[label]),
            href=f"{base}classes/{label}/",
            value=f"{value:.3g}".replace("-", "\N{MINUS SIGN}"),
            length=round(100 * max(value, 0.0) / most, 1) if most else 0.0,
        )


def _matters(layer: LayerStatistics, channel: int, base: str) -> Iterator[Matter]:
    photos, values = layer.channels.matter_photo[channel], layer.channels.matter_value[channel]
    scale = float(np.abs(values).max(initial=0))
    for photo, value in zip(photos, values, strict=True):
        if photo >= 0:
            yield Matter(
                href=_page(layer, int(photo), channel, base),
                picture=f"{base}photos/{photo}/photo.webp",
                name=shown(layer.files[photo].path),
                bar=draw_bar(float(value), scale),
            )


def _page(layer: LayerStatistics, photo: int, channel: int, base: str) -> str:
    return f"{base}photos/{photo}/?view={layer.view.key}&channel={channel}"
