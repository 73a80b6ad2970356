"""Our stateless Adam takes the steps of Keras's."""

import numpy as np

from diamond_cutter.precompute.rendering import adam
from diamond_cutter.precompute.runtime import keras

ops = keras.ops


def test_steps_are_those_of_keras() -> None:
    gradients = np.random.default_rng(0).normal(0, [1, 10, 0.01], (20, 3)).astype(np.float32)
    variable = keras.Variable(np.zeros(3, np.float32))
    optimizer = keras.optimizers.Adam(0.07, adam.BETA_1, adam.BETA_2, epsilon=adam.EPSILON)
    value, moments = np.zeros(3, np.float32), adam.start(np.zeros(3, np.float32))
    for number, gradient in enumerate(gradients, start=1):
        optimizer.apply([-gradient], [variable])
        value, moments = adam.ascend(value, gradient, moments, np.float32(number), 0.07)
        np.testing.assert_allclose(
            value, ops.convert_to_numpy(variable.value), rtol=1e-4, atol=1e-6
        )
