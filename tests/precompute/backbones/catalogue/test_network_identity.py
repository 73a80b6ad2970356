"""A network is its name and its weights, also where a process has loaded it before."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diamond_cutter.command.configuration import SHARED
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.attribution import attribution_task as attribution
from diamond_cutter.precompute.attribution import class_pictures
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.catalogue.keras_applications_source import Application
from diamond_cutter.precompute.backbones.catalogue.weights_files import file_digest
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.features import feature_task as features
from diamond_cutter.precompute.rendering.recipes import RECIPES
from diamond_cutter.precompute.rendering.targets import Family
from diamond_cutter.precompute.stores.network import Network

PHOTO = np.random.default_rng(0).random((1, 32, 32, 3), np.float32)


def train(file: Path, seed: int) -> Network:
    """Write a network of one architecture; each seed has its own weights."""
    keras.utils.set_random_seed(seed)
    image = keras.Input((32, 32, 3))
    hidden = keras.layers.Conv2D(9, 3, activation="relu", name="first")(image)
    logits = keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(hidden))
    keras.Model(image, logits).save(file)
    return catalogue.network("mine")


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the network "mine" is to be written."""
    file = tmp_path / "mine.keras"
    monkeypatch.setenv(SHARED, json.dumps({"mine": {"file": str(file), "preprocessing": "0..1"}}))
    yield file
    catalogue.load_network.cache_clear()


def test_a_worker_computes_with_the_network_that_its_task_names(mine: Path) -> None:
    pooled = []
    for seed in (0, 1):
        network = train(mine, seed)
        direct = catalogue.load("mine")
        assert direct.network == network
        (pooling,) = features._networks(((network, ("first",)),))
        pooled.append(pooling.pool(PHOTO)["first"])
        truth = keras.Model(direct.model.input, direct.model.get_layer("first").output)(PHOTO)
        np.testing.assert_allclose(pooled[-1][0, 0], np.mean(truth, (0, 1, 2)), atol=1e-5)
    assert np.abs(pooled[0] - pooled[1]).max() > 1e-3


def test_every_worker_refuses_weights_that_its_task_does_not_name(mine: Path) -> None:
    old = train(mine, 0)
    train(mine, 1)
    inquiry = attribution.AttributionRequest(old, ("first",), "average", 0, 0)
    for refused in (
        lambda: catalogue.load_network(old),
        lambda: features._networks(((old, ("first",)),)),
        lambda: attribution._attributor(inquiry),
        lambda: class_pictures._renderer(old, "first", Family.CHANNEL, RECIPES["preview"], 0, None),
    ):
        with pytest.raises(UserError, match=r"mine: expected weights of SHA-256 .* got") as caught:
            refused()
        assert old.weights_digest[:12] in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_network_that_is_replaced_while_it_is_read_is_nobodys(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(mine, 0)
    entry = type(catalogue.find("mine"))
    read = entry.load

    def replaced(self: object) -> object:
        backbone = read(self)
        train(mine, 1)
        return backbone

    monkeypatch.setattr(entry, "load", replaced)
    with pytest.raises(UserError, match="mine: expected weights that stay as they are"):
        catalogue.load("mine")


def test_a_file_that_only_looks_unchanged_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "weights.h5"
    file.write_bytes(b"old!")
    digest, state = file_digest(file), file.stat()
    file.write_bytes(b"new!")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))  # as a copy with its times may have
    assert file_digest(file) != digest


def test_published_weights_are_those_of_the_digest_that_is_pinned(
    tmp_path: Path, mine: Path
) -> None:
    lite = catalogue.network("efficientnet-lite0")
    assert catalogue.is_published(lite)
    assert not catalogue.is_published(Network(lite.name, "5d" * 32))
    assert not catalogue.is_published(train(mine, 0))
    assert not catalogue.is_published(Network("no such network", "5d" * 32))
    file = tmp_path / "published.h5"
    file.write_bytes(b"weights")
    entry = catalogue.find("ResNet50")
    assert isinstance(entry, Application)
    md5, sha256 = "63f4f1e9b725370f459720575cd5f953", file_digest(file)
    for pinned, expected in ((md5, True), (sha256, True), ("77" * 32, False), ("", False)):
        assert replace(entry, named=file, hash=pinned).weights_are_published() == expected
