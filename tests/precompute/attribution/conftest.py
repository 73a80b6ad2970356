"""A real cut network, real photos, and a head: what attribution is tried on."""

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from sample_question import LAYERS, SIZE, Asked, make_head

from diamond_cutter.precompute.attribution.question import Questioner
from diamond_cutter.precompute.backbones import catalogue
from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.backbones.photo import prepare


@pytest.fixture(scope="session")
def backbone() -> Backbone:
    return catalogue.load("efficientnet-lite0")


@pytest.fixture(scope="session")
def images() -> NDArray[np.float32]:
    names = ("chelsea", "coffee", "astronaut", "rocket")
    return np.stack([prepare(getattr(skimage.data, name)(), SIZE) for name in names])


@pytest.fixture(scope="session")
def asked(backbone: Backbone, images: NDArray[np.float32]) -> Asked:
    """The photos with labels, so that the head is right of some, and errs of others."""
    questioner = Questioner(backbone, LAYERS, "average")
    head = make_head(1280)
    first, _ = questioner.ask(images, np.full(4, -1), head)
    order = np.argsort(-first, axis=1)
    labels = order[np.arange(4), [0, 1, 2, 5]].astype(np.int32)
    return Asked(backbone, images, labels, head, *questioner.ask(images, labels, head))
