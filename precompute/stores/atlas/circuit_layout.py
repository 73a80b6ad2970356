"""Circuits: the weights between a layer's channels and those of the cut before it. Optional::

    <atlas>/<model>/<layer>/circuits/<first>   the layer's channels from `first` on, O of its C, at
                                               most `BLOCK`; attributes: source, the cut before it,
                                               of I channels; photos, their digest; kept; version;
                                               and offset, stride, is_linear, agreement, has_skip,
                                               depthwise: see `Circuit`
    .../weight           (I, O) float32: the L2 norm of the kernel, with the sign of its sum
    .../attribution      (I, O) float32: what the input, above its mean, adds where the output is
                                         strongest on photos, in its natural spreads
    .../skip             (O,) float32: the share of the output that comes by the skip; NaN: no skip
    .../inputs           (O, K) uint16: the inputs of the largest norm, the largest first; K is
                                        `kept`, or all that there are
    .../input_kernel     (O, K, h, w) float16: theirs
    .../outputs          (I, K) uint16: of these O the ones of the largest norm, in the layer's
                                        numbers
    .../output_kernel    (I, K, h, w) float16: theirs
    .../depthwise_channel (O, D) uint16: of `depthwise` the channels that the output changes most
                                         with, the first of them first; D is 4, or all that there
                                         are, and 0 where there is no such convolution
    .../depthwise_share  (O, D) float32: theirs of the squared changes by all, with the sign, -1..1
    .../depthwise_kernel (O, D, h, w) float16: their kernels as the network has them, of L2 norm 1

A kernel is the mean natural Jacobian: how the output's pre-activation at a place changes with the
input's activation around it, meant over photos, in natural units (times the natural spread of the
input over that of the output), since a network computes the same however its channels are scaled.
What a skip carries unchanged is not in it. A group without attributes is not there, whatever it
holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec

from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.store_address import array, subgroup

NAME = "circuits"

BLOCK = 256
"""Channels of a layer whose weights are found at once, and stored in a group of their own."""

VERSION = 3
"""Raised when the same network and photos give other weights, or these lie otherwise."""

_FACTS = ("source", "offset", "stride", "is_linear", "agreement", "has_skip", "depthwise")


@dataclass(frozen=True, eq=False)
class Circuit:
    """The weights from the I channels of a cut to O channels of a layer behind it.

    offset: row and column, in cells of the cut, of the kernels' first cell from `stride`, rows and
    columns, times the place of the output. is_linear: whether the Jacobian is the same for every
    photo, so that the kernels are exact. agreement: the correlation of the kernels of one half of
    the photos with those of the other, of all photos by the Spearman-Brown formula; 1 where they
    are exact.
    has_skip: whether the output holds the input of the same number as it is. depthwise: the layer
    of the last depthwise convolution between the two, or itself where it is in none; empty: there
    is none. The arrays: see above; those of several blocks as one.
    """

    source: str
    offset: tuple[int, int]
    stride: tuple[int, int]
    is_linear: bool
    agreement: float
    has_skip: bool
    depthwise: str
    weight: NDArray[np.float32]
    attribution: NDArray[np.float32]
    skip: NDArray[np.float32]
    inputs: NDArray[np.uint16]
    input_kernel: NDArray[np.float16]
    outputs: NDArray[np.uint16]
    output_kernel: NDArray[np.float16]
    depthwise_channel: NDArray[np.uint16]
    depthwise_share: NDArray[np.float32]
    depthwise_kernel: NDArray[np.float16]


ARRAYS = tuple(each.name for each in fields(Circuit) if each.name not in _FACTS)


def source_of(layers: list[Layer], layer: Layer) -> Layer | None:
    """The cut before a layer, of all `layers` in depth order; None before the first."""
    cuts = [each for each in layers if each.is_cut and each.index < layer.index]
    return cuts[-1] if cuts else None


def blocks(channels: int) -> range:
    """The first channels of the blocks of a layer of so many."""
    return range(0, channels, BLOCK)


def lacks_circuit(
    layer: zarr.Group, first: int, kept: int | None = None, digest: str | None = None
) -> bool:
    """Whether a block of a layer is not there.

    kept: as many kernels; digest: of the photos of that; None: however many, of any.
    """
    group = layer.get(f"{NAME}/{first}")
    found: dict[str, Any] = group.attrs.asdict() if isinstance(group, zarr.Group) else {}
    asked = ((kept, found.get("kept")), (digest, found.get("photos")))
    is_other = any(wanted is not None and wanted != there for wanted, there in asked)
    return found.get("version") != VERSION or is_other


def write_circuit(layer: zarr.Group, first: int, circuit: Circuit, kept: int, digest: str) -> None:
    """Store a block of a layer in place of what it has; the attributes go first, and come last."""
    path = f"{NAME}/{first}"
    if path in layer:
        subgroup(layer, path).attrs.put({})
    group = layer.create_group(path, overwrite=True)
    for name in ARRAYS:
        values = getattr(circuit, name)
        compressor = ZstdCodec(level=3)
        chunks = tuple(max(side, 1) for side in values.shape)
        group.create_array(name, data=values, chunks=chunks, compressors=compressor)
    facts = {name: getattr(circuit, name) for name in _FACTS}
    group.attrs.put({**facts, "photos": digest, "kept": kept, "version": VERSION})


def read_circuit(layer: zarr.Group, channels: int) -> Circuit | None:
    """The circuit of a layer of so many channels; None if it is not there, or not all of it."""
    if any(lacks_circuit(layer, first) for first in blocks(channels)):
        return None
    parts = list(_parts(layer, channels))
    weight = np.concatenate([part["weight"] for part in parts], axis=1)
    kept = parts[0]["outputs"].shape[1]
    numbers = np.concatenate([part["outputs"] for part in parts], axis=1)
    rows = np.arange(len(weight))[:, None]
    order = np.argsort(-np.abs(weight[rows, numbers]), axis=1, kind="stable")[:, :kept]
    kernels = np.concatenate([part["output_kernel"] for part in parts], axis=1)
    attributes: dict[str, Any] = subgroup(layer, f"{NAME}/0").attrs.asdict()
    found = {name: attributes[name] for name in _FACTS}
    found.update({name: np.concatenate([part[name] for part in parts]) for name in _BY_OUTPUT})
    found["offset"], found["stride"] = tuple(found["offset"]), tuple(found["stride"])
    found["attribution"] = np.concatenate([part["attribution"] for part in parts], axis=1)
    found["weight"] = weight
    found["outputs"], found["output_kernel"] = numbers[rows, order], kernels[rows, order]
    return Circuit(**found)


_BY_OUTPUT = (
    *("skip", "inputs", "input_kernel"),
    *("depthwise_channel", "depthwise_share", "depthwise_kernel"),
)
"""The arrays whose first axis is that of the layer's channels."""


def _parts(layer: zarr.Group, channels: int) -> Iterator[dict[str, Any]]:
    for first in blocks(channels):
        group = subgroup(layer, f"{NAME}/{first}")
        yield {name: np.asarray(array(group, name)[:]) for name in ARRAYS}
