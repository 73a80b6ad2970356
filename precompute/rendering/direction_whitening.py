"""Directions whitened: with what natural photos have in common taken away.

Channels are correlated: most directions lie near what any photo excites, and pictures of them show
that. Carter et al. ("Activation Atlas", Distill 2019) therefore do not ask for a direction w of a
layer, found in its activations, but for S^-1 w, where S is the covariance of the activations on
natural photos: among all readings of equal natural variance, the one that is highest at w.
"""

import numpy as np
import zarr
from numpy.typing import ArrayLike, NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.activation_statistics import WIDEST, read_covariance
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, open_atlas, read_weights
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import subgroup

SHRINKAGE = 1.0
"""How much of the mean variance is added to that of every direction.

Few photos leave many directions of a deep layer without any, which then would be all that counts.
With 1 a whitened direction tells more than a plain one at every depth, whether of 150 photos or of
the 32 sample crops, and at the head most (`benchmarks/whitening.py`).
"""


def whiten(
    weights: ArrayLike,
    covariance: NDArray[np.float32],
    spread: NDArray[np.float32],
    shrinkage: float = SHRINKAGE,
) -> NDArray[np.float32]:
    """Directions w as (S + shrinkage m I)^-1 w, of any length: (C,) or (N, C) as they come.

    weights: of channels in natural standard deviations, as `targets.direction` takes them.
    covariance: (C, C), of the layer's pre-activation in raw targets, as the atlas keeps it.
    spread: (C,), the natural standard deviations, as `readings.natural_units` has them; S is the
        covariance in units of these, and m the mean of its diagonal.
    Raises `ValueError` for shapes that do not fit.
    """
    given = np.asarray(weights, np.float64)
    channels = len(spread)
    if covariance.shape != (channels, channels) or given.shape[-1:] != (channels,):
        raise ValueError(
            f"expected {channels} weights and a covariance of as many channels, got weights "
            f"{given.shape} and a covariance {covariance.shape}"
        )
    natural = covariance / np.outer(spread, spread).astype(np.float64)
    natural[np.diag_indices(channels)] += shrinkage * np.trace(natural) / channels
    return np.linalg.solve(natural, given.T).T.astype(np.float32)


def stored_covariance(address: str, network: Network, layer: Layer) -> NDArray[np.float32]:
    """The natural covariance of a layer in the atlas at `address`, (C, C) float32, raw targets.

    Raises `UserError` where there is no atlas, or none of the layer's, or that of another network.
    """
    if layer.channels > WIDEST:
        raise UserError(
            f"--whiten: expected a layer of at most {WIDEST} channels, whose covariance an atlas "
            f"keeps, got {layer.name} of {layer.channels}; leave it out, or name another layer"
        )
    atlas, model = open_atlas(address), network.name
    if model in atlas and read_weights(subgroup(atlas, model)) not in ("", network.weights_digest):
        raise UserError(
            f"{address}: expected the natural statistics of {model} with the weights that it has "
            f"now, got those of others; `diamond atlas --store {address} --models {model}` "
            "measures them anew"
        )
    group = atlas.get(f"{model}/{layer.name}")
    covariance = read_covariance(group) if isinstance(group, zarr.Group) else None
    if covariance is None:
        raise UserError(
            f"{address}: expected the natural statistics of {layer.name} of {model}, got none; "
            f"`diamond atlas --store {address} --models {model} --layers {layer.name} "
            "--channels 0-0` measures them"
        )
    if covariance.shape != (layer.channels, layer.channels):
        raise UserError(
            f"{address}: expected a covariance of the {layer.channels} channels of {layer.name} of "
            f"{model}, got one of {covariance.shape}, of another network; name another --store"
        )
    return covariance
