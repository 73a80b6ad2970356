"""The layout: like lies by like, layers alike, the same bytes twice."""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.activation_atlas import map_layout


def clusters(seed: int, channels: int) -> NDArray[np.float32]:
    """Five clusters of 40 vectors each, one after the other, in their own directions."""
    generator = np.random.default_rng(seed)
    middle = generator.normal(size=(5, channels)) * 3
    return (middle.repeat(40, axis=0) + generator.normal(size=(200, channels))).astype(np.float32)


def test_clusters_lie_apart_and_a_second_layout_has_the_same_bytes() -> None:
    vectors = clusters(0, 30)
    common = map_layout.common_layout([vectors], seed=3)
    first = map_layout.lay_out(vectors, common, seed=3, held=0)
    np.testing.assert_array_equal(map_layout.lay_out(vectors, common, seed=3, held=0), first)
    distance = np.linalg.norm(first[:, None] - first[None], axis=2)
    nearest = distance.argsort(axis=1)[:, 1:11] // 40
    assert (nearest == np.arange(200)[:, None] // 40).mean() > 0.95
    trust, continuity = map_layout.judge_layout(vectors, first)
    assert trust > 0.9
    assert continuity > 0.9
    shuffled = np.random.default_rng(0).permutation(first)
    assert map_layout.judge_layout(vectors, shuffled)[0] < 0.6


def test_layers_that_are_held_have_a_vector_at_the_same_place() -> None:
    """Two layers that have half of what they know in common."""
    generator = np.random.default_rng(0)
    common = generator.normal(size=(300, 4))
    layers = [
        np.concatenate([common, generator.normal(size=(300, 4))], axis=1).astype(np.float32)
        for _ in range(2)
    ]

    def moved(held: float) -> float:
        at_common = map_layout.common_layout(layers, seed=0)
        one, other = (
            map_layout.to_square(map_layout.lay_out(each, at_common, 0, held=held))
            for each in layers
        )
        return float(np.median(np.linalg.norm(one - other, axis=1)))

    alone = moved(0.0)
    held = moved(map_layout.HELD)
    assert held < 0.75 * alone


def test_others_are_placed_among_those_that_are_laid_out() -> None:
    vectors = clusters(0, 30)
    positions = np.random.default_rng(0).random((200, 2)).astype(np.float32)
    np.testing.assert_allclose(map_layout.place(vectors, vectors, positions), positions, atol=1e-3)
    cornered = np.repeat(np.float32([[0, 0], [1, 0], [0, 1], [1, 1], [5, 5]]), 20, axis=0)
    placed = map_layout.place(vectors[1::2], vectors[::2], cornered)
    np.testing.assert_allclose(placed, cornered, atol=1e-4)


def test_a_map_is_a_square_and_what_lies_far_out_is_put_on_its_edge() -> None:
    generator = np.random.default_rng(0)
    positions = generator.normal(size=(1000, 2)).astype(np.float32)
    positions[0] = (1000, -1000)
    inside = map_layout.to_square(positions)
    assert inside[0].tolist() == [1, 0]
    assert inside.min() == 0
    low, high = np.percentile(inside, (1, 99), axis=0)
    np.testing.assert_allclose(low, 0.1 / 1.2, atol=1e-3)
    np.testing.assert_allclose(high, 1.1 / 1.2, atol=1e-3)


def test_chosen_evenly() -> None:
    assert map_layout.evenly(5, 9).tolist() == [0, 1, 2, 3, 4]
    assert map_layout.evenly(9, 3).tolist() == [0, 4, 8]
