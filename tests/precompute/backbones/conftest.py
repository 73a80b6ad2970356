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
def load(lite0: Backbone) -> Callable[[str], Backbone]:
    """Loads each backbone once."""
    loaded = cache(catalogue.load)
    return lambda name: lite0 if name == lite0.info.name else loaded(name)


@pytest.fixture(scope="session")
def coffee() -> NDArray[np.float32]:
    """A cup of coffee, (224, 224, 3), 0..1."""
    return prepare(skimage.data.coffee(), 224)
