"""What a cut says of each held-out photo: the class it takes it for, and how surely."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.build.page_text import encode, shown

STEPS = 1000
"""Steps of a probability in the JSON: whole numbers are short."""
_BLOCK = 8192
"""Photos read at a time: the probabilities of all, 300 classes each, would fill 120 MB."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """The photos as a cut sees them.

    label: (N,) int32, index of the photo's class.
    predicted: (N,) int32, index of the surest class; -1 where the photo is held out in no fold.
    probability: (N,) float32, of that class; NaN where there is none.
    margin: (N,) float32, the probability of the photo's class minus the largest of another: below
        0 where it is taken for a wrong one; NaN where there is none.
    """

    label: NDArray[np.int32]
    predicted: NDArray[np.int32]
    probability: NDArray[np.float32]
    margin: NDArray[np.float32]


def read_predictions(
    label: NDArray[np.int32], probability: "zarr.Array[Any] | NDArray[np.float32]"
) -> Predictions:
    """The surest class of each photo, and by how much it is right.

    `probability` is (N, K) float32, NaN rows where held out in no fold, read block by block.
    """
    count = len(label)
    predicted = np.full(count, -1, np.int32)
    surest = np.full(count, np.nan, np.float32)
    margin = np.full(count, np.nan, np.float32)
    for start in range(0, count, _BLOCK):
        block = np.asarray(probability[start : start + _BLOCK], np.float32)
        (held,) = np.nonzero(~np.isnan(block).any(1))
        predicted[start + held] = block[held].argmax(1)
        surest[start + held] = block[held].max(1)
        own = label[start + held]
        right = block[held, own]
        block[held, own] = -np.inf
        margin[start + held] = right - block[held].max(1, initial=0)
    return Predictions(label, predicted, surest, margin)


def by_margin(predictions: Predictions) -> NDArray[np.int64]:
    """The photos, (N,), the surest mistake first and the surest right one last.

    Photos without a prediction come at the end, equal ones in the order of the dataset; margins
    are equal where the JSON has them so, so that the browser sorts as the pages are sorted.
    """
    steps = _steps(predictions.margin)
    steps[predictions.predicted < 0] = STEPS + 1
    return np.argsort(steps, kind="stable")


def surest_mistakes(predictions: Predictions, count: int) -> list[int]:
    """The indices of up to `count` photos taken for a wrong class, the surest first."""
    (wrong,) = np.nonzero(_is_wrong(predictions))
    order = np.argsort(-predictions.probability[wrong], kind="stable")[:count]
    return [int(photo) for photo in wrong[order]]


def mistakes(predictions: Predictions) -> int:
    """How many photos are taken for a wrong class."""
    return int(np.count_nonzero(_is_wrong(predictions)))


def photos_document(predictions: Predictions, classes: list[str]) -> bytes:
    """`photos.json` beside a cut's page.

    `classes`: names as shown. Lists of N: `label`, `predicted` (-1: held out in no fold),
    `probability` and `margin` in thousandths, 0 where there is none.
    """
    return encode(
        {
            "schema": "predictions",
            "classes": [shown(name) for name in classes],
            "label": predictions.label.tolist(),
            "predicted": predictions.predicted.tolist(),
            "probability": _steps(predictions.probability).tolist(),
            "margin": _steps(predictions.margin).tolist(),
        }
    )


def _steps(shares: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.rint(np.nan_to_num(shares) * STEPS).astype(np.int64)


def _is_wrong(predictions: Predictions) -> NDArray[np.bool_]:
    wrong: NDArray[np.bool_] = (predictions.predicted >= 0) & (
        predictions.predicted != predictions.label
    )
    return wrong
