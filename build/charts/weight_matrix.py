"""All weights between two cuts as one picture, like beside like."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

STEPS = 127
"""Steps from nothing to the largest weight, each way; `web/static/js/data/weight-data.js`."""
EXCITES, INHIBITS = (10, 88, 202), (224, 100, 10)
"""The colours of weights above and below zero, on light and on dark paper."""


def similar_order(vectors: NDArray[np.float32]) -> NDArray[np.int32]:
    """The order in which (N, D) vectors lie beside those of a like direction, (N,).

    By average linkage of the cosine (Eisen et al. 1998); vectors of zeros come last.
    """
    length = np.linalg.norm(vectors, axis=1)
    known, empty = np.flatnonzero(length > 0), np.flatnonzero(length == 0)
    if len(known) > 2:
        unit = vectors[known] / length[known, None]
        apart = (1 - unit @ unit.T).clip(0)
        np.fill_diagonal(apart, 0)
        known = known[leaves_list(linkage(squareform(apart, checks=False), "average"))]
    return np.concatenate([known, empty]).astype(np.int32)


def draw_matrix(weight: NDArray[np.float32]) -> bytes:
    """Weights (H, W) as a PNG, a pixel each: clear where there is none, by the root of its share.

    The value of a pixel is 127 + its sign times 127 times the root of the weight's share of the
    largest: what is small is seen beside what is large.
    """
    largest = float(np.abs(weight).max(initial=0))
    share = np.abs(weight) / (largest or 1)
    steps = np.rint(np.sign(weight) * STEPS * np.sqrt(share)).astype(int)
    image = Image.fromarray((steps + STEPS).astype(np.uint8), "P")
    image.putpalette(bytes((*INHIBITS * (STEPS + 1), *EXCITES * STEPS)))
    opacity = bytes(round(255 * abs(step) / STEPS) for step in range(-STEPS, STEPS + 1))
    file = BytesIO()
    image.save(file, "PNG", optimize=True, transparency=opacity)
    return file.getvalue()
