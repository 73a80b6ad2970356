"""Scores and flags on networks whose answer is known."""

import numpy as np
import pytest

from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.score import Reached, Scorer, flags, good_places, ranks
from diamond_cutter.precompute.rendering.target_readings import ChannelReading, asked
from diamond_cutter.precompute.rendering.targets import channel
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Layer

pytestmark = pytest.mark.backend

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
    return Scorer(ChannelReading(network, mean, spread, np.ones_like(spread)), 4)


def test_score_is_in_natural_standard_deviations(scorer: Scorer) -> None:
    images = np.full((3, 32, 32, 3), 204, np.uint8)
    reached = scorer.score(images, WANTED, generators())
    np.testing.assert_allclose(reached.score, [80, 35, 15], rtol=1e-4)
    assert reached.score.dtype == reached.least.dtype == np.float32


def test_score_averages_over_places(scorer: Scorer) -> None:
    images = np.zeros((3, 32, 32, 3), np.uint8)
    images[:, ::2] = 255  # stripes: whatever the jitter, half of the places are bright
    strengths = [(100 + 0) / 2, (45 + 0.3 * -5) / 2, (20 + 0.3 * -5) / 2]
    score = scorer.score(images, WANTED, generators()).score
    np.testing.assert_allclose(score, strengths, rtol=0.15)


def test_clear_parts_count_as_grey(scorer: Scorer) -> None:
    images = np.zeros((3, 32, 32, 4), np.uint8)
    grey = 100 * 128 / 255
    score = scorer.score(images, WANTED, generators()).score
    np.testing.assert_allclose(score, [grey, (grey - 10) / 2, (grey - 20) / 4], rtol=1e-4)


def test_what_a_score_must_be_is_more_than_grey_gives_or_one_natural_deviation() -> None:
    image = keras.Input((None, None, 3))
    network = keras.Model(image, keras.layers.Rescaling(1.0)(image))
    level = 128 / 255
    mean = np.array([level - 0.4, level + 0.8, level - 7], np.float32)
    scorer = Scorer(ChannelReading(network, mean, *np.ones((2, 3), np.float32)), 2)
    reached = scorer.score(np.zeros((3, 16, 16, 3), np.uint8), WANTED, generators())
    # Grey gives .4, leaky(-.8) and 7 natural deviations: the last channel is not dead for that.
    np.testing.assert_allclose(reached.least, [0.5, 0.3 * -0.8 + 0.1, 1.0], rtol=1e-4)


def test_the_own_channel_is_to_stand_out(scorer: Scorer) -> None:
    images = np.zeros((3, 32, 32, 3), np.uint8)
    images[:2] = (10, 250, 20)  # z: 4, 44 and -3
    images[2] = (10, 20, 250)
    by_chance = scorer.score(images, WANTED, generators()).by_chance
    assert by_chance.tolist() == [True, False, False]


def test_the_rank_is_uniform_where_a_picture_says_nothing_of_its_channel() -> None:
    strengths = np.random.default_rng(1).normal(size=(4000, 40)).astype(np.float32)
    numbers = np.arange(4000) % 40
    found = ranks(strengths, np.eye(40, dtype=np.float32)[numbers])
    assert (found.min(), found.max()) == (1, 40)
    assert np.mean(found <= 2) == pytest.approx(1 / 20, abs=0.01)
    opposite = ranks(strengths, -np.eye(40, dtype=np.float32)[numbers])
    np.testing.assert_array_equal(found + opposite, 41)  # the weakest is the first of those


def test_in_a_layer_of_few_channels_a_few_places_are_good() -> None:
    channels = (3, 8, 12, 32, 100, 200, 1280)
    assert [good_places(count) for count in channels] == [1, 2, 3, 8, 8, 10, 64]


def test_units_that_are_no_single_channel_have_no_rank() -> None:
    mixture = np.full((1, 3), 3**-0.5, np.float32)
    assert ranks(np.array([[1, 2, 3]], np.float32), mixture).tolist() == [0]


def test_flags() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), dtype=np.uint8)
    noise[1] = 131  # next to mid-grey
    noise[2] = (255, 0, 0)  # a plain colour is a picture: it may be all that a channel wants
    noise[7] = 131
    score = np.array([3, 3, 3, 1.05, np.nan, 1.2, 3, 3], np.float32)
    by_chance = np.array([False, False, False, True, True, False, True, True])
    found = flags(noise, Reached(score, np.full(8, 1.1, np.float32), by_chance))
    none, dead = Flag.NONE, Flag.DEAD
    assert list(found) == [none, Flag.GREY, none, dead, dead, none, Flag.CHANCE, Flag.GREY]
    assert found.dtype == np.uint8
