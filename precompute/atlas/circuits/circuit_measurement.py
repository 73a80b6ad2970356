"""The weights between a cut and a layer behind it: the mean natural Jacobian, window by window.

Olah et al. 2020 ("Zoom In: An Introduction to Circuits") read the weights of neighbouring
convolutions, Voss et al. 2021 ("Visualizing Weights") take for layers further apart the gradient of
a unit with every nonlinearity left out. Here each nonlinearity, gate and norm has the slope that it
has on photos: the gradient is meant over photos, so that it is defined for any block (bottlenecks,
residual sums, squeeze-excitation), and is the weight itself where all between is linear. A channel
can be scaled without changing what a network computes, so that weights are given in natural units.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, zip_longest
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.circuits.circuit_places import (
    Place,
    dealt,
    find_window,
    in_rounds,
)
from diamond_cutter.precompute.atlas.circuits.circuit_ranking import (
    agreement,
    find_skip,
    measure_moments,
    rank,
    without_skip,
)
from diamond_cutter.precompute.atlas.circuits.depthwise_kernels import DepthwiseMeter
from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import between, fold
from diamond_cutter.precompute.backbones.keras_runtime import keras, pullback
from diamond_cutter.precompute.rendering.backend.adapter import compiled
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.atlas.circuit_layout import BLOCK, Circuit

Floats = NDArray[np.float32]

BATCH = 8
PHOTOS = 32
"""Photos looked at, each at one place of every output."""
STRONGEST = 4
"""Photos, those of its strongest places, over which the attribution to an output is meant."""

MEMORY = 2e8
"""Bytes of the gradients that are found at once, and of the kernels of all channels asked."""

_SEED = 0
_SAME = 1e-5
"""Of the largest, how far gradients of two photos may differ where all between is linear."""


class Maps(NamedTuple):
    """What n photos give: (n, h, w, I) before, the cut's activation, (n, h', w', C) after."""

    before: Floats
    after: Floats


Asked = Sequence[Sequence[tuple[Place, int]]]
"""Of each photo the units that are asked about: places and channels."""


class Slope(NamedTuple):
    """The gradient of a unit of a photo by what it sees, (rows, columns, I)."""

    photo: int
    place: Place
    channel: int
    values: Floats


class Jacobian:
    """From a cut to a layer behind it: the network between, and what its units see."""

    def __init__(self, rest: Any, maps: Maps, side: int | None, most: int) -> None:
        """Find the window of a unit by the gradients of some photos: see `find_window`."""
        self._rest = rest
        self._pull = compiled(self._pulled)
        self._together = int(np.clip(MEMORY // maps.before.nbytes, 1, 8))
        sides, places = maps.before.shape[1:3], maps.after.shape[1:3]
        middle = places[0] // 2, places[1] // 2
        stride = max(round(sides[0] / places[0]), 1), max(round(sides[1] / places[1]), 1)
        weights = np.zeros(maps.after.shape, np.float32)
        weights[:, middle[0], middle[1]] = np.random.default_rng(_SEED).normal(
            size=maps.after.shape[-1]
        )
        slopes = np.asarray(self._pull(maps.before, weights[None]))[0]
        energy = (slopes.astype(np.float64) ** 2).sum((0, 3))
        self.window = find_window(energy, middle, stride, side, most)
        self.inside = self.window.inside(sides, places)
        differ = float(np.ptp(slopes, axis=0).max())
        self.is_linear = len(slopes) > 1 and differ <= _SAME * float(np.abs(slopes).max())

    def pull(self, maps: Maps, rounds: Iterable[Asked]) -> Iterator[Slope]:
        """The gradients of the units asked; no two of a photo are near in a round."""
        left = iter(rounds)
        while some := list(islice(left, self._together)):
            weights = np.zeros((self._together, *maps.after.shape), np.float32)
            for number, asked in enumerate(some):
                for photo, units in enumerate(asked):
                    for (row, column), channel in units:
                        weights[number, photo, row, column, channel] = 1
            slopes = np.asarray(self._pull(maps.before, weights))
            for found, asked in zip(slopes, some, strict=False):
                for photo, units in enumerate(asked):
                    for place, channel in units:
                        yield Slope(photo, place, channel, self.window.of(found[photo], place))

    def _pulled(self, before: Any, weights: Any) -> Any:
        """The gradients of some sums of units, (S, n, h, w, I); weights: (S, n, h', w', C)."""
        _, pull = pullback(lambda values: self._rest(*values, training=False), [before])
        return keras.ops.stack([pull(each)[0] for each in keras.ops.unstack(weights)])


class CircuitMeter:
    """Measures the weights from all channels of a cut, `source`, to those of a layer behind it.

    What is the same for all blocks of the layer is found once: maps of photos, and what units see.
    """

    def __init__(self, backbone: Backbone, source: Layer, layer: Layer, photos: Photos) -> None:
        """Pass some of the photos. Raises `PhotoError` for one that can't be read."""
        self._source = source.name
        rest = between(backbone, source.name, layer.name, pre_activation=True)
        self._batches = _maps(backbone, source, rest, photos)
        self._moments = measure_moments(*map(np.concatenate, zip(*self._batches, strict=True)))
        # The same for every block of the layer, or their kernels would differ in size.
        together = min(BLOCK, layer.channels)
        most = int(np.sqrt(MEMORY / (4 * together * source.channels)))
        side = side_of(source, layer)
        self._jacobian = Jacobian(rest, self._batches[0], side, max(most, 1))
        self._depthwise = DepthwiseMeter(backbone, source, layer, self._batches[0].before)

    def measure(self, outputs: range, kept: int) -> Circuit:
        """The weights to some of the layer's channels.

        kept: how many inputs of each output, and outputs of each input, keep their kernels.
        """
        jacobian, moments = self._jacobian, self._moments
        halves = _mean_slopes(jacobian, self._batches, outputs)
        slopes = halves.mean(0)
        skip = find_skip(slopes, outputs)
        after = moments.after[outputs.start : outputs.stop, None]
        units = (moments.before / after)[:, None, None]
        kernels, *parts = (without_skip(each, outputs, skip) * units for each in (slopes, *halves))
        given = _given(jacobian, self._batches, outputs, moments.mean, slopes, skip) / after
        share = moments.skip_share[outputs.start : outputs.stop]
        return Circuit(
            source=self._source,
            offset=jacobian.window.offset,
            stride=jacobian.window.stride,
            is_linear=jacobian.is_linear,
            agreement=1.0 if jacobian.is_linear else agreement(*parts),
            has_skip=skip is not None,
            attribution=np.ascontiguousarray(given.T),
            skip=share if skip else np.full_like(share, np.nan),
            depthwise=self._depthwise.name,
            **self._depthwise.measure(outputs),
            **rank(kernels, outputs, kept),
        )


def _maps(backbone: Backbone, source: Layer, rest: Any, photos: Photos) -> list[Maps]:
    """Some of the photos, in batches of one size but for the last."""
    network = fold(backbone, [source.name])
    pixels = _pixels(photos, backbone.input_size)
    found = []
    for start in range(0, len(pixels), BATCH):
        before = keras.tree.flatten(network(pixels[start : start + BATCH]))[0]
        found.append(Maps(np.asarray(before), np.asarray(rest(before, training=False))))
    return found


@lru_cache(maxsize=1)
def _pixels(photos: Photos, size: int) -> Floats:
    """Some of the photos as a network takes them, (n, size, size, 3): the same for all layers."""
    return np.stack([prepare(image, size) for image in photos.images(PHOTOS)])


def side_of(source: Layer, layer: Layer) -> int | None:
    """The cells a side of what a unit of a layer sees of a cut, as receptive fields tell it."""
    if not source.stride or source.receptive_field is None or layer.receptive_field is None:
        return None
    return (layer.receptive_field - source.receptive_field) // source.stride + 1


def _mean_slopes(jacobian: Jacobian, batches: Sequence[Maps], outputs: range) -> Floats:
    """The gradient of each output by what it sees, of two halves: (2, O, rows, columns, I).

    Meant over photos, at a place of each; where all are the same, that of one photo.
    """
    random = np.random.default_rng(_SEED)
    shape = (2, len(outputs), *jacobian.window.sides, batches[0].before.shape[-1])
    sums, counts = np.zeros(shape, np.float32), np.zeros(shape[:2], np.float32)
    for maps in batches[: 1 if jacobian.is_linear else None]:
        photos = range(len(maps.before))
        shares = [
            outputs[photo :: len(photos)] if jacobian.is_linear else outputs for photo in photos
        ]
        drawn = [dealt(share, *jacobian.inside, jacobian.window.apart, random) for share in shares]
        for slope in jacobian.pull(maps, zip_longest(*drawn, fillvalue=())):
            where = slope.photo % 2, slope.channel - outputs.start
            sums[where] += slope.values
            counts[where] += 1
    if jacobian.is_linear:
        sums[:] = sums.sum(0)
        return sums
    if not counts[1].any():  # a single photo, of which nothing can agree
        counts[0] /= 2
    sums /= np.maximum(counts, 0.5)[..., None, None, None]
    return sums


def _given(
    jacobian: Jacobian,
    batches: Sequence[Maps],
    outputs: range,
    mean: Floats,
    slopes: Floats,
    skip: Place | None,
) -> Floats:
    """What each input gives to each output where that is strongest, (O, I) in the layer's units.

    Gradient times what the input is above its `mean` (I,), over the photos of the output's
    strongest places; not what the skip carries. slopes: of `_mean_slopes`, of both halves.
    """
    found = np.zeros((len(outputs), len(mean)), np.float32)
    for maps, asked in zip(batches, _strongest(jacobian, batches, outputs), strict=True):
        above = maps.before - mean
        if jacobian.is_linear:
            pulled: Iterable[Slope] = (
                Slope(photo, place, channel, slopes[channel - outputs.start])
                for photo, units in enumerate(asked)
                for place, channel in units
            )
        else:
            rounds = [in_rounds(units, jacobian.window.apart) for units in asked]
            pulled = jacobian.pull(maps, zip_longest(*rounds, fillvalue=()))
        for photo, place, channel, slope in pulled:
            seen = jacobian.window.of(above[photo], place)
            row = found[channel - outputs.start]
            row += (slope * seen).sum((0, 1))
            if skip is not None and channel < len(mean):
                row[channel] -= seen[skip][channel]
    found /= min(STRONGEST, sum(len(maps.before) for maps in batches))
    return found


def _strongest(
    jacobian: Jacobian, batches: Sequence[Maps], outputs: range
) -> Iterator[list[list[tuple[Place, int]]]]:
    """For each batch and photo the outputs that are strongest there, with their places."""
    rows, columns = jacobian.inside
    chosen = slice(outputs.start, outputs.stop)
    maps = [batch.after[:, rows][:, :, columns, chosen] for batch in batches]
    flat = np.concatenate([each.reshape(len(each), -1, each.shape[-1]) for each in maps])
    peaks, places = flat.max(1), flat.argmax(1)  # (photos, O)
    photos = np.argsort(-peaks, axis=0, kind="stable")[:STRONGEST]
    start = 0
    for batch in batches:
        asked: list[list[tuple[Place, int]]] = [[] for _ in batch.before]
        for output, channel in enumerate(outputs):
            for photo in photos[:, output]:
                if start <= photo < start + len(asked):
                    row, column = divmod(int(places[photo, output]), len(columns))
                    asked[photo - start].append(((rows[row], columns[column]), channel))
        yield asked
        start += len(asked)
