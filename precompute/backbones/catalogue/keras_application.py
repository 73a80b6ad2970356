"""A network of `keras.applications`, from RGB of 0..1 to logits."""

import inspect
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.formats.hdf5_check import check_hdf5
from diamond_cutter.precompute.backbones.graph.preprocessing import Preprocessing
from diamond_cutter.precompute.backbones.keras_runtime import keras

SUFFIXES = (".h5", ".hdf5", ".keras")

EFFICIENTNET_DEVIATION = np.array([0.229, 0.224, 0.225])
"""ImageNet's standard deviation, which EfficientNet's published weights hold as a variance."""


def build(name: str, size: int, weights: Path | None = None) -> Any:
    """A functional `keras.Model`, float32 RGB 0..1 (N, size, size, 3) to logits (N, 1000).

    `weights`: a file; None for random ones. Raises `UserError` for a file that is damaged, or of
    another format or network.
    """
    function = getattr(keras.applications, name)
    network = function(weights=None, input_shape=(size, size, 3), classifier_activation=None)
    if weights is not None:
        load_weights(network, weights, name)
    pixels = keras.Input((size, size, 3), name="input")
    value = preprocessing_of(function).apply(pixels)
    return keras.Model(pixels, _mended(network)(value), name=name)


def load_weights(network: Any, path: Path, name: str) -> None:
    """Fill a network with the weights in a file; a `UserError` if they do not fit."""
    if not path.name.endswith(SUFFIXES):
        raise UserError(
            f"{path}: expected the weights of {name} in a file {', '.join(SUFFIXES)}, got "
            f"{path.suffix or 'no suffix'!r}; name another file"
        )
    check_hdf5(path)
    try:
        with warnings.catch_warnings():  # what does not fit is told below, in one line
            warnings.simplefilter("ignore")
            network.load_weights(path)
    except Exception as error:  # h5py and Keras raise what they meet
        raise UserError(
            f"{path}: expected the weights of {name}, got {_first_line(error)}; name the file of "
            f"that network, or download it anew if it is damaged"
        ) from error


def preprocessing_of(function: Any) -> Preprocessing:
    """What a network of keras.applications expects, as its own `preprocess_input` does it."""
    module = inspect.getmodule(function)
    probe = np.concatenate([np.zeros((1, 3)), 255 * np.eye(3)]).reshape(1, 4, 1, 3)
    zero, *answers = np.asarray(module.preprocess_input(probe), np.float64)[0, :, 0]  # type: ignore[union-attr]
    matrix = np.stack(answers) - zero  # how much each input channel gives to each of the network's
    order = tuple(int(source) for source in np.abs(matrix).argmax(axis=0))
    scale = matrix[order, range(3)]
    return Preprocessing(_rounded(scale), _rounded(zero), order)


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values.round(12))


def _mended(network: Any) -> Any:
    """The network as Keras builds it for ImageNet's weights.

    An EfficientNet's file holds standard deviations where variances belong, and Keras adds a
    `Rescaling` only when it loads the file by itself: here the variances are squared.
    """
    for layer in network.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            mean, variance, *count = layer.get_weights()
            if np.allclose(variance.ravel(), EFFICIENTNET_DEVIATION, atol=2e-3):
                layer.set_weights([mean, variance**2, *count])
                layer.finalize_state()
    return network


def _first_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:160]}{'...' if len(text) > 160 else ''}"
