"""Places of a layer, and the cells that are shown: blocks of places where there are many."""

from typing import Any

from diamond_cutter.precompute.contract.attribution import block_of
from diamond_cutter.precompute.runtime import tf


def sum_blocks(values: Any) -> Any:
    """The sums over the cells of a tensor (n, H, W, C): (n, R, Q, C)."""
    height, width, channels = values.shape[1:]
    block = block_of(height, width)
    if block == 1:
        return values
    rows, columns = -(-height // block), -(-width // block)
    padded = tf.pad(
        values, [[0, 0], [0, rows * block - height], [0, columns * block - width], [0, 0]]
    )
    apart = tf.reshape(padded, (-1, rows, block, columns, block, channels))
    return tf.reduce_sum(apart, (2, 4))
