"""Our stateless Adam takes the steps of Keras's."""

import numpy as np
import pytest

from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering import ascent

pytestmark = pytest.mark.backend

ops = keras.ops


def test_steps_are_those_of_keras() -> None:
    gradients = np.random.default_rng(0).normal(0, [1, 10, 0.01], (20, 3)).astype(np.float32)
    variable = keras.Variable(np.zeros(3, np.float32))
    optimizer = keras.optimizers.Adam(0.07, ascent.BETA_1, ascent.BETA_2, epsilon=ascent.EPSILON)
    value, moments = np.zeros(3, np.float32), ascent.no_moments(np.zeros(3, np.float32))
    for number, gradient in enumerate(gradients, start=1):
        optimizer.apply([-gradient], [variable])
        value, moments = ascent.ascend(value, gradient, moments, np.float32(number), 0.07)
        np.testing.assert_allclose(
            value, ops.convert_to_numpy(variable.value), rtol=1e-4, atol=1e-6
        )
