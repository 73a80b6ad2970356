"""A backbone that gives the pooled activations of many layers at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf

BATCH = 32
"""Photos in one pass. Always that many, so that there is one tracing."""


class PoolingNetwork:
    """One pass to the deepest of some cuts, in which all of them are pooled."""

    def __init__(self, backbone: Backbone, cuts: Sequence[str]) -> None:
        """Compile the pass. Raises `UserError` for a cut that the backbone has not."""
        self.size = backbone.input_size
        self._cuts = tuple(cuts)
        model = fold(backbone, cuts)
        pixels = tf.TensorSpec((BATCH, self.size, self.size, 3), tf.float32)

        def run(images: object) -> list[object]:
            activations = keras.tree.flatten(model(images, training=False))  # a lone one: no list
            return [
                tf.stack([tf.reduce_mean(each, (1, 2)), tf.reduce_max(each, (1, 2))], axis=1)
                for each in activations
            ]

        self._run = tf.function(run, input_signature=[pixels])

    def pool(self, images: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Average and maximum of each channel over its cells, by cut: (n, 2, C) float32.

        `images`: (n, size, size, 3) float32, 0..1; n at most `BATCH`.
        """
        batch = np.zeros((BATCH, *images.shape[1:]), np.float32)
        batch[: len(images)] = images
        pooled = self._run(tf.constant(batch))
        return {
            cut: each.numpy()[: len(images)] for cut, each in zip(self._cuts, pooled, strict=True)
        }
