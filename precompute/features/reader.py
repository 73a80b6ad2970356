"""The features of a study's photos, read from the store one cut at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.features.store import Index

POOLINGS: dict[str, tuple[int, ...]] = {"average": (0,), "maximum": (1,), "both": (0, 1)}
"""What heads read, and which of the two that are stored that is, in order."""


@dataclass(frozen=True)
class Features:
    """The pooled activations of N photos, V views each, in a store that holds them all.

    keys: (N, V), those of the rows, as an `Index` takes them.
    indices: of the shelf of each model.
    """

    keys: NDArray[Any]
    indices: Mapping[str, Index]
    pooling: str

    def read(self, model: str, cut: str) -> NDArray[np.float32]:
        """The features of a cut: (N, V, D) float32, view 0 the plain photo.

        D is C, or 2 C where both poolings are asked for: averages first.
        Raises `UserError` for a store that is damaged.
        """
        poolings = POOLINGS[self.pooling]
        pooled = self.indices[model].read(cut, self.keys.reshape(-1), poolings)
        return pooled.reshape(*self.keys.shape, -1)
