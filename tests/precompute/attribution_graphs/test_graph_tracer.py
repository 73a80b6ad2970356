"""The graph of a photo, against what is computed by hand: values, edges, signs, nodes."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.cut_to_explain import Dense
from diamond_cutter.precompute.attribution_graphs.graph_run import MOST_LAYERS, graph_layers
from diamond_cutter.precompute.attribution_graphs.graph_tracer import GraphTracer, choose_nodes
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model

LAYERS = ("one", "two", "three")
CHANNELS = (3, 5, 4, 6)
SIDE = 4
EACH = len(LAYERS), max(CHANNELS)
"""Layers, and nodes in each: all of them, and in the second and third some that are none."""


@pytest.fixture(scope="module")
def kernels() -> list[NDArray[np.float64]]:
    generator = np.random.default_rng(3)
    return [generator.normal(size=shape) for shape in pairwise(CHANNELS)]


def network(kernels: list[NDArray[np.float64]], activation: str) -> Backbone:
    """Convolutions of one place, each a matrix; the place at (y, x) sees that pixel alone."""
    value = image = keras.Input((SIDE, SIDE, 3), name="image")
    layers = [
        keras.layers.Conv2D(k.shape[1], 1, activation=activation, use_bias=False, name=name)
        for k, name in zip(kernels, LAYERS, strict=True)
    ]
    for layer in layers:
        value = layer(value)
    logits = keras.layers.Dense(2, name="logits")(keras.layers.GlobalAveragePooling2D()(value))
    model = keras.Model(image, logits)
    for layer, kernel in zip(layers, kernels, strict=True):
        layer.set_weights([kernel[None, None]])
    info = Model("matrices", "own", "own", SIDE, None, None, None)
    return Backbone.of(model, info, ("a", "b"))


@pytest.fixture(scope="module")
def head() -> Dense:
    generator = np.random.default_rng(4)
    weight = generator.normal(size=(CHANNELS[-1], 2)).astype(np.float32)
    return [(weight, np.array([0.5, -0.5], np.float32))]


@pytest.fixture(scope="module")
def images() -> NDArray[np.float32]:
    return np.random.default_rng(5).random((2, SIDE, SIDE, 3)).astype(np.float32)


def by_hand(
    kernels: list[NDArray[np.float64]],
    weight: NDArray[np.float64],
    image: NDArray[np.float64],
    baseline: list[NDArray[np.float64]],
    relu: bool,
) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """What channels give to the class of `weight`, and edges, place by place, layer by layer."""
    gives = [np.zeros(count) for count in CHANNELS[1:]]
    edges = [np.zeros(shape) for shape in pairwise(CHANNELS[1:])]
    for pixel in image.reshape(-1, 3):
        values, value = [], pixel
        for kernel in kernels:
            value = value @ kernel
            value = np.maximum(value, 0) if relu else value
            values.append(value)
        slope = weight / SIDE**2
        slopes = [slope]
        steps = []
        for kernel, above in zip(kernels[:0:-1], values[:0:-1], strict=True):
            step = kernel * ((above > 0) if relu else 1)
            slope = step @ slope
            slopes.insert(0, slope)
            steps.insert(0, step)
        for layer, value in enumerate(values):
            gives[layer] += (value - baseline[layer]) * slopes[layer]
        for layer, step in enumerate(steps):
            departure = values[layer] - baseline[layer]
            edges[layer] += departure[:, None] * step * slopes[layer + 1]
    return gives, edges


@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_values_and_edges_are_those_of_the_chain_rule_with_their_signs(
    kernels: list[NDArray[np.float64]], head: Dense, images: NDArray[np.float32], activation: str
) -> None:
    generator = np.random.default_rng(6)
    baseline = [generator.random(count) for count in CHANNELS[1:]]
    tracer = GraphTracer(
        network(kernels, activation), LAYERS, "average", [list(b) for b in baseline]
    )
    labels = np.array([1, 0])
    graph, gives = tracer.trace(images, labels, np.full((2, *EACH), -1), head)
    for photo, label in enumerate(labels):
        weight = head[0][0][:, label].astype(float)
        expected, edges = by_hand(
            kernels, weight, images[photo].astype(float), baseline, activation == "relu"
        )
        assert min(edges[0].min(), edges[1].min()) < 0 < max(edges[0].max(), edges[1].max())
        for layer, given in enumerate(expected):
            np.testing.assert_allclose(gives[layer][photo], given, atol=1e-4)
            nodes = graph["node"][photo, layer]
            order = np.argsort(-given)
            assert nodes.tolist() == [*order, *[-1] * (EACH[1] - len(order))]
            there = nodes >= 0
            np.testing.assert_allclose(graph["value"][photo, layer, there], given[order], atol=1e-4)
            assert not graph["value"][photo, layer, ~there].any()
            assert graph["whole"][photo, layer] == pytest.approx(np.abs(given).sum(), abs=1e-4)
        for layer, edge in enumerate(edges):
            one, other = (nodes[nodes >= 0] for nodes in graph["node"][photo, layer : layer + 2])
            found = graph["edge"][photo, layer, : len(one), : len(other)]
            np.testing.assert_allclose(found, edge[np.ix_(one, other)], atol=1e-4)
            reaching = np.abs(edge).sum(axis=0)[other]
            np.testing.assert_allclose(
                graph["reaching"][photo, layer, : len(other)], reaching, atol=1e-4
            )
            # all edges that leave a channel are what it gives
            np.testing.assert_allclose(
                graph["edge"][photo, layer].sum(axis=1), graph["value"][photo, layer], atol=1e-4
            )
            assert not graph["edge"][photo, layer, len(one) :].any()


def test_without_nonlinearities_what_all_channels_give_is_the_change_of_the_logit(
    kernels: list[NDArray[np.float64]], head: Dense, images: NDArray[np.float32]
) -> None:
    values: list[Any] = [images.astype(float)]
    for kernel in kernels:
        values.append(values[-1] @ kernel)
    baseline = [each.mean(axis=(0, 1, 2)) for each in values[1:]]
    tracer = GraphTracer(network(kernels, "linear"), LAYERS, "average", [list(b) for b in baseline])
    labels = np.array([0, 1])
    graph, gives = tracer.trace(images, labels, np.full((2, *EACH), -1), head)
    logits = values[-1].mean(axis=(1, 2)) @ head[0][0]
    departs = (logits - logits.mean(axis=0))[np.arange(2), labels]
    for layer, given in enumerate(gives):
        np.testing.assert_allclose(given.sum(axis=1), departs, atol=1e-4)
        if layer:  # and so is what reaches each channel
            np.testing.assert_allclose(
                graph["edge"][:, layer - 1].sum(axis=1), graph["value"][:, layer], atol=1e-4
            )


def test_nodes_that_are_given_are_asked_in_their_order(
    kernels: list[NDArray[np.float64]], head: Dense, images: NDArray[np.float32]
) -> None:
    baseline = [[0.0] * count for count in CHANNELS[1:]]
    tracer = GraphTracer(network(kernels, "relu"), LAYERS, "maximum", baseline)
    labels = np.zeros(2, int)
    whole, gives = tracer.trace(images, labels, np.full((2, *EACH), -1), head)
    given = np.array([[4, 1], [2, -1], [0, 5]])
    graph, _ = tracer.trace(images, labels, np.stack([given, given]), head)
    assert graph["node"].tolist() == [given.tolist()] * 2
    assert graph["edge"].shape == (2, 2, 2, 2)
    for layer, nodes in enumerate(given):
        named = nodes[nodes >= 0]
        np.testing.assert_allclose(
            graph["value"][:, layer, : len(named)], gives[layer][:, named], atol=1e-5
        )
    at = [whole["node"][0, layer].tolist().index for layer in range(2)]
    assert graph["edge"][0, 0, 1, 0] == pytest.approx(whole["edge"][0, 0, at[0](1), at[1](2)])
    assert not graph["edge"][:, 0, :, 1].any()


def test_a_graph_of_the_cut_alone_has_no_edges(
    kernels: list[NDArray[np.float64]], head: Dense, images: NDArray[np.float32]
) -> None:
    tracer = GraphTracer(network(kernels, "relu"), LAYERS[2:], "average", [[0.0] * 6])
    graph, _ = tracer.trace(images[:1], np.zeros(1, int), np.full((1, 1, 2), -1), head)
    assert graph["edge"].shape == (1, 0, 2, 2)
    assert graph["node"].shape == (1, 1, 2)


def test_the_channels_that_give_most_either_way_are_nodes_the_most_for_first() -> None:
    gives = np.array([0.1, -3.0, 2.0, 0.0, -0.5], np.float32)
    assert choose_nodes(gives, 3).tolist() == [2, 4, 1]
    assert choose_nodes(gives[:2], 3).tolist() == [0, 1, -1]


def test_the_layers_are_cuts_evenly_spread_and_the_first_and_last_among_them() -> None:
    layers = [Layer(f"l{n}", n, 8, 2, 3, n % 2 == 0) for n in range(23)]
    found = graph_layers(layers)
    assert found == ["l0", "l4", "l8", "l14", "l18", "l22"]
    assert len(found) == MOST_LAYERS
    assert graph_layers(layers[:5]) == ["l0", "l2", "l4"]
