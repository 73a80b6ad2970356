"""What can be asked of a network: the targets that pictures are made of. Loads no TensorFlow.

A target is one number that a network computes from an image, and a picture is an image that makes
it high. All targets are linear in something the network holds, and differ in what that is, their
`Family`:

=========  ===========================================  =====================================
family     reads                                        made by
=========  ===========================================  =====================================
CHANNEL    a layer's pre-activation, each channel z in   `channel`, `neuron`, `direction`
           natural standard deviations above its
           natural mean
ENERGY     the same, squared where it is positive        `whole_layer`, `position` (DeepDream)
LOGIT      activations averaged over the picture: of a   `class_logits`: of the backbone itself
           layer, or what the backbone's last linear     or of a head trained at a cut
           layer reads; of a head that pools otherwise
           or has hidden layers what its last one reads
           (`Hidden`)
=========  ===========================================  =====================================

From targets come others: `opposite` (what makes it low), `difference` (high in one, low in
another), `blend` (a mixture, for a path between two) and `variations` (several pictures of one
target). `target_readings` holds the equations.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import groupby
from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Layer, Pictures

CENTRE = (0.5, 0.5)


def number_ranges(text: str) -> list[tuple[str, range]]:
    """The parts of a list such as "3,7,10-12" with the numbers of each; a part may mean none."""
    ranges = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]+)\s*(?:-\s*([0-9]+)\s*)?", part)
        numbers = range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)
        ranges.append((part.strip(), numbers))
    return ranges


class Family(Enum):
    """What targets read, and so which of them can be rendered in one batch."""

    CHANNEL = "channel"
    ENERGY = "energy"
    LOGIT = "logit"


@dataclass(frozen=True, eq=False)
class Target:
    """One number that a network computes of an image; make it with the functions below.

    name: as files and messages have it; pictures of one name are variations of one target.
    family: what the weights are of.
    key: what the picture's random numbers derive from, besides the seed, the backbone and the
        layer; pictures of one key start alike and see the same views.
    weights: (C,) float32, of the layer's channels, or of the features a logit is made from.
    bias: added to a logit.
    toward: (C,) float32, LOGIT only: the weights less their mean over all classes, the direction
        that the features are to have.
    place: (down, across) in 0..1 of the picture, where the layer is read; None: all over.
    """

    name: str
    family: Family
    key: tuple[int, ...]
    weights: NDArray[np.float32]
    bias: float = 0.0
    toward: NDArray[np.float32] | None = None
    place: tuple[float, float] | None = None


@dataclass(frozen=True)
class Hidden:
    """What a head does with a layer before the linear one that makes the logits.

    pooling: over the picture's places: "average", "maximum" or "both", one after the other.
    layers: dense ones with a ReLU each: (D, U) weights and (U,) biases; none: the last is the only.
    digest: tells one from another.
    """

    pooling: str
    digest: str
    layers: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...] = field(compare=False)


def hidden_of(
    pooling: str, layers: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]
) -> Hidden:
    """What a head does before its last layer; `layers`: those before it."""
    digest = hashlib.sha256(pooling.encode())
    for weight, bias in layers:
        digest.update(np.ascontiguousarray(weight).tobytes())
        digest.update(np.ascontiguousarray(bias).tobytes())
    return Hidden(pooling, digest.hexdigest(), tuple(layers))


def channel(layer: Layer, index: int) -> Target:
    """A channel of a layer, wherever in the picture. Raises `ValueError` if there is none."""
    if not 0 <= index < layer.channels:
        raise ValueError(
            f"{layer.name}: expected a channel of 0 to {layer.channels - 1}, got {index}"
        )
    weights = np.zeros(layer.channels, np.float32)
    weights[index] = 1
    return Target(f"channel {index}", Family.CHANNEL, (index,), weights)


def neuron(layer: Layer, index: int, place: tuple[float, float] = CENTRE) -> Target:
    """A channel at one place: cell (r, c) of an (h, w) map lies at ((r + .5) / h, (c + .5) / w).

    Raises `ValueError` for a channel or a place that is not there.
    """
    return at(channel(layer, index), place)


def direction(layer: Layer, weights: ArrayLike, name: str) -> Target:
    """A mixture of a layer's channels: a group (weights 1 and 0), a concept, any signed direction.

    weights: (C,), of channels in natural standard deviations; only their ratios count. Weights of
        the activations as they are: multiply by the spreads that `readings.natural_units` gives.
    Raises `ValueError` for weights of another shape, that are not finite, or that are all zero.
    """
    values = np.asarray(weights, np.float32)
    if values.shape != (layer.channels,):
        raise ValueError(f"{name}: expected weights ({layer.channels},), got {values.shape}")
    length = np.linalg.norm(values)
    if not (np.isfinite(length) and length > 0):
        raise ValueError(f"{name}: expected finite weights, not all zero; their length is {length}")
    return Target(name, Family.CHANNEL, _key(name), values / length)


def whole_layer(layer: Layer) -> Target:
    """All channels of a layer, whichever speak (DeepDream: Mordvintsev et al. 2015)."""
    weights = np.full(layer.channels, 1 / layer.channels, np.float32)
    return Target("layer", Family.ENERGY, _key("layer"), weights)


def position(layer: Layer, place: tuple[float, float] = CENTRE) -> Target:
    """All channels of a layer at one place, (down, across) in 0..1 of the picture."""
    return replace(whole_layer(layer), name=f"position {_told(place)}", place=place)


def class_logits(
    weights: ArrayLike,
    bias: ArrayLike,
    indices: Sequence[int],
    names: Sequence[str] | None = None,
) -> list[Target]:
    """The logits of classes, from the linear layer that makes them.

    weights: (C, K), of the C pooled features (a head: trained on the layer's activations averaged
        over the picture, without scaling) for all K classes; at least two.
    bias: (K,).
    indices: which classes.
    names: of all K classes, for the targets' names.
    Raises `ValueError` for shapes that do not fit and for classes that are not there.
    """
    values, shift = np.asarray(weights, np.float32), np.asarray(bias, np.float32)
    if values.ndim != 2 or values.shape[1] < 2 or shift.shape != values.shape[1:]:
        raise ValueError(
            f"expected weights (C, K) of two classes or more and a bias (K,), got {values.shape} "
            f"and {shift.shape}"
        )
    beyond = [index for index in indices if not 0 <= index < values.shape[1]]
    if beyond:
        raise ValueError(f"expected classes of 0 to {values.shape[1] - 1}, got {beyond[0]}")
    toward = values - values.mean(axis=1, keepdims=True)
    return [
        Target(
            name=f"class {index}" + (f" {names[index]}" if names is not None else ""),
            family=Family.LOGIT,
            key=(index,),
            weights=values[:, index],
            bias=float(shift[index]),
            toward=toward[:, index],
        )
        for index in indices
    ]


def opposite(target: Target) -> Target:
    """What makes the target low; a `ValueError` for a layer's energy, which has no opposite."""
    if target.family == Family.ENERGY:
        raise ValueError(f"{target.name} has no opposite: it is a sum of squares")
    return replace(
        target,
        name=f"minus {target.name}",
        weights=-target.weights,
        bias=-target.bias,
        toward=None if target.toward is None else -target.toward,
    )


def at(target: Target, place: tuple[float, float]) -> Target:
    """A target read at one place alone, (down, across) in 0..1 of the picture."""
    return replace(target, name=f"{target.name} at {_told(place)}", place=place)


def difference(one: Target, *others: Target) -> Target:
    """High in one target and low in the others, of the same layer and family."""
    mixed = _mixed([(one, 1), *((opposite(other), 1) for other in others)])
    return replace(
        mixed,
        name=" minus ".join(each.name for each in (one, *others)),
        key=tuple(number for each in (one, *others) for number in each.key),
    )


def blend(one: Target, other: Target, share: float) -> Target:
    """A mixture: `share` (0..1) of the other target, the rest of the one.

    All blends of a target have its key, so that their pictures change little by little.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"expected a share of 0 to 1, got {share}")
    return replace(
        _mixed([(one, 1 - share), (other, share)]), name=f"{one.name} to {other.name} {share:.2f}"
    )


def variations(target: Target, count: int) -> list[Target]:
    """The target `count` times: other starts, and rendered in one batch they avoid each other."""
    return [replace(target, key=(*target.key, number)) for number in range(count)]


def _mixed(parts: Sequence[tuple[Target, float]]) -> Target:
    """The sum of targets, each with its factor."""
    one, *others = (target for target, _ in parts)
    names = " and ".join(target.name for target, _ in parts)
    for other in others:
        if one.family != other.family or one.weights.shape != other.weights.shape:
            raise ValueError(f"{names}: expected units of one layer and kind")
        if one.place != other.place:
            raise ValueError(f"{names}: expected the same place")
    factors = np.array([factor for _, factor in parts], np.float32)
    weights = factors @ np.stack([target.weights for target, _ in parts])
    if not weights.any():
        raise ValueError(f"{names}: expected other targets, these undo each other")
    if one.family == Family.CHANNEL:
        weights = weights / np.linalg.norm(weights)
    towards = [target.toward for target, _ in parts if target.toward is not None]
    toward = factors @ np.stack(towards) if len(towards) == len(parts) else None
    bias = sum(factor * target.bias for target, factor in parts)
    return replace(one, weights=weights, toward=toward, bias=bias)


def _told(place: tuple[float, float]) -> str:
    if not all(0 <= part <= 1 for part in place):
        raise ValueError(f"expected a place (down, across) in 0..1 of the picture, got {place}")
    return f"{place[0]:.3g},{place[1]:.3g}"


def _key(name: str) -> tuple[int, ...]:
    return (crc32(name.encode()),)


def together(made: Iterable[Pictures]) -> Pictures:
    """Pictures of several batches as one."""
    parts = list(made)
    return Pictures(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.flag for part in parts]),
    )


def batches(targets: Sequence[Target], most: int = CHUNK) -> list[list[Target]]:
    """Targets in batches of about `most`; those of one name that follow each other stay so."""
    if not targets:
        raise ValueError("expected at least one target, got none")
    made: list[list[Target]] = []
    for _, kin in groupby(targets, key=lambda target: target.name):
        family = list(kin)
        if made and len(made[-1]) + len(family) <= most:
            made[-1].extend(family)
        else:
            made.append(family)
    return made
