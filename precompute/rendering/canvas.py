"""What is optimized: a spectrum of colours, and where asked for one of opacity."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.spectrum import amplitudes, analyse, synthesise
from diamond_cutter.precompute.rendering.views import pixel_centres

ops = keras.ops

START_DEVIATION = 0.01
"""Standard deviation of the first coefficients: to the eye the first picture is grey."""

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
"""The shares of red, green and blue in grey (ITU-R BT.601)."""


@dataclass(frozen=True)
class Canvas:
    """Square pictures of `side` pixels with at most `frequencies` cosines along each side.

    `grey`: without colour, for a network that sees none.
    With `transparent`, a fourth plane is the opacity. A picture is then optimized over backdrops of
    random colours, and its objective counts the less the more of it is opaque (Mordvintsev et al.,
    "Differentiable Image Parameterizations", Distill 2018).
    """

    side: int
    frequencies: int
    transparent: bool = False
    grey: bool = False

    @property
    def planes(self) -> int:
        """How many planes the coefficients have."""
        return 4 if self.transparent else 3

    def start(self, generators: list[np.random.Generator]) -> NDArray[np.float32]:
        """The coefficients before the first step, (B, planes, K, K)."""
        shape = (self.planes, self.frequencies, self.frequencies)
        drawn = [generator.normal(0, START_DEVIATION, shape) for generator in generators]
        return np.stack(drawn).astype(np.float32)

    def resumed(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The coefficients of finished pictures (B, S, S, planes), to go on from; gains are 0."""
        size = amplitudes(self.frequencies)
        coefficients: NDArray[np.float32] = analyse(images, self.frequencies) / size
        return coefficients

    def backdrops(self, generators: list[np.random.Generator], count: int) -> NDArray[np.float32]:
        """Colours behind the pictures, (count, B, 3) in 0..1; drawn only where they are seen."""
        if not self.transparent:
            return np.zeros((count, len(generators), 3), np.float32)
        drawn = [generator.uniform(0, 1, (count, 3)) for generator in generators]
        return np.stack(drawn, axis=1).astype(np.float32)

    def seen(self, coefficients: Any, gains: Any, rows: Any, columns: Any) -> Any:
        """The pictures at the given positions, (B, H, W, planes) in 0..1: see `synthesise`."""
        size = amplitudes(self.frequencies) * ops.exp(gains)[:, None, None, None]
        pictures = synthesise(coefficients * size, rows, columns)
        if not self.grey:
            return pictures
        luminance = ops.sum(pictures[..., :3] * LUMINANCE, axis=-1, keepdims=True)
        return ops.concatenate([luminance] * 3 + [pictures[..., 3:]], axis=-1)

    def in_front(self, image: Any, backdrops: Any) -> tuple[Any, Any]:
        """A view over its backdrop, (B, H, W, 3), and the share that its objective counts, (B,)."""
        if not self.transparent:
            return image, ops.ones(image.shape[0])
        opacity = image[..., 3:]
        front = opacity * image[..., :3] + (1 - opacity) * backdrops[:, None, None, :]
        return front, 1 - ops.mean(opacity, axis=(1, 2, 3))

    def whole(self, coefficients: Any, gains: Any) -> Any:
        """The finished pictures, (B, S, S, planes) uint8."""
        centres = np.tile(pixel_centres(self.side), (coefficients.shape[0], 1))
        images = self.seen(coefficients, gains, centres, centres)
        return ops.cast(ops.round(images * 255), "uint8")
