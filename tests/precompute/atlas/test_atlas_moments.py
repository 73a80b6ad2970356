"""Sums over photos, held against NumPy on all of them at once."""

from pathlib import Path

import numpy as np
import pytest

from diamond_cutter.precompute.atlas.activation_moments import Moments
from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.photos.photo import Photo
from diamond_cutter.precompute.stores.atlas.activation_statistics import EXAMPLES, WIDEST

FILE = Photo(Path("/here/a/b.jpg"), "a/b.jpg", 0, "", "0f", 0)
PHOTOS = Photos("made up", "0f", (FILE,))


def test_moments_are_those_of_all_photos_and_places_together() -> None:
    draw = np.random.default_rng(0)
    mixed = draw.normal(size=(5, 5)) + 3
    activations = (draw.normal(size=(11, 4, 3, 5)) @ mixed + 1000).astype(np.float32)
    strengths = draw.normal(size=(11, 5)).astype(np.float32)
    strengths[9] = strengths[2]  # the first of equals counts
    moments = Moments(5)
    for part in (slice(0, 4), slice(4, 8), slice(8, 11)):
        moments.add(activations[part], strengths[part])
    natural, covariance, values = moments.finish(PHOTOS, 48, 16)
    places = activations.reshape(-1, 5).astype(np.float64)
    np.testing.assert_allclose(natural.mean, places.mean(0), rtol=1e-6)
    np.testing.assert_allclose(natural.spread, places.std(0), rtol=1e-6)
    np.testing.assert_allclose(covariance, np.cov(places.T, bias=True), rtol=1e-5)
    np.testing.assert_array_equal(natural.maximum, strengths.max(0))
    np.testing.assert_array_equal(natural.best, strengths.argmax(0))
    assert (natural.photos, natural.source, natural.digest) == (11, "made up", "0f")
    assert natural.paths == ("a/b.jpg",)
    peaks, flat = activations.max((1, 2)), activations.reshape(11, 12, 5)
    for channel in range(5):
        strongest = np.argsort(-peaks[:, channel])[:EXAMPLES]
        assert natural.example_photo[channel].tolist() == strongest.tolist()
        above = (peaks[strongest, channel] - places[:, channel].mean()) / places[:, channel].std()
        np.testing.assert_allclose(natural.example_value[channel], above, rtol=1e-3)
        row, column = divmod(int(flat[strongest[0], :, channel].argmax()), 3)
        # Of 4 x 3 places of 48 pixels: 12 by 16 pixels each, 8 to each side of the middle.
        middle = 16 * column + 8, 12 * row + 6
        box = [middle[0] - 8, max(middle[1] - 8, 0), middle[0] + 8, min(middle[1] + 8, 48)]
        assert natural.example_box[channel, 0].tolist() == box
        assert natural.example_place[channel, 0].tolist() == list(middle)
    assert values is not None
    assert (values.cells, values.value.dtype, values.place.dtype) == ((4, 3), "float16", "uint16")
    deviations = (peaks - places.mean(0)) / places.std(0)
    np.testing.assert_allclose(values.value, deviations, rtol=2e-3, atol=2e-3)
    np.testing.assert_array_equal(values.place, flat.argmax(1))
    for moment in (natural.mean, natural.spread, natural.maximum, covariance):
        assert moment is not None
        assert moment.dtype == np.float32


def test_of_samples_no_values_are_kept() -> None:
    moments = Moments(2)
    moments.add(np.ones((3, 2, 2, 2), np.float32), np.zeros((3, 2), np.float32))
    natural, _, values = moments.finish(Photos("samples", "0f"), 48, 16)
    assert (values, natural.example_photo.shape) == (None, (2, 0))


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3e5])
def test_a_channel_that_never_changes_has_no_spread_at_all(value: float) -> None:
    activations = np.random.default_rng(1).normal(size=(6, 3, 3, 2)).astype(np.float32)
    activations[..., 1] = value
    moments = Moments(2)
    for photo in activations:
        moments.add(photo[None], np.zeros((1, 2), np.float32))
    natural, _, values = moments.finish(PHOTOS, 48, 16)
    assert natural.spread[1] == 0
    assert natural.example_photo[1].tolist() == [-1] * EXAMPLES
    assert values is not None
    assert values.value[:, 1].tolist() == [0] * 6
    assert natural.mean[1] == np.float32(value)
    assert natural.spread[0] == pytest.approx(activations[..., 0].std(), rel=1e-5)


def test_of_a_very_wide_layer_no_covariance_is_kept() -> None:
    activations = np.random.default_rng(2).normal(size=(3, 2, 2, WIDEST + 1)).astype(np.float32)
    moments = Moments(WIDEST + 1)
    moments.add(activations, activations.mean((1, 2)))
    natural, covariance, _ = moments.finish(PHOTOS, 48, 16)
    assert covariance is None
    np.testing.assert_allclose(natural.spread, activations.std((0, 1, 2)), rtol=1e-5)
