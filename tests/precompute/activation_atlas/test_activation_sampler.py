"""Vectors drawn of photos: they are the layer's own, and what parts give sums up to the logit."""

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from sample_attributor import LAYERS, SIZE, make_head

from diamond_cutter.precompute.activation_atlas import activation_sampler
from diamond_cutter.precompute.activation_atlas.activation_sampler import ActivationSampler
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras


@pytest.fixture(scope="module")
def images() -> NDArray[np.float32]:
    return np.stack(
        [prepare(getattr(skimage.data, name)(), SIZE) for name in ("chelsea", "coffee")]
    )


def test_vectors_are_the_layer_s_and_parts_sum_up_to_the_logit(
    lite0: Backbone, images: NDArray[np.float32]
) -> None:
    [(weight, bias)] = head = make_head(1280)
    sampler = ActivationSampler(lite0, LAYERS, "average", 2)
    draws = np.random.default_rng(0).random((2, 4, 2))
    classes, found = sampler.sample(images, np.array([-1, -1]), head, draws)
    for layer in LAYERS:
        output = lite0.model.get_layer(layer).output
        whole = np.asarray(keras.Model(lite0.model.input, output)(images))
        sample = found[layer]
        at = sample.place
        own = whole[np.arange(2)[:, None], at[..., 0], at[..., 1]]
        np.testing.assert_allclose(sample.vector, own, atol=1e-3 * np.abs(whole).max())
        assert sample.sides.tolist() == [list(whole.shape[1:3])] * 2
    logits = whole.mean(axis=(1, 2)) @ weight  # of the last layer, the cut
    summed = found[LAYERS[-1]].attribution.sum(axis=1)
    assert classes.shape == (2, 6)
    np.testing.assert_allclose(summed, np.take_along_axis(logits, classes, axis=1), atol=1e-3)
    assert (classes[:, 0] == (logits + bias).argmax(axis=1)).all()


def test_of_each_part_one_place_is_drawn_and_none_at_the_edge() -> None:
    activation = np.arange(2 * 7 * 7, dtype=np.float32).reshape(2, 7, 7, 1)
    shares = np.ones((2, 3, 7, 7), np.float32)
    draws = np.random.default_rng(0).random((2, 9, 2))
    sample = activation_sampler._sample(activation, shares, draws, 3)
    assert activation_sampler.part_starts(7, 3).tolist() == [0, 2, 4]
    row, column = sample.place[..., 0].reshape(2, 3, 3), sample.place[..., 1].reshape(2, 3, 3)
    assert (row[:, 0] == 1).all()  # rows 0 and 1, of which 0 is the edge
    assert np.isin(row[:, 1], (2, 3)).all()
    assert np.isin(row[:, 2], (4, 5)).all()
    assert (column[:, :, 0] == 1).all()
    assert sample.attribution[0, :, 0].tolist() == [4, 4, 6, 4, 4, 6, 6, 6, 9]
    at = sample.place[1, 4]
    assert sample.vector[1, 4, 0] == 49 + 7 * at[0] + at[1]


def test_a_layer_of_one_place_gives_one_vector_a_photo() -> None:
    activation = np.array([3.0, 5.0], np.float32).reshape(1, 1, 1, 2)
    sample = activation_sampler._sample(
        activation, np.full((1, 2, 1, 1), 7, np.float32), np.full((1, 16, 2), 0.9), 4
    )
    assert sample.vector.tolist() == [[[3, 5]]]
    assert sample.place.tolist() == [[[0, 0]]]
    assert sample.attribution.tolist() == [[[7, 7]]]
