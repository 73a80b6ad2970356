"""What `diamond export` wrote, read back: from photo to probabilities."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.formats.allowed_operations import check_saved_model
from diamond_cutter.precompute.backbones.formats.hdf5_check import check_hdf5
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf
from diamond_cutter.precompute.photos.images.value_range import FULL, Range
from diamond_cutter.precompute.study.export.export_formats import FORMATS, LABELS, METADATA, RANGE


@dataclass(frozen=True)
class ExportedFile:
    """A classifier in a file: `classify` takes (H, W, 3) uint8 RGB of any size, and gives (K,)."""

    classes: tuple[str, ...]
    value_range: Range
    classify: Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def is_exported(path: Path) -> bool:
    """Whether `diamond export` wrote that file or folder: it holds the names of classes."""
    kind = FORMATS.get(path.suffix.lower())
    if kind is None or not path.exists() or not kind.is_one(path):
        return False
    if kind.name == "SavedModel":
        return b"serving_uint8" in path.joinpath("saved_model.pb").read_bytes()
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        if kind.name == "TFLite":
            return {LABELS, f"{RANGE}.json"} <= set(archive.namelist())
        return "classes" in json.loads(archive.read(METADATA))


def read_exported(path: Path) -> ExportedFile:
    """Read a file for which `is_exported` holds; a `UserError` for one that is damaged."""
    try:
        return _READERS[FORMATS[path.suffix.lower()].name](path)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, tf.errors.OpError) as error:
        said = " ".join(str(error).split())[:200]
        raise UserError(
            f"{path}: expected a network that `diamond export` wrote, got one that can't be read: "
            f"{said}; export it again"
        ) from error


def _read_keras(path: Path) -> ExportedFile:
    with zipfile.ZipFile(path) as archive:
        metadata = json.loads(archive.read(METADATA))
    check_hdf5(path)
    model = keras.models.load_model(path, compile=False)
    run = tf.function(model, input_signature=[tf.TensorSpec((1, None, None, 3), tf.float32)])

    def classify(photo: NDArray[np.uint8]) -> Any:
        return run(tf.constant(photo[None], tf.float32)).numpy()[0]

    black, white = metadata.get(RANGE, FULL)
    return ExportedFile(tuple(metadata["classes"]), (black, white), classify)


def _read_saved_model(path: Path) -> ExportedFile:
    check_saved_model(path)
    served = tf.saved_model.load(str(path))
    told = served.signatures["classes"]()
    black, white = told[RANGE].numpy().tolist()
    names = tuple(name.decode() for name in told["classes"].numpy())

    def classify(photo: NDArray[np.uint8]) -> Any:
        found = served.signatures["serving_uint8"](photo=tf.constant(photo[None]))
        return found["probabilities"].numpy()[0]

    return ExportedFile(names, (black, white), classify)


def _read_tflite(path: Path) -> ExportedFile:
    with zipfile.ZipFile(path) as archive:
        names = tuple(archive.read(LABELS).decode().split("\n"))
        black, white = json.loads(archive.read(f"{RANGE}.json"))
    run = tf.lite.Interpreter(str(path)).get_signature_runner()

    def classify(photo: NDArray[np.uint8]) -> Any:
        return run(photo=photo[None])["probabilities"][0]

    return ExportedFile(names, (black, white), classify)


_READERS: dict[str, Callable[[Path], ExportedFile]] = {
    "Keras": _read_keras,
    "SavedModel": _read_saved_model,
    "TFLite": _read_tflite,
}
