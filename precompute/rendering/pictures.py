"""What a renderer makes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Pictures:
    """Finished pictures of B units.

    images: (B, S, S, 3) uint8, sRGB; or (B, S, S, 4), with opacity.
    score: (B,) float32, see `score.Scorer`.
    flag: (B,) uint8, a `contract.Flag` each.
    """

    images: NDArray[np.uint8]
    score: NDArray[np.float32]
    flag: NDArray[np.uint8]
