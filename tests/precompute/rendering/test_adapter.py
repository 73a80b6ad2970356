"""What the adapter of either framework must do."""

import numpy as np

from diamond_cutter.precompute.rendering import adapter


def test_a_compiled_function_takes_batches_of_several_sizes() -> None:
    double = adapter.compiled(lambda values: values * 2)
    for count in (8, 7, 8):
        values = np.arange(count, dtype=np.float32)
        np.testing.assert_array_equal(double(values), 2 * values)
