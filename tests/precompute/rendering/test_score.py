"""Scores and flags on networks whose answer is known."""

import numpy as np
import pytest

from diamond_cutter.precompute.contract.atlas import Flag, Layer
from diamond_cutter.precompute.rendering.readings import ChannelReading, asked
from diamond_cutter.precompute.rendering.score import Scorer, flags
from diamond_cutter.precompute.rendering.units import channel
from diamond_cutter.precompute.runtime import keras

LAYER = Layer("colours", 0, 3, 1, 1, False)
WANTED = asked([channel(LAYER, index) for index in range(3)])


def generators() -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(3)]


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    """A layer whose channels are red, green and blue, times 100: nothing clips them."""
    image = keras.Input((None, None, 3))
    network = keras.Model(image, keras.layers.Rescaling(100.0)(image))
    mean, spread = np.array([0, 10, 20], np.float32), np.array([1, 2, 4], np.float32)
    return Scorer(ChannelReading(network, mean, spread), 4)


def test_score_is_in_natural_standard_deviations(scorer: Scorer) -> None:
    images = np.full((3, 32, 32, 3), 204, np.uint8)
    score, grey = scorer.score(images, WANTED, generators())
    np.testing.assert_allclose(score, [80, 35, 15], rtol=1e-4)
    level = 100 * 128 / 255
    np.testing.assert_allclose(grey, [level, (level - 10) / 2, (level - 20) / 4], rtol=1e-4)


def test_score_averages_over_places(scorer: Scorer) -> None:
    images = np.zeros((3, 32, 32, 3), np.uint8)
    images[:, ::2] = 255  # stripes: whatever the jitter, half of the places are bright
    strengths = [(100 + 0) / 2, (45 + 0.3 * -5) / 2, (20 + 0.3 * -5) / 2]
    score, _ = scorer.score(images, WANTED, generators())
    np.testing.assert_allclose(score, strengths, rtol=0.15)


def test_clear_parts_count_as_grey(scorer: Scorer) -> None:
    images = np.zeros((3, 32, 32, 4), np.uint8)
    score, grey = Scorer(scorer.reading, 4).score(images, WANTED, generators())
    np.testing.assert_allclose(score, grey, rtol=1e-4)


def test_flags() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
    noise[1] = 131  # next to mid-grey
    noise[2] = (255, 0, 0)  # a plain colour is a picture: it may be all that a channel wants
    score = np.array([3, 3, 3, 1.05, np.nan, 1.2], np.float32)
    found = flags(noise, score, np.ones(6, np.float32))
    assert list(found) == [Flag.NONE, Flag.GREY, Flag.NONE, Flag.DEAD, Flag.DEAD, Flag.NONE]
    assert found.dtype == np.uint8
