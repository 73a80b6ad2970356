from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone


@pytest.fixture(scope="session")
def load() -> Callable[[str], Backbone]:
    return cache(catalogue.load)


@pytest.fixture(scope="session")
def lite0(load: Callable[[str], Backbone]) -> Backbone:
    return load("efficientnet-lite0")


@pytest.fixture(scope="session")
def coffee() -> NDArray[np.float32]:
    """A cup of coffee, (224, 224, 3), 0..1."""
    return prepare(skimage.data.coffee(), 224)
