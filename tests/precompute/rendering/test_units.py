"""Units and what is made from them, in figures."""

import numpy as np
import pytest

from diamond_cutter.precompute.contract.atlas import Layer
from diamond_cutter.precompute.rendering import units

LAYER = Layer("block", 0, 4, 8, 31, True)
WEIGHTS = np.array([[1, 0, 2], [0, 3, 3], [1, 1, 1], [0, 0, 6]], np.float32)
BIAS = np.array([0.5, -1, 2], np.float32)


def test_a_channel_and_its_opposite() -> None:
    unit = units.channel(LAYER, 2)
    np.testing.assert_array_equal(unit.weights, [0, 0, 1, 0])
    assert (unit.name, unit.key, unit.place) == ("channel 2", (2,), None)
    low = units.opposite(unit)
    np.testing.assert_array_equal(low.weights, [0, 0, -1, 0])
    assert low.key == unit.key


def test_directions_have_length_one() -> None:
    np.testing.assert_allclose(
        units.direction(LAYER, [3, 0, 0, -4], "d").weights, [0.6, 0, 0, -0.8]
    )
    pair = units.difference(units.channel(LAYER, 0), units.channel(LAYER, 3))
    np.testing.assert_allclose(pair.weights, [0.5**0.5, 0, 0, -(0.5**0.5)], rtol=1e-6)
    assert pair.name == "channel 0 minus channel 3"
    path = [units.blend(units.channel(LAYER, 0), units.channel(LAYER, 1), t) for t in (0, 0.5, 1)]
    np.testing.assert_allclose(path[1].weights, [0.5**0.5, 0.5**0.5, 0, 0], rtol=1e-6)
    assert {unit.key for unit in path} == {(0,)}


def test_class_logits_turn_toward_what_is_theirs_alone() -> None:
    (unit,) = units.class_logits(WEIGHTS, BIAS, [2], ["a", "b", "c"])
    np.testing.assert_array_equal(unit.weights, [2, 3, 1, 6])
    np.testing.assert_array_equal(unit.toward, [1, 1, 0, 4])
    assert (unit.name, unit.bias, unit.key) == ("class 2 c", 2.0, (2,))
    one, other = units.class_logits(WEIGHTS, BIAS, [0, 1])
    pair = units.difference(one, other)
    np.testing.assert_array_equal(pair.weights, [1, -3, 0, 0])
    np.testing.assert_array_equal(pair.toward, [1, -3, 0, 0])
    assert pair.bias == 1.5
    low = units.opposite(unit)
    np.testing.assert_array_equal(low.toward, [-1, -1, 0, -4])
    assert low.bias == -2


def test_variations_differ_in_their_start_alone() -> None:
    one, other = units.variations(units.neuron(LAYER, 1, (0.25, 1.0)), 2)
    assert one.name == other.name == "channel 1 at 0.25,1"
    assert (one.key, other.key) == ((1, 0), (1, 1))
    assert one.place == (0.25, 1.0)


def test_what_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="channel of 0 to 3, got 4"):
        units.channel(LAYER, 4)
    with pytest.raises(ValueError, match=r"weights \(4,\), got \(3,\)"):
        units.direction(LAYER, [1, 2, 3], "d")
    with pytest.raises(ValueError, match="not all zero"):
        units.direction(LAYER, [0, 0, 0, 0], "d")
    with pytest.raises(ValueError, match="no opposite"):
        units.opposite(units.whole_layer(LAYER))
    with pytest.raises(ValueError, match="undo each other"):
        units.difference(units.channel(LAYER, 1), units.channel(LAYER, 1))
    with pytest.raises(ValueError, match=r"in 0\.\.1"):
        units.position(LAYER, (0.5, 1.2))
    with pytest.raises(ValueError, match="classes of 0 to 2, got 3"):
        units.class_logits(WEIGHTS, BIAS, [3])
