"""Units in batches, and the pictures of several batches as one."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from diamond_cutter.precompute.contract.atlas import CHUNK
from diamond_cutter.precompute.rendering.pictures import Pictures
from diamond_cutter.precompute.rendering.units import Unit


def together(made: Iterable[Pictures]) -> Pictures:
    """Pictures of several batches as one."""
    parts = list(made)
    return Pictures(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.flag for part in parts]),
    )


def batches(units: Sequence[Unit], most: int = CHUNK) -> list[list[Unit]]:
    """Units in batches of about `most`; those of one name that follow each other stay together."""
    if not units:
        raise ValueError("expected at least one unit, got none")
    made: list[list[Unit]] = []
    for _, kin in groupby(units, key=lambda unit: unit.name):
        family = list(kin)
        if made and len(made[-1]) + len(family) <= most:
            made[-1].extend(family)
        else:
            made.append(family)
    return made
