"""Neuron groups: what is active together in a photo or a class, by factorization.

Activations of cells by channels are taken apart into a few directions and where each is (Olah et
al. 2018): non-negative matrix factorization (Lee and Seung 1999), as scikit-learn has it. Of layers
without nonlinearity what is below zero is left out.
"""

import warnings

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ITERATIONS = 200
"""At most; groups that are shown need not be exact."""
TOLERANCE = 1e-3
"""The change, as a share of the first, at which factorization ends."""


def factorize(activation: Floats, groups: int) -> tuple[Floats, Floats]:
    """The groups of cells (N, C): where they are (N, G), 0..1, and their directions (G, C).

    The product is nearest to the activations above zero. There are fewer groups where there are
    fewer cells, channels, or anything to tell apart: the others are zero. The largest comes first.
    """
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    cells, channels = activation.shape
    where = np.zeros((cells, groups), np.float32)
    direction = np.zeros((groups, channels), np.float32)
    count = min(groups, cells, channels)
    above = np.maximum(activation, 0)
    if not count or not above.any():
        return where, direction
    model = NMF(count, init="nndsvda", tol=TOLERANCE, max_iter=ITERATIONS, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = model.fit_transform(above)
    peak = found.max(axis=0)
    size = found.sum(axis=0) * model.components_.sum(axis=1)
    order = np.argsort(-size, kind="stable")
    where[:, :count] = (found / np.where(peak > 0, peak, 1))[:, order]
    direction[:count] = (model.components_ * peak[:, None])[order]
    return where, direction


def attribute(where: Floats, direction: Floats, activation: Floats, attribution: Floats) -> Floats:
    """What groups give to T targets: (T, G).

    As with channels: gradient times activation, here that of the group, `where` (N, G) times
    `direction` (G, C). `activation` (N, C) and `attribution` (T, N, C) tell the gradient, wherever
    there is activation.
    """
    enough = 1e-6 * np.abs(activation).max(initial=0)
    there = np.abs(activation) > enough
    slope = np.where(there, attribution / np.where(there, activation, 1), 0)
    values: Floats = np.einsum("tnc,ng,gc->tg", slope, where, direction, optimize=True)
    return values.astype(np.float32)
