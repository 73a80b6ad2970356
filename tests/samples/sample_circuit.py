"""Circuits for tests, written by the real writer: made-up weights between made-up cuts."""

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.atlas.circuit_layout import (
    BLOCK,
    Circuit,
    blocks,
    write_circuit,
)

KEPT = 16
"""Inputs and outputs whose kernels are kept, at most."""


def make_kernels(inputs: int, outputs: int, side: int) -> NDArray[np.float16]:
    """Kernels, (I, O, side, side): of each sign about half of them."""
    generator = np.random.default_rng([inputs, outputs, side])
    kernels = generator.normal(0, 0.1, (inputs, outputs, side, side))
    kernels += generator.normal(0, 0.1, (inputs, outputs, 1, 1))
    return kernels.astype(np.float16)


def write_circuits(
    layer: zarr.Group, source: str, kernels: NDArray[np.float16], *, is_linear: bool = False
) -> None:
    """Store the circuit of a layer whose weights from the cut `source` are `kernels`.

    On photos an input takes away where input + output is a multiple of 5, else it adds. With as
    many outputs as inputs or more there is a skip, whose share is the output in percent. Of two
    depthwise kernels one adds and the other takes away: channels output and output + 1 of "wide".
    """
    inputs, outputs, side, _ = kernels.shape
    numbers = np.add.outer(np.arange(inputs), np.arange(outputs))
    has_skip = outputs >= inputs
    for first in blocks(outputs):
        part = kernels[:, first : first + BLOCK]
        weight = weights_of(part)
        strongest = np.argsort(-np.abs(weight), axis=0, kind="stable")[:KEPT].T
        onward = np.argsort(-np.abs(weight), axis=1, kind="stable")[:, :KEPT]
        share = np.arange(first, first + part.shape[1]) % 100 / 100
        opposes = numbers[:, first : first + BLOCK] % 5 == 0
        circuit = Circuit(
            source=source,
            offset=(-(side // 2), -(side // 2)),
            stride=(1, 1),
            is_linear=is_linear,
            agreement=1.0 if is_linear else 0.93,
            has_skip=has_skip,
            weight=weight,
            attribution=np.abs(weight) * np.where(opposes, -1, 1).astype(np.float32),
            skip=np.where(has_skip, share, np.nan).astype(np.float32),
            inputs=strongest.astype(np.uint16),
            input_kernel=part[strongest, np.arange(part.shape[1])[:, None]],
            outputs=(first + onward).astype(np.uint16),
            output_kernel=part[np.arange(inputs)[:, None], onward],
            depthwise="wide",
            depthwise_channel=np.add.outer(np.arange(part.shape[1]) + first, [0, 1]).astype("u2"),
            depthwise_share=np.tile(np.float32([0.5, -0.25]), (part.shape[1], 1)),
            depthwise_kernel=part[:2].transpose(1, 0, 2, 3),
        )
        write_circuit(layer, first, circuit, KEPT, "0f" * 32)


def weights_of(kernels: NDArray[np.float16]) -> NDArray[np.float32]:
    """The weights, (I, O), of kernels: their norm with the sign of their sum."""
    exact = kernels.astype(float)
    sign = np.where(exact.sum(axis=(2, 3)) < 0, -1, 1)
    weight: NDArray[np.float32] = (sign * np.sqrt((exact**2).sum(axis=(2, 3)))).astype(np.float32)
    return weight
