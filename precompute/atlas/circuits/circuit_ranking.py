"""Kernels in natural units, without what a skip carries, and the strongest of them; no Keras."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.circuits.circuit_places import Place

Floats = NDArray[np.float32]

_SHARE = 1e-3
"""Of the median spread, what a channel's is taken for at least when it is divided by."""
_SKIP = 0.5
"""What most channels pass on to those of their number where there is a skip, which carries 1."""


class Moments(NamedTuple):
    """What the I channels of a cut and the C of a layer behind it do, over photos and places.

    mean, before: of the cut's activation, mean and spread, (I,). after: the spread of the layer's
    pre-activation, apart from 0 to be divided by, (C,). skip_share: the share of each output's
    variance that goes with the input of its number, Cov(input, output) / Var(output), so that those
    of skip and block sum up to 1; (C,), NaN where there is no such input. All float32.
    """

    mean: Floats
    before: Floats
    after: Floats
    skip_share: Floats


def measure_moments(before: Floats, after: Floats) -> Moments:
    """The moments over photos: of activations (n, h, w, I), and pre-activations (n, h', w', C)."""
    given, made = (each.reshape(-1, each.shape[-1]) for each in (before, after))
    mean, made_mean = (each.mean(0, dtype=np.float64) for each in (given, made))
    variance = np.maximum(_product(given, given) - mean**2, 0)
    made_variance = np.maximum(_product(made, made) - made_mean**2, 0)
    spread = np.sqrt(made_variance)
    share = np.full(len(spread), np.nan)
    if before.shape[:3] == after.shape[:3]:
        both = slice(min(len(mean), len(spread)))
        covariance = _product(given[:, both], made[:, both]) - mean[both] * made_mean[both]
        share[both] = covariance / np.maximum(made_variance[both], 1e-30)
    least = max(_SHARE * float(np.median(spread)), 1e-12)
    found = (mean, np.sqrt(variance), np.maximum(spread, least), share)
    return Moments(*(each.astype(np.float32) for each in found))


def _product(one: Floats, other: Floats) -> NDArray[np.float64]:
    """The mean of the product of each column, summed in float64."""
    found: NDArray[np.float64] = np.einsum("ij,ij->j", one, other, dtype=np.float64)
    return found / len(one)


def find_skip(kernels: Floats, outputs: range) -> Place | None:
    """The cell of the kernels (O, h, w, I) at which inputs arrive as they are; None: no skip."""
    own = [channel for channel in outputs if channel < kernels.shape[-1]]
    if not own:
        return None
    diagonal = np.median([kernels[each - outputs.start, :, :, each] for each in own], axis=0)
    row, column = np.unravel_index(diagonal.argmax(), diagonal.shape)
    return (int(row), int(column)) if diagonal.max() > _SKIP else None


def without_skip(kernels: Floats, outputs: range, cell: Place | None) -> Floats:
    """The kernels (O, h, w, I) less what a skip carries, which arrives at a cell."""
    found = kernels.copy()
    if cell is not None:
        own = np.array([channel for channel in outputs if channel < kernels.shape[-1]], int)
        found[own - outputs.start, cell[0], cell[1], own] -= 1
    return found


def agreement(one: Floats, other: Floats) -> float:
    """How well the mean of two kernels of half of the photos is known: 0..1.

    Their correlation r, by Spearman and Brown that of twice as many photos: 2 r / (1 + r).
    """
    halves = [each.ravel().astype(np.float64) for each in (one, other)]
    norms = np.sqrt((halves[0] @ halves[0]) * (halves[1] @ halves[1]))
    found = max(float(halves[0] @ halves[1] / norms), 0.0) if norms > 0 else 0.0
    return 2 * found / (1 + found)


def rank(kernels: Floats, outputs: range, kept: int) -> dict[str, Any]:
    """The inputs of the largest kernels of each output, and the outputs of each input.

    kernels: (O, h, w, I), in natural units. kept: how many of each. Gives the arrays weight,
    inputs, input_kernel, outputs and output_kernel of a `Circuit`, by name.
    """
    norm = np.sqrt((kernels**2).sum((1, 2)))
    signed = np.where(kernels.sum((1, 2)) < 0, -norm, norm)
    inputs = np.argsort(-norm, axis=1, kind="stable")[:, :kept]
    strongest = np.argsort(-norm.T, axis=1, kind="stable")[:, :kept]
    by_input = kernels.transpose(0, 3, 1, 2)  # (O, I, h, w)
    input_kernel = by_input[np.arange(len(inputs))[:, None], inputs]
    output_kernel = by_input[strongest, np.arange(len(strongest))[:, None]]
    return {
        "weight": np.ascontiguousarray(signed.T),
        "inputs": inputs.astype(np.uint16),
        "input_kernel": input_kernel.astype(np.float16),
        "outputs": (strongest + outputs.start).astype(np.uint16),
        "output_kernel": output_kernel.astype(np.float16),
    }
