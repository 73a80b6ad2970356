"""Units in batches, and the pictures of several batches as one."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from diamond_cutter.precompute.rendering.targets import Target
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Pictures


def together(made: Iterable[Pictures]) -> Pictures:
    """Pictures of several batches as one."""
    parts = list(made)
    return Pictures(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.flag for part in parts]),
    )


def batches(targets: Sequence[Target], most: int = CHUNK) -> list[list[Target]]:
    """Units in batches of about `most`; those of one name that follow each other stay together."""
    if not targets:
        raise ValueError("expected at least one target, got none")
    made: list[list[Target]] = []
    for _, kin in groupby(targets, key=lambda target: target.name):
        family = list(kin)
        if made and len(made[-1]) + len(family) <= most:
            made[-1].extend(family)
        else:
            made.append(family)
    return made
