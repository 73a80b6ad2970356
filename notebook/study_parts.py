"""What a study shows one by one: a photo, a class, the map of a layer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.build.explained_study import ClassAttributions
from diamond_cutter.build.mapped_layers import MappedLayers
from diamond_cutter.build.page_text import number, percent, shown
from diamond_cutter.build.pages.maps.whole_map import whole_picture
from diamond_cutter.notebook import display_html
from diamond_cutter.notebook.data_frame import frame
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import ActivationMap
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_store import read_grid
from diamond_cutter.precompute.stores.attribution.attribution_layout import ExplainedCut
from diamond_cutter.precompute.study.trial.trial_files import overlay

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN = 8
"""Classes and channels that a display lists; the tables have all."""
SIDE = 224
"""The width of a picture, in CSS pixels; photos of a class are a third of it."""
TILE = 48
"""The side of a cell of a map, in pixels."""
UNEXPLAINED = "Where it looks was not asked: make_study(..., attribution_photos='all') asks it."


@dataclass(frozen=True, eq=False)
class StudyPhoto:
    """A photo, what a cut of a study takes it for, and why.

    index, label: its place in the study and its class; None and empty of one that is only tried.
    picture: (S, S, 3) uint8 sRGB. taken_for: the class that the head finds likeliest that did not
    see the photo, empty where none did. share: (K,) float32, its probabilities.
    heatmap: (R, Q) float32, the attribution of each place to `target`; attribution: (C,) float32,
    of each channel of the layer `cut`. Both are None where the photo is not explained.
    """

    index: int | None
    path: str
    label: str
    taken_for: str
    classes: tuple[str, ...]
    share: NDArray[np.float32]
    model: str
    cut: str
    picture: NDArray[np.uint8]
    target: str = ""
    heatmap: NDArray[np.float32] | None = None
    attribution: NDArray[np.float32] | None = None

    @property
    def probabilities(self) -> "DataFrame":
        """A row a class, the likeliest first: class, probability."""
        return frame({"class": name, "probability": share} for name, share in self._ordered())

    @property
    def channels(self) -> "DataFrame":
        """A row a channel, those that speak most for `target` first: channel, attribution."""
        return frame(
            {"channel": channel, "attribution": value}
            for channel, value in ordered(self.attribution)
        )

    def _ordered(self) -> list[tuple[str, float]]:
        named = zip(self.classes, map(float, self.share), strict=True)
        return sorted(named, key=lambda each: -each[1])

    def _overlaid(self) -> NDArray[np.uint8]:
        assert self.heatmap is not None  # noqa: S101
        photo = Image.fromarray(self.picture).convert("RGBA")
        photo.alpha_composite(overlay(self.heatmap, photo.width))
        return np.asarray(photo.convert("RGB"))

    def __repr__(self) -> str:
        """What it is, in a line."""
        said = [f"{self.path}: {self.label}" if self.label else self.path]
        if self.taken_for:
            said.append(f"taken for {self.taken_for} by {self.model} at {self.cut}")
        return shown(", ".join(said))

    def _repr_html_(self) -> str:
        shares = ((name, percent(share)) for name, share in self._ordered()[:SHOWN])
        caption = "as the network sees it" if self.index is None else f"photo {self.index}"
        parts = [display_html.picture(self.picture, caption, SIDE)]
        if self.heatmap is not None:
            why = f"{self.target}: blue for, orange against"
            parts.append(display_html.picture(self._overlaid(), why, SIDE))
        if self.taken_for:
            parts.append(display_html.table(("class", "probability"), shares))
        if self.heatmap is not None:
            top = (
                (channel, f"{value:+.2f}") for channel, value in ordered(self.attribution)[:SHOWN]
            )
            parts.append(display_html.table(("channel", f"for {self.target}"), top))
        else:
            parts.append(display_html.paragraph(UNEXPLAINED))
        return display_html.block(display_html.heading(self), display_html.pictures(parts))

    def _repr_png_(self) -> bytes:
        return display_html.png(self.picture if self.heatmap is None else self._overlaid())


@dataclass(frozen=True, eq=False)
class StudyClass:
    """A class of a study: how a cut tells it, which channels speak for it, some of its photos.

    precision, recall, f1: 0..1, of held-out photos, None where there were none to tell. count: its
    photos. attribution: (C,) float32, the mean of each channel of the layer `cut` over them, None
    where it is not known. photos: (P, S, S, 3) uint8 sRGB, the first of them.
    """

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    count: int
    model: str
    cut: str
    attribution: NDArray[np.float32] | None
    photos: NDArray[np.uint8]

    @property
    def channels(self) -> "DataFrame":
        """A row a channel, those that speak most for the class first: channel, attribution."""
        return frame(
            {"channel": channel, "attribution": value}
            for channel, value in ordered(self.attribution)
        )

    def __repr__(self) -> str:
        """What it is, in a line."""
        right = "" if self.recall is None else f", {percent(self.recall)} of them right"
        count = number(self.count, "photo")
        return shown(f"{self.name}: {count}{right}, by {self.model} at {self.cut}")

    def _repr_html_(self) -> str:
        photos = (display_html.picture(photo, "", SIDE // 3) for photo in self.photos)
        top = [(channel, f"{value:+.2f}") for channel, value in ordered(self.attribution)[:SHOWN]]
        listed = display_html.table(("channel", "speaks for it by"), top) if top else ""
        return display_html.block(display_html.heading(self), display_html.pictures(photos), listed)

    def _repr_png_(self) -> bytes:
        return display_html.png(np.concatenate(list(self.photos), axis=1))


@dataclass(frozen=True, eq=False)
class LayerMap:
    """The map of a layer, its activation atlas.

    vectors: the places that it shows, of so many photos. picture: (H, W, 4) uint8 RGBA, clear where
    it is empty.
    """

    model: str
    layer: str
    photos: int
    vectors: int
    picture: NDArray[np.uint8]

    def __repr__(self) -> str:
        """What it is, in a line."""
        return (
            f"{self.model}, {self.layer}: {number(self.vectors, 'place')} of "
            f"{number(self.photos, 'photo')}; those that excite the layer alike lie near each other"
        )

    def _repr_html_(self) -> str:
        return display_html.block(display_html.picture(self.picture, str(self), 3 * SIDE))

    def _repr_png_(self) -> bytes:
        return display_html.png(self.picture)


def read_map(mapped: MappedLayers, facts: ActivationMap) -> LayerMap:
    """The finest grid of a map as one picture."""
    side = facts.grids[-1]
    picture = whole_picture(read_grid(mapped.slot, facts, side), side, TILE)
    return LayerMap(facts.model, facts.layer, facts.photos, facts.vectors, picture)


def ordered(attribution: NDArray[np.float32] | None) -> list[tuple[int, float]]:
    """Channels with their attribution, (C,), the largest first; none where it is not known."""
    if attribution is None:
        return []
    return [(int(at), float(attribution[at])) for at in np.argsort(-attribution, kind="stable")]


def class_attribution(sums: ClassAttributions, label: int) -> NDArray[np.float32] | None:
    """The mean attribution of each channel to a class, (C,); None where it was not summed."""
    at = sums.index(label)
    return None if at is None else np.asarray(sums.sums.mean[at])


def target_name(cut: ExplainedCut, target: tuple[int, int]) -> str:
    """A target in words."""
    label, minus = target
    return cut.classes[label] if minus < 0 else f"{cut.classes[label]} over {cut.classes[minus]}"
