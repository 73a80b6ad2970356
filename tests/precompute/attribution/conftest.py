"""A real cut network, real photos, and a head: what attribution is tried on."""

from dataclasses import dataclass

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.question import Answer, Questioner
from diamond_cutter.precompute.backbones import catalogue
from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.backbones.photo import prepare

LAYERS = ("block5c_add", "block6d_add", "top_activation")
SIZE = 96
"""Side in pixels: a network takes any, and small ones are quick."""


@dataclass(frozen=True, eq=False)
class Asked:
    """Photos (4, SIZE, SIZE, 3) that were asked about, with the labels, head and answers."""

    backbone: Backbone
    images: NDArray[np.float32]
    labels: NDArray[np.int32]
    head: list[tuple[NDArray[np.float32], NDArray[np.float32]]]
    logits: NDArray[np.float32]
    answers: dict[str, Answer]


@pytest.fixture(scope="session")
def backbone() -> Backbone:
    return catalogue.load("efficientnet-lite0")


@pytest.fixture(scope="session")
def images() -> NDArray[np.float32]:
    names = ("chelsea", "coffee", "astronaut", "rocket")
    return np.stack([prepare(getattr(skimage.data, name)(), SIZE) for name in names])


def make_head(
    features: int, classes: int = 6, hidden: int = 0
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    generator = np.random.default_rng([features, classes, hidden])
    sizes = [features, *([hidden] if hidden else []), classes]
    return [
        (
            generator.normal(0, 3 / np.sqrt(rows), (rows, columns)).astype(np.float32),
            generator.normal(size=columns).astype(np.float32),
        )
        for rows, columns in zip(sizes[:-1], sizes[1:], strict=True)
    ]


@pytest.fixture(scope="session")
def asked(backbone: Backbone, images: NDArray[np.float32]) -> Asked:
    """The photos with labels, so that the head is right of some, and errs of others."""
    questioner = Questioner(backbone, LAYERS, "average")
    head = make_head(1280)
    first, _ = questioner.ask(images, np.full(4, -1), head)
    order = np.argsort(-first, axis=1)
    labels = order[np.arange(4), [0, 1, 2, 5]].astype(np.int32)
    return Asked(backbone, images, labels, head, *questioner.ask(images, labels, head))
