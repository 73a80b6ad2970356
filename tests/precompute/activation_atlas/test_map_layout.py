"""The layout: like lies by like, layers alike, the same bytes twice."""

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.precompute.activation_atlas import map_layout
from diamond_cutter.precompute.activation_atlas.map_layout import CommonLayout, LayerLayout


def clusters(seed: int, channels: int) -> NDArray[np.float32]:
    """Five clusters of 40 vectors each, one after the other, in their own directions."""
    generator = np.random.default_rng(seed)
    middle = generator.normal(size=(5, channels)) * 3
    return (middle.repeat(40, axis=0) + generator.normal(size=(200, channels))).astype(np.float32)


def test_clusters_lie_apart_and_a_second_layout_has_the_same_bytes() -> None:
    vectors = clusters(0, 30)
    common = CommonLayout.of([vectors], seed=3).position
    first = LayerLayout.of(vectors, common, seed=3, held=0).position
    again = LayerLayout.of(vectors, common, seed=3, held=0).position
    np.testing.assert_array_equal(again, first)
    distance = np.linalg.norm(first[:, None] - first[None], axis=2)
    nearest = distance.argsort(axis=1)[:, 1:11] // 40
    assert (nearest == np.arange(200)[:, None] // 40).mean() > 0.95
    trust, continuity = map_layout.judge_layout(vectors, first)
    assert trust > 0.9
    assert continuity > 0.9
    shuffled = np.random.default_rng(0).permutation(first)
    assert map_layout.judge_layout(vectors, shuffled)[0] < 0.6


def common_in_half(count: int) -> list[NDArray[np.float32]]:
    """Two layers that have half of what they know in common."""
    generator = np.random.default_rng(0)
    common = generator.normal(size=(count, 4))
    return [
        np.concatenate([common, generator.normal(size=(count, 4))], axis=1).astype(np.float32)
        for _ in range(2)
    ]


def test_layers_that_are_held_have_a_vector_at_the_same_place() -> None:
    layers = common_in_half(300)
    at_common = CommonLayout.of(layers, seed=0).position

    def moved(held: float) -> float:
        one, other = (
            map_layout.to_square(LayerLayout.of(each, at_common, 0, held=held).position)
            for each in layers
        )
        return float(np.median(np.linalg.norm(one - other, axis=1)))

    alone = moved(0.0)
    held = moved(map_layout.HELD)
    assert held < 0.85 * alone


def test_others_are_placed_among_those_that_are_laid_out_and_held_as_these_are() -> None:
    layers = common_in_half(400)
    common = CommonLayout.of([each[:300] for each in layers], seed=0)
    np.testing.assert_allclose(
        common.place([each[:300] for each in layers]), common.position, atol=1e-3
    )
    at_common = common.place([each[300:] for each in layers])
    layouts = [LayerLayout.of(each[:300], common.position, 0) for each in layers]
    for layout, each in zip(layouts, layers, strict=True):
        np.testing.assert_allclose(
            layout.place(each[:300], common.position), layout.position, atol=1e-3
        )
    one, other = (
        layout.place(each[300:], at_common) for layout, each in zip(layouts, layers, strict=True)
    )
    extent = np.ptp(layouts[0].position, axis=0).max()
    moved = np.median(np.linalg.norm(one - other, axis=1))
    by_chance = np.median(np.linalg.norm(one - other[::-1], axis=1))
    assert moved < 0.6 * by_chance < extent


@pytest.mark.parametrize("layers", [1, 2])
def test_a_single_vector_lies_in_the_middle(layers: int) -> None:
    """Of one photo asked in one part, or of a layer of one place."""
    vectors = [np.float32([[0.5, 2, 1]])] * layers
    common = CommonLayout.of(vectors, 0).position
    layout = LayerLayout.of(vectors[0], common, 0)
    np.testing.assert_allclose(map_layout.to_square(layout.position), [[0.5, 0.5]])
    assert map_layout.judge_layout(vectors[0], layout.position) == (1, 1)


def test_others_lie_where_their_nearest_do() -> None:
    vectors = clusters(0, 30)
    cornered = np.repeat(np.float32([[0, 0], [1, 0], [0, 1], [1, 1], [5, 5]]), 20, axis=0)
    placed = map_layout.between(vectors[1::2], vectors[::2], cornered)
    np.testing.assert_allclose(placed, cornered, atol=1e-4)


def test_another_lies_where_most_of_its_nearest_do_and_not_halfway_to_the_rest() -> None:
    laid_out = np.concatenate([np.full((10, 2), 1), np.full((90, 2), 9)]).astype(np.float32)
    laid_out += np.random.default_rng(0).normal(0, 0.01, laid_out.shape).astype(np.float32)
    position = np.random.default_rng(1).random((100, 2)).astype(np.float32)
    position[:7] = [(0.2, 0.3), (0.22, 0.3), (0.18, 0.3), *[(0.2, 0.3)] * 4]
    position[7:10] = (0.9, 0.8)
    placed = map_layout.between(np.float32([[1, 1]]), laid_out, position)
    np.testing.assert_allclose(placed, [[0.2, 0.3]], atol=0.02)


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
