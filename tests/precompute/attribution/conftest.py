"""A real cut network, real photos, and a head: what attribution is tried on."""

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from sample_attributor import LAYERS, SIZE, Asked, make_head

from diamond_cutter.precompute.attribution.attributor import Attributor
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone


@pytest.fixture(scope="session")
def backbone(lite0: Backbone) -> Backbone:
    return lite0


@pytest.fixture(scope="session")
def images() -> NDArray[np.float32]:
    names = ("chelsea", "coffee", "astronaut", "rocket")
    return np.stack([prepare(getattr(skimage.data, name)(), SIZE) for name in names])


@pytest.fixture(scope="session")
def asked(backbone: Backbone, images: NDArray[np.float32]) -> Asked:
    """The photos with labels, so that the head is right of some, and errs of others."""
    attributor = Attributor(backbone, LAYERS, "average")
    head = make_head(1280)
    first, _ = attributor.ask(images, np.full(4, -1), head)
    order = np.argsort(-first, axis=1)
    labels = order[np.arange(4), [0, 1, 2, 5]].astype(np.int32)
    return Asked(backbone, images, labels, head, *attributor.ask(images, labels, head))
