"""What a layer's vectors have in common: their mean and covariance, taken in some at a time."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits


@dataclass(frozen=True, eq=False)
class Moments:
    """Of V vectors: mean (C,) and covariance (C, C), float32."""

    mean: NDArray[np.float32]
    covariance: NDArray[np.float32]

    @classmethod
    def of(cls, runs: Iterable[NDArray[np.float32]], channels: int) -> "Moments":
        """Those of vectors, (m, C) at a time."""
        count, total = 0, np.zeros(channels, np.float64)
        product = np.zeros((channels, channels), np.float64)
        with threadpool_limits(1):  # the same sums on every machine
            for vectors in runs:
                exact = vectors.astype(np.float64)
                count += len(exact)
                total += exact.sum(axis=0)
                product += exact.T @ exact
        mean = total / count
        covariance = (product - count * np.outer(mean, mean)) / max(count - 1, 1)
        return cls(mean.astype(np.float32), covariance.astype(np.float32))

    @property
    def spread(self) -> NDArray[np.float32]:
        """Standard deviations (C,)."""
        return np.sqrt(np.maximum(np.diagonal(self.covariance), 0))
