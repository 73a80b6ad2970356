"""Evidence in the atlas: written, read, and when it is made anew."""

from dataclasses import replace

import numpy as np
import pytest
import zarr

from diamond_cutter.precompute.stores.atlas.evidence_layout import (
    Evidence,
    lacks_evidence,
    read_evidence,
    write_evidence,
)
from diamond_cutter.precompute.stores.network import Network

OBSERVER = Network("seer", "ab" * 32)
EVIDENCE = Evidence(
    observer="seer",
    trials=40,
    picture=np.array([0.9, 0.5, np.nan], np.float32),
    picture_interval=np.array([[0.8, 0.95], [0.4, 0.6], [np.nan, np.nan]], np.float32),
    crops=np.array([1, 0.9, 0.8], np.float32),
    crops_interval=np.array([[0.9, 1], [0.8, 0.95], [0.7, 0.9]], np.float32),
    level=np.array([1, 2, 0], np.uint8),
)


@pytest.fixture
def layer() -> zarr.Group:
    group = zarr.group()
    group.create_array("level", data=np.array([1, 2, 0], np.uint8))
    group.create_group("natural").attrs.put({"digest": "5d"})
    return group


def test_what_was_written_is_read(layer: zarr.Group) -> None:
    assert read_evidence(layer) is None
    write_evidence(layer, EVIDENCE, OBSERVER, "5d")
    found = read_evidence(layer)
    assert found is not None
    assert (found.observer, found.trials) == ("seer", 40)
    for name in ("picture", "picture_interval", "crops", "crops_interval", "level"):
        np.testing.assert_array_equal(getattr(found, name), getattr(EVIDENCE, name))
    assert found.is_better_than_chance.tolist() == [True, False, False]


def test_that_of_other_photos_than_the_layers_is_not_read(layer: zarr.Group) -> None:
    write_evidence(layer, EVIDENCE, OBSERVER, "5d")
    natural = layer["natural"]
    natural.attrs.put({"digest": "6e"})
    assert read_evidence(layer) is None
    natural.attrs.put({})  # being measured anew
    assert read_evidence(layer) is None


def test_it_is_made_anew_for_other_photos_observers_weights_and_pictures(layer: zarr.Group) -> None:
    assert lacks_evidence(layer, OBSERVER, "5d")
    write_evidence(layer, EVIDENCE, OBSERVER, "5d")
    assert not lacks_evidence(layer, OBSERVER, "5d")
    assert lacks_evidence(layer, OBSERVER, "6e")
    assert lacks_evidence(layer, Network("other", OBSERVER.weights_digest), "5d")
    assert lacks_evidence(layer, replace(OBSERVER, weights_digest="cd" * 32), "5d")
    level = layer["level"]
    assert isinstance(level, zarr.Array)
    level[0] = 2
    assert lacks_evidence(layer, OBSERVER, "5d")


def test_a_damaged_one_is_told(layer: zarr.Group) -> None:
    write_evidence(layer, replace(EVIDENCE, crops=EVIDENCE.crops[:2]), OBSERVER, "5d")
    with pytest.raises(ValueError, match="crops: expected float32"):
        read_evidence(layer)
