"""What is explained: cuts with their heads, and photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.photos.photo import Photo
from diamond_cutter.precompute.rendering.target_readings import natural_units
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

Dense = Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]
"""The layers of a head: (D, U) weights and (U,) biases."""


@dataclass(frozen=True, eq=False)
class CutToExplain:
    """A cut to explain: the layers shown, in depth order, the last of them the cut.

    `heads`: of the folds; `whole`: of all photos; `classes`: the names of their logits;
    `pooling`: what they read; `seed`: of the pictures that are made of them.
    """

    backbone: Backbone
    layers: list[Layer]
    heads: Sequence[Dense]
    whole: Dense
    classes: list[str]
    pooling: str
    seed: int = 0

    @property
    def pair(self) -> tuple[str, str]:
        """The names of backbone and cut."""
        return self.backbone.name, self.layers[-1].name

    @cached_property
    def spread(self) -> NDArray[np.float32]:
        """Natural standard deviations (C,) of the cut's channels, as rendering divides by them."""
        [(_, spread)] = natural_units(self.backbone, self.layers[-1:])
        return spread


@dataclass(frozen=True, eq=False)
class PhotoSet:
    """The photos of a study: N of them with class (-1: none), fold (-1: none) and group, (N,)."""

    photos: list[Photo]
    label: NDArray[np.int32]
    fold: NDArray[np.int32]
    group: NDArray[np.int32]
