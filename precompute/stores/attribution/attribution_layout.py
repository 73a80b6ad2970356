"""The layout of attribution in the store of studies: what passes to `build`, without TensorFlow.

Beside the slots of a study lie the parts, which never change; what a finished study shows, and
where it lies in them, stands in its slot::

    <store>/<study>/attribution/<namespace>/<part>      what one task made of n photos
        picture, picture_end                        (B,) uint8: n pictures, WebP, one after the
                                                    other, and (n,) int64: where each ends
        logit                                       (n, K) float32
        layers/<layer>/...                          see `LayerView`, each array with n in front;
                                                    attributes: height, width
    <store>/<study>/<slot>/attribution              attributes: explained (see `Explained`)
    <store>/<study>/<slot>/attribution/<model>/<cut>
                                                    attributes: cut (see `ExplainedCut`), shelf,
                                                    parts (list of names)
        photo, part, row                            (n,) int32: index of the photo in the study, of
                                                    its part in `parts`, and its row there
        layers/<layer>/sums, channels               see `ClassAttribution` and `Channels`
        classes/pictures, groups, photo_groups      see `Pictures`, `ClassGroups`, `PhotoGroups`;
                                                    may be absent

An attribution is to a *target*: a class, or a class minus another, as (class, minus), where minus
is -1 for none; classes are indices into `ExplainedCut.classes`. It is of a logit, before softmax,
by the head that did not see the photo in training. Photos that are held out in no fold have no
such head, and are not explained.

A *cell* is a place of a layer. Layers of more than `MOST_CELLS` a side are shown in coarser cells:
of the blocks of `block` x `block` places attribution is summed, and activation averaged.

Of networks by themselves, with the classes that they were trained on, there is a
slot with `report`, `photos` and `attribution`, as of a study, but no attributes `study` and no
cuts: `Explained.own` is True, the photos have label -1, and `study_reader.names` leaves it out.
"""

from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.attribution.number_packing import How

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]
Target = tuple[int, int]
"""A class, and the class that is taken from it, or -1."""

TOP = 4
"""Channels of a cell that are kept: so many for and so many against; so many by activation."""
MAPS = 48
"""Channels of a layer whose whole map is kept of each photo, at most."""
MOST_CELLS = 28
"""Cells a side, at most."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles, over photos, that tell a distribution."""


@dataclass(frozen=True)
class Shortcut:
    """Attribution of a class that looks like a shortcut.

    `kind`: "place": at one place whatever the photo shows, "border": on the outermost cells,
    "corners": in the corner cells, "few": on few cells. `layer`: where it shows, the cut or one
    below. `share`, 0..1, of the positive attribution that lies there, and `usual`, the share that
    would without a shortcut. `cells`: (row, column) of that layer; `photos`: those with the
    largest share, by index. `sentence` says it.
    """

    kind: Literal["place", "border", "corners", "few"]
    label: int
    layer: str
    share: float
    usual: float
    cells: list[tuple[int, int]]
    photos: list[int]
    sentence: str


@dataclass(frozen=True)
class ExplainedLayer:
    """A layer that is shown for a cut; the last is the cut itself.

    `height`, `width` in places; `rows`, `columns` in cells, of `block` x `block` places each,
    those at the right and lower end maybe less. `shortfall`: the median over photos of
    |logit - bias - sum| of the predicted class; in logits. `receptive_field`, `stride` in pixels
    of the network's input, None where not known.
    """

    name: str
    index: int
    channels: int
    height: int
    width: int
    rows: int
    columns: int
    block: int
    receptive_field: int | None
    stride: int | None
    shortfall: float


@dataclass(frozen=True)
class ExplainedCut:
    """A cut whose heads are explained.

    `classes`: the names of the K logits; `shown`: those of which there are sums, by index.
    `linear`: whether the head is, so that at the cut sum and bias are the logit. `method`:
    "gradient": gradient times activation, or "integrated": integrated gradients in `steps` steps
    (Sundararajan et al. 2017) from activations of zero. At the cut itself both are the same for a
    linear head. `layers` in depth order. `weights_digest`: of the network, see `Network`; empty
    where that was not kept.
    """

    model: str
    cut: str
    input_size: int
    classes: list[str]
    shown: list[int]
    pooling: str
    linear: bool
    method: Literal["gradient", "integrated"]
    steps: int
    layers: list[ExplainedLayer]
    shortcuts: list[Shortcut]
    weights_digest: str = ""


@dataclass(frozen=True)
class Explained:
    """What is explained of a study: its cuts, the recommended one first, as (model, cut).

    `own`: no study, but networks by themselves, with their own classes. `photos`:
    how many are explained; `settings`: those of [study.NAME.attribution].
    """

    name: str
    own: bool
    photos: int
    cuts: list[tuple[str, str]]
    settings: dict[str, Any]


@dataclass(frozen=True, eq=False)
class LayerView:
    """One layer of one photo: R x Q cells, C channels, T targets, G neuron groups.

    target          (T, 2) int32: the targets. First predicted minus runner-up; then classes:
                    predicted, runner-up, the true one, else the third, then the others by logit:
                    all if they are not many, else two more at the cut and none below; last, where
                    neither predicted nor runner-up are the true class, predicted minus that, else
                    (-1, -1)
    total           (T,) float32: the sum of all attribution
    bias            (T,) float32: the logit where the layer has no activation; below the cut with
                    gradients: the head's bias. logit - bias - total is what sums fall short of
    heatmap         (T, R, Q) float32: the attribution of each cell
    channel         (T, C) float32: the attribution of each channel
    cell_channel    (T, R, Q, 2 * TOP) uint16: of each cell the channels with the largest
                    attribution, the largest first, then those with the lowest, the lowest first
    cell_value      the same shape, float32: their attribution, rounded (see `number_packing`)
    active_channel  (R, Q, TOP) uint16: of each cell the most active channels, the first first
    active_value    (R, Q, TOP) float32: their activation, rounded alike
    map_channel     (M,) uint16: the channels that matter most in the photo, at most `MAPS`
    map             (M, R, Q) float32: the activation of each of those, in 127 steps
    mean, square    (C,) float32: of each channel's activation over all places the mean, and the
                    mean of its square
    zero            (C,) float32: the share of places with an activation of zero
    peak, place     (C,) float32 and int32: the strongest activation, and where: y * width + x
    group_map       (G, R, Q) float32, 0..1: where each group is
    group_direction (G, C) float32: what it is; map x direction is its activation
    group_value     (T, G) float32: its attribution
    """

    target: Indices
    total: Floats
    bias: Floats
    heatmap: Floats
    channel: Floats
    cell_channel: NDArray[np.uint16]
    cell_value: Floats
    active_channel: NDArray[np.uint16]
    active_value: Floats
    map_channel: NDArray[np.uint16]
    map: Floats
    mean: Floats
    square: Floats
    zero: Floats
    peak: Floats
    place: Indices
    group_map: Floats
    group_direction: Floats
    group_value: Floats

    @property
    def targets(self) -> list[Target]:
        """The targets, in order; without the last if that is none."""
        return [(int(label), int(minus)) for label, minus in self.target if label >= 0]

    def row(self, index: int) -> "LayerView":
        """One photo's, of a view that has several in front."""
        return LayerView(*(getattr(self, field.name)[index] for field in fields(self)))


PACKED: dict[str, tuple[int, How]] = {
    "cell_value": (2, "roots"),
    "active_value": (1, "roots"),
    "map": (2, "steps"),
    "group_map": (2, "steps"),
    "group_direction": (2, "halves"),
}
"""Arrays that are kept as shares of the largest: how many axes, n too, have one each, and how."""


@dataclass(frozen=True, eq=False)
class ExplainedPhoto:
    """A photo as a cut sees it.

    `photo`: its index in the study; `logit (K,) float32`; `picture`: WebP, the photo stretched to
    the network's square, twice as fine; `layers` by name, in depth order.
    """

    photo: int
    logit: Floats
    picture: bytes
    layers: dict[str, LayerView]


@dataclass(frozen=True, eq=False)
class ClassAttribution:
    """The channel attribution of a layer over photos, for P targets.

    target    (P, 2) int32. (-1, -1): over all photos, each to its own class (the predicted one
              where photos have no label). (k, -1): to k, over the photos of class k; (k, j): to k
              minus j, over those photos of k of which both are kept: all, if classes are not
              many; else where j is predicted or runner-up. First all, then classes
    photos    (P,) int32: over how many
    mean      (P, C) float32; spread (P, C) float32: standard deviation
    quantile  (P, 5, C) float32: `QUANTILES` over the photos
    heatmap   (P, R, Q) float32: the mean heatmap
    """

    target: Indices
    photos: Indices
    mean: Floats
    spread: Floats
    quantile: Floats
    heatmap: Floats


@dataclass(frozen=True, eq=False)
class Channels:
    """The channels of a layer on the explained photos: what activates them, which classes.

    mean, spread, peak, zero  (C,) float32: of the activation over all photos and places: mean,
                    standard deviation, maximum, and the share of places where it is zero
    class_mean      (S, C) float32: mean activation over the photos of each class of
                    `ExplainedCut.shown`
    selectivity     (C,) float32, 0..1: the share of the variance of photos' mean activations that
                    lies between classes (eta squared)
    example_photo   (C, E) int32: the photos that activate it most, strongest first, no two near
                    duplicates; -1 fills up. example_value (C, E) float32: the strongest activation
    example_place   (C, E, 2) int32: the cell-free place (y, x), of height and width
    example_box     (C, E, 4) int32: left, top, right, bottom of its receptive field in the
                    network's input, cut off at the borders
    hardly_photo, hardly_value, hardly_place, hardly_box: photos that hardly activate it, the least
                    active first, in the same form, (C, F)
    matter_photo    (C, M) int32: the photos where its attribution to the predicted class is
                    largest, for or against; matter_value (C, M) float32: that, signed
    """

    mean: Floats
    spread: Floats
    peak: Floats
    zero: Floats
    class_mean: Floats
    selectivity: Floats
    example_photo: Indices
    example_value: Floats
    example_place: Indices
    example_box: Indices
    hardly_photo: Indices
    hardly_value: Floats
    hardly_place: Indices
    hardly_box: Indices
    matter_photo: Indices
    matter_value: Floats


@dataclass(frozen=True, eq=False)
class Pictures:
    """The classes' own pictures, rendered from scratch with the head of all photos.

    label      (S,) int32: classes, by index
    logit      (S, V, P, P, 3) uint8 sRGB: V different pictures of the logit
    direction  (S, V, P, P, 3) uint8 sRGB: of the class's weights as a direction at the cut
    """

    label: Indices
    logit: NDArray[np.uint8]
    direction: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class ClassGroups:
    """Neuron groups of each class at the cut: G, common to W of its photos.

    label      (S,) int32: classes, by index
    photo      (S, W) int32: the photos; -1 fills up
    map        (S, W, G, R, Q) float32, 0..1: where each group is
    direction  (S, G, C) float32; value (S, G) float32: its mean attribution to the class
    picture    (S, G, P, P, 3) uint8 sRGB: the direction rendered; P = 0 where none is, and 0
               throughout for classes of which none is
    """

    label: Indices
    photo: Indices
    map: Floats
    direction: Floats
    value: Floats
    picture: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class PhotoGroups:
    """The pictures of the neuron groups of a few photos, at the cut.

    photo    (P,) int32: the photos, by index, ascending
    picture  (P, G, S, S, 3) uint8 sRGB: the direction of each group rendered
    """

    photo: Indices
    picture: NDArray[np.uint8]


def block_of(height: int, width: int) -> int:
    """How many places a side a cell has, in a layer of `height` x `width` places."""
    return -(-max(height, width) // MOST_CELLS)
