"""Units and what is made from them, in figures."""

import numpy as np
import pytest

from diamond_cutter.precompute.rendering import targets
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

LAYER = Layer("block", 0, 4, 8, 31, True)
WEIGHTS = np.array([[1, 0, 2], [0, 3, 3], [1, 1, 1], [0, 0, 6]], np.float32)
BIAS = np.array([0.5, -1, 2], np.float32)


def test_a_channel_and_its_opposite() -> None:
    target = targets.channel(LAYER, 2)
    np.testing.assert_array_equal(target.weights, [0, 0, 1, 0])
    assert (target.name, target.key, target.place) == ("channel 2", (2,), None)
    low = targets.opposite(target)
    np.testing.assert_array_equal(low.weights, [0, 0, -1, 0])
    assert low.key == target.key


def test_directions_have_length_one() -> None:
    np.testing.assert_allclose(
        targets.direction(LAYER, [3, 0, 0, -4], "d").weights, [0.6, 0, 0, -0.8]
    )
    pair = targets.difference(targets.channel(LAYER, 0), targets.channel(LAYER, 3))
    np.testing.assert_allclose(pair.weights, [0.5**0.5, 0, 0, -(0.5**0.5)], rtol=1e-6)
    assert pair.name == "channel 0 minus channel 3"
    path = [
        targets.blend(targets.channel(LAYER, 0), targets.channel(LAYER, 1), t) for t in (0, 0.5, 1)
    ]
    np.testing.assert_allclose(path[1].weights, [0.5**0.5, 0.5**0.5, 0, 0], rtol=1e-6)
    assert {target.key for target in path} == {(0,)}


def test_class_logits_turn_toward_what_is_theirs_alone() -> None:
    (target,) = targets.class_logits(WEIGHTS, BIAS, [2], ["a", "b", "c"])
    np.testing.assert_array_equal(target.weights, [2, 3, 1, 6])
    np.testing.assert_array_equal(target.toward, [1, 1, 0, 4])
    assert (target.name, target.bias, target.key) == ("class 2 c", 2.0, (2,))
    one, other = targets.class_logits(WEIGHTS, BIAS, [0, 1])
    pair = targets.difference(one, other)
    np.testing.assert_array_equal(pair.weights, [1, -3, 0, 0])
    np.testing.assert_array_equal(pair.toward, [1, -3, 0, 0])
    assert pair.bias == 1.5
    low = targets.opposite(target)
    np.testing.assert_array_equal(low.toward, [-1, -1, 0, -4])
    assert low.bias == -2


def test_variations_differ_in_their_start_alone() -> None:
    one, other = targets.variations(targets.neuron(LAYER, 1, (0.25, 1.0)), 2)
    assert one.name == other.name == "channel 1 at 0.25,1"
    assert (one.key, other.key) == ((1, 0), (1, 1))
    assert one.place == (0.25, 1.0)


def test_what_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="channel of 0 to 3, got 4"):
        targets.channel(LAYER, 4)
    with pytest.raises(ValueError, match=r"weights \(4,\), got \(3,\)"):
        targets.direction(LAYER, [1, 2, 3], "d")
    with pytest.raises(ValueError, match="not all zero"):
        targets.direction(LAYER, [0, 0, 0, 0], "d")
    with pytest.raises(ValueError, match="no opposite"):
        targets.opposite(targets.whole_layer(LAYER))
    with pytest.raises(ValueError, match="undo each other"):
        targets.difference(targets.channel(LAYER, 1), targets.channel(LAYER, 1))
    with pytest.raises(ValueError, match=r"in 0\.\.1"):
        targets.position(LAYER, (0.5, 1.2))
    with pytest.raises(ValueError, match="classes of 0 to 2, got 3"):
        targets.class_logits(WEIGHTS, BIAS, [3])
