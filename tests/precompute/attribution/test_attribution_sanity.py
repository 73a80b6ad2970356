"""Sanity (Adebayo et al. 2018): with random weights or shuffled labels the maps are others."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from sample_attributor import SIZE
from scipy.stats import spearmanr

from diamond_cutter.command.settings import TrainingSettings
from diamond_cutter.precompute.attribution.attributor import BATCH, Answer, Attributor
from diamond_cutter.precompute.backbones.catalogue import efficientnet_lite
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.features.pooling_network import PoolingNetwork
from diamond_cutter.precompute.heads.folds import make_folds
from diamond_cutter.precompute.heads.head_training import train

CUT = "block5c_add"
SCENES = ("chelsea", "coffee", "astronaut", "rocket")
EACH = 16


@pytest.fixture(scope="module")
def photos() -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Parts of four real photos, (64, SIZE, SIZE, 3), and which photo each is of."""
    generator = np.random.default_rng(0)
    parts = []
    for scene in SCENES:
        image = getattr(skimage.data, scene)()
        for _ in range(EACH):
            top, left = generator.integers(0, np.array(image.shape[:2]) - 180)
            parts.append(prepare(image[top : top + 180, left : left + 180], SIZE))
    return np.stack(parts), np.repeat(np.arange(len(SCENES)), EACH)


Ask = Callable[[Backbone, NDArray[np.intp]], Answer]


@pytest.fixture(scope="module")
def ask(photos: tuple[NDArray[np.float32], NDArray[np.intp]]) -> Ask:
    """What a head that is trained on labels answers of eight photos, of the true class."""
    images, truth = photos

    def run(backbone: Backbone, labels: NDArray[np.intp]) -> Answer:
        network = PoolingNetwork(replace(backbone, input_size=SIZE), [CUT])
        batches = [network.pool(images[start : start + 32])[CUT] for start in (0, 32)]
        features = np.concatenate(batches)[:, None, 0]
        folds = make_folds(labels, np.arange(len(labels)), [""] * len(labels), 2, seed=0)
        trained = train(features, labels, len(SCENES), folds, TrainingSettings(), seed=0)
        head = [(dense.weight, dense.bias) for dense in trained.head.layers]
        chosen = np.arange(BATCH) * (len(images) // BATCH)
        _, answers = Attributor(backbone, [CUT], "average").ask(images[chosen], truth[chosen], head)
        return answers[CUT]

    return run


def agreement(one: Answer, other: Answer, classes: NDArray[np.intp], name: str) -> float:
    """The mean rank correlation of maps or channels to the photos' classes."""
    found = []
    for photo, label in enumerate(classes):
        values = []
        for answer in (one, other):
            target = answer.arrays["target"][photo]
            row = np.flatnonzero((target[:, 0] == label) & (target[:, 1] < 0))[0]
            values.append(answer.arrays[name][photo, row].ravel())
        found.append(spearmanr(*values).statistic)
    return float(np.mean(found))


def test_random_weights_and_shuffled_labels_change_the_maps(
    backbone: Backbone, photos: tuple[NDArray[np.float32], NDArray[np.intp]], ask: Ask
) -> None:
    _, labels = photos
    classes = labels[np.arange(BATCH) * (len(labels) // BATCH)]
    trained = ask(backbone, labels)
    network = efficientnet_lite.build("efficientnet-lite0", 1.0, 1.0)
    for seed, layer in enumerate(network.layers):
        if hasattr(layer, "kernel"):
            layer.kernel.assign(keras.initializers.GlorotUniform(seed)(layer.kernel.shape))
    random = ask(replace(backbone, model=network), labels)
    shuffled = ask(backbone, np.random.default_rng(5).permutation(labels))
    again = ask(backbone, labels)
    for name in ("heatmap", "channel"):
        assert agreement(trained, again, classes, name) > 0.999
        for other in (random, shuffled):
            assert abs(agreement(trained, other, classes, name)) < 0.35, name
