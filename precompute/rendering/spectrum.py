"""The picture as a cosine spectrum, and any view of it, made directly from the spectrum.

A picture is a function on the square canvas [0, 1]^2 of the form

    colour(y, x) = sigmoid(D sum_kl amplitude_kl c_kl cos(pi k y) cos(pi l x))

with the coefficients c (3, K, K) optimized and D the matrix that decorrelates colours. It is the
Fourier parametrization of Olah et al., "Feature Visualization" (Distill, 2017), with the cosine
transform (DCT) in place of the complex one: real, separable, and reflecting at its border instead
of wrapping around. A view that is shifted and zoomed is the same sum at other positions: two matrix
products a picture, exactly differentiable.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from diamond_cutter.precompute.backbones.keras_runtime import keras

ops = keras.ops

DECAY = 1.2
"""Amplitudes fall as 1 / frequency^DECAY; those of natural photos fall with a power of 1."""

FLAT = 4
"""Up to this frequency, in half waves of the picture, amplitudes are alike.

If they went on growing, a picture would be one saturated colour long before it has form: its
sigmoids let nothing more through there.
"""

LARGEST = 0.2
"""The amplitude of the lowest frequencies."""

_DARKEST = 0.25 / 255

# Square root of the colour covariance of ImageNet (the figures of Lucid), scaled so that the
# longest column has length 1; its columns are about brightness, blue-yellow and green-magenta.
_COLOURS = np.array([[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]], np.float32)
DECORRELATION: NDArray[np.float32] = _COLOURS / np.linalg.norm(_COLOURS, axis=0).max()


def amplitudes(frequencies: int) -> NDArray[np.float32]:
    """The amplitude of each coefficient, (K, K) float32, LARGEST at the lowest frequencies."""
    index = np.arange(frequencies)
    radius = np.hypot(index[:, None], index[None, :])
    return (LARGEST / np.maximum(radius / FLAT, 1) ** DECAY).astype(np.float32)


def synthesise(spectrum: Any, rows: Any, columns: Any) -> Any:
    """The colours of pictures at the given positions.

    Args:
        spectrum: (B, 3, K, K) float32, coefficients already multiplied by their amplitudes; or
            (B, 4, K, K), the fourth plane of opacity.
        rows: (B, H) float32, canvas targets; positions outside 0..1 see the reflected picture.
        columns: (B, W) float32, likewise.

    Returns:
        (B, H, W, 3) float32 RGB in 0..1; or (B, H, W, 4), RGB and opacity.
    """
    vertical, horizontal = (_waves(axis, spectrum.shape[-1]) for axis in (rows, columns))
    planes = ops.matmul(ops.matmul(vertical, spectrum), ops.transpose(horizontal, (0, 1, 3, 2)))
    batch, count, height, width = planes.shape
    mixed = ops.matmul(_mixing(count), ops.reshape(planes, (batch, count, height * width)))
    colours = ops.sigmoid(ops.reshape(mixed, (batch, count, height, width)))
    return ops.transpose(colours, (0, 2, 3, 1))


def analyse(images: NDArray[np.uint8], frequencies: int) -> NDArray[np.float32]:
    """The spectrum of finished pictures: what `synthesise` makes them of, at their pixels' centres.

    Args:
        images: (B, S, S, 3 or 4) uint8. Where a picture is black or white its sigmoid is taken to
            be a quarter of a byte's step away from it.
        frequencies: K, at most S; what is above is left out.

    Returns:
        (B, 3 or 4, K, K) float32, amplitudes included.
    """
    share = np.clip(images / 255, _DARKEST, 1 - _DARKEST)
    logits = np.log(share / (1 - share)) @ np.linalg.inv(_mixing(images.shape[-1])).T
    waves = dctn(np.moveaxis(logits, -1, 1), axes=(2, 3), norm="forward")
    waves = waves[..., :frequencies, :frequencies]
    twice = np.where(np.arange(frequencies) == 0, 1, 2)
    spectrum: NDArray[np.float32] = (waves * twice[:, None] * twice).astype(np.float32)
    return spectrum


def _mixing(planes: int) -> NDArray[np.float32]:
    """What makes colours, and opacity as it is, of the planes: (planes, planes)."""
    mixing = np.eye(planes, dtype=np.float32)
    mixing[:3, :3] = DECORRELATION
    return mixing


def _waves(positions: Any, frequencies: int) -> Any:
    """cos(pi k position), (B, 1, P, K)."""
    index = np.pi * np.arange(frequencies, dtype=np.float32)
    return ops.cos(positions[:, None, :, None] * index)
