"""How each family of targets is read from a network's output: what it is, and how purely.

A picture is optimized for value * purity.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.batch_statistics import natural_statistics
from diamond_cutter.precompute.backbones.graph.cut_network import fold, truncate
from diamond_cutter.precompute.backbones.graph.pretrained_head import classifier
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.objective import (
    MIN_COSINE,
    averaged,
    cosine,
    leaky,
    purity,
)
from diamond_cutter.precompute.rendering.sample_statistics import Measured, sample_statistics
from diamond_cutter.precompute.rendering.targets import Family, Hidden, Target
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

ops = keras.ops


class Asked(NamedTuple):
    """A batch of targets as arrays; of a target's place see `places.cells`.

    weights, toward: (B, C) float32; bias: (B,); place: (B, 2), -1 where a target is read all over.
    """

    weights: Any
    toward: Any
    bias: Any
    place: Any


class Seen(NamedTuple):
    """What a view shows of a batch of targets.

    value, purity: (B,).
    profile: (B, C), what else there is to see: how pictures of one target may differ.
    """

    value: Any
    purity: Any
    profile: Any


class Reading(Protocol):
    """A network, and how targets are read from its output."""

    @property
    def network(self) -> Any:
        """Float32 RGB 0..1 (B, H, W, 3) to what is read."""

    def see(self, output: Any, asked: Asked, cells: Any) -> Seen:
        """Read the targets; cells: (B, h, w), the weight of each place of the output, sum 1."""


@dataclass(frozen=True, eq=False)
class ChannelReading:
    """Channels and their mixtures, in natural units (mean and spread (C,)).

    value = mean over places of leaky(w . z), purity: see `objective.purity`, of the strengths
    mean over places of leaky(z), each times its `weight` (C,), see `rival_weights`.
    """

    network: Any
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    weight: NDArray[np.float32]

    def see(self, output: Any, asked: Asked, cells: Any) -> Seen:
        """Read the targets."""
        z = (output - self.mean) / self.spread
        strengths = averaged(leaky(z), cells)
        own = leaky(ops.einsum("bhwc,bc->bhw", z, asked.weights))
        value = ops.sum(own * cells, axis=(1, 2))
        return Seen(value, purity(strengths * self.weight, asked.weights), strengths)


@dataclass(frozen=True, eq=False)
class EnergyReading:
    """A whole layer: value = mean over places of w . relu(z)^2; nothing is impure."""

    network: Any
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    def see(self, output: Any, asked: Asked, cells: Any) -> Seen:
        """Read the targets."""
        z = (output - self.mean) / self.spread
        energies = averaged(ops.square(ops.relu(z)), cells)
        value = ops.sum(energies * asked.weights, axis=1)
        return Seen(value, ops.ones_like(value), energies)


@dataclass(frozen=True, eq=False)
class LogitReading:
    """Class logits of features f, averaged over places: value = w . f + bias.

    Of a head with more than one layer f is what the last one reads.

    purity = max(.1, cos)^2, of the cosine between f and the class weights less their mean over
    classes: what all classes gain from says nothing of this one.
    """

    network: Any
    hidden: Hidden | None = None

    def see(self, output: Any, asked: Asked, cells: Any) -> Seen:
        """Read the targets."""
        features = (
            averaged(output, cells)
            if self.hidden is None
            else _features(output, self.hidden, cells)
        )
        value = ops.sum(features * asked.weights, axis=1) + asked.bias
        agreement = ops.maximum(cosine(features, asked.toward), MIN_COSINE)
        return Seen(value, ops.square(agreement), features)


def reading(
    backbone: Backbone, layer: Layer | None, family: Family, hidden: Hidden | None = None
) -> Reading:
    """The reading of a family of targets at a layer; no layer: the backbone's own classes.

    hidden: of a head at the layer what comes before its last linear layer; None: the average.
    """
    if layer is None:
        if family != Family.LOGIT:
            raise ValueError(f"expected a layer for units of the family {family.value!r}")
        return LogitReading(_spatial(classifier(backbone).features))
    if family == Family.LOGIT:
        return LogitReading(truncate(backbone, layer.name, pre_activation=False), hidden)
    network = truncate(backbone, layer.name)
    measure = cache(lambda: sample_statistics(network))
    [(mean, spread)] = natural_units(backbone, [layer], measure)
    if family == Family.CHANNEL:
        [measured] = measure()
        return ChannelReading(network, mean, spread, rival_weights(measured))
    return EnergyReading(network, mean, spread)


def asked(targets: Sequence[Target]) -> Asked:
    """The units of one family as arrays."""
    weights = np.stack([target.weights for target in targets])
    return Asked(
        weights=weights,
        toward=np.stack(
            [target.weights if target.toward is None else target.toward for target in targets]
        ),
        bias=np.array([target.bias for target in targets], np.float32),
        place=np.array([target.place or (-1, -1) for target in targets], np.float32),
    )


def _features(output: Any, hidden: Hidden, cells: Any) -> Any:
    """What the last layer of a head reads, (B, D); cells: weights for the average."""
    pools = {"average": [averaged(output, cells)], "maximum": [ops.max(output, axis=(1, 2))]}
    features = ops.concatenate(
        pools.get(hidden.pooling) or [*pools["average"], *pools["maximum"]], 1
    )
    for weight, bias in hidden.layers:
        features = ops.relu(ops.matmul(features, weight) + bias)
    return features


def _spatial(network: Any) -> Any:
    """The network with its features as a map of one cell, if they are a vector."""
    if len(network.output.shape) == 4:
        return network
    image = keras.Input(network.input.shape[1:], name="image")  # its layers may have any names
    features = keras.layers.Reshape((1, 1, network.output.shape[-1]))(network(image))
    return keras.Model(image, features)


def rival_weights(measured: Measured) -> NDArray[np.float32]:
    """What the strength of each channel counts for where a purity compares it with others, (C,).

    The root of spread / between, with their median 1: in the mean over places a channel whose
    values cancel there, as an edge detector's do, stands out by less than its spread. Of two photos
    `between` is known but roughly; hence the root, and the limits of a third and three.
    """
    between = np.maximum(measured.between, _least(measured.between))
    ratio = np.maximum(measured.spread, _least(measured.spread)) / between
    return np.clip(np.sqrt(ratio / np.median(ratio)), 1 / 3, 3).astype(np.float32)


def natural_units(
    backbone: Backbone,
    layers: Sequence[Layer],
    measure: Callable[[], list[Measured]] | None = None,
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Natural mean and spread of layers' channels: their BatchNorm's, or else those on photos.

    Twice (C,) float32 of each layer; no spread is 0. measure: measures all of the layers, called
    if one of them needs it; None: they are cut for that.
    """
    names = [layer.name for layer in layers]
    found = [natural_statistics(backbone, name) for name in names]
    if None in found:
        measured = (
            measure() if measure else sample_statistics(fold(backbone, names, pre_activation=True))
        )
        found = [known or own[:2] for known, own in zip(found, measured, strict=True)]
    return [_apart_from_zero(*moments) for moments in found if moments is not None]


def _apart_from_zero(
    mean: NDArray[np.float32], spread: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return mean, np.maximum(spread, _least(spread))


def _least(spread: NDArray[np.float32]) -> np.float32:
    """A channel that is all but switched off must not be divided by next to nothing."""
    return np.float32(max(1e-3 * float(np.median(spread)), 1e-12))
