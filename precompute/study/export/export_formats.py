"""The files that a classifier is written to, each with the names of its classes inside."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.leftovers import discard
from diamond_cutter.precompute.backbones.keras_runtime import (
    parse_saved_model,
    rewrite_saved_model,
    tf,
)
from diamond_cutter.precompute.study.export.classifier_network import ClassifierNetwork
from diamond_cutter.precompute.study.export.function_names import settle_function_names

LABELS = "labels.txt"
"""In a TFLite file: the zip archive at its end has one class a line, as such files do."""

METADATA, CONFIG = "metadata.json", "config.json"
"""In a `.keras` file: Keras's own; to the first "classes" and `RANGE` are added to it."""

RANGE = "value_range"
"""The name of what becomes black and white in photos of more than 8 bits."""


@dataclass(frozen=True)
class Format:
    """A kind of file, or of folder.

    `write(classifier, path)` writes it where nothing is; `is_one(path)` tells whether what is there
    is of this kind, and so may be replaced.
    """

    name: str
    is_folder: bool
    write: Callable[[ClassifierNetwork, Path], None]
    is_one: Callable[[Path], bool]


def find_format(output: Path) -> Format:
    """The format of an address, by its suffix; a `UserError` for another suffix."""
    suffix = output.suffix.lower()
    if suffix not in FORMATS:
        raise UserError(
            f"{output}: expected a name that ends in .keras, .tflite or .savedmodel, or without "
            f"suffix for a SavedModel folder, got {suffix!r}; name the output so"
        )
    return FORMATS[suffix]


def _write_keras(classifier: ClassifierNetwork, path: Path) -> None:
    """Keras's archive, with the classes in its metadata.

    What would differ with every file of the same content is not kept: times, and where objects were
    in memory, by which Keras tells those that layers share.
    """
    saved = path.with_name(f"{path.stem}.saved.keras")
    try:
        classifier.whole.save(saved)
        with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w") as target:
            for name in source.namelist():
                content = source.read(name)
                if name == METADATA:
                    metadata = json.loads(content)
                    metadata.pop("date_saved")
                    added = {"classes": classifier.classes, RANGE: classifier.value_range}
                    content = json.dumps(metadata | added).encode()
                elif name == CONFIG:
                    content = json.dumps(_numbered(json.loads(content), {})).encode()
                target.writestr(zipfile.ZipInfo(name), content)
    finally:
        discard(saved)


def _numbered(config: Any, shared: dict[int, int]) -> Any:
    """A configuration whose `shared_object_id`s are 0, 1, ... in the order in which they come."""
    if isinstance(config, list):
        return [_numbered(each, shared) for each in config]
    if not isinstance(config, dict):
        return config
    return {
        key: shared.setdefault(value, len(shared))
        if key == "shared_object_id"
        else _numbered(value, shared)
        for key, value in config.items()
    }


class _Served(tf.Module):  # type: ignore[misc]
    """What a SavedModel holds: called with photos it gives probabilities."""

    def __init__(self, classifier: ClassifierNetwork) -> None:
        super().__init__()
        self.weights = [weight.value for weight in classifier.whole.weights]
        self.classes = tf.Variable(list(classifier.classes), trainable=False)
        self.value_range = tf.Variable(classifier.value_range, trainable=False)
        self._classifier = classifier

    @tf.function  # type: ignore[untyped-decorator]
    def __call__(self, photo: Any) -> Any:
        return {"probabilities": self._classifier.whole(photo)}

    @tf.function(input_signature=[])  # type: ignore[untyped-decorator]
    def names(self) -> Any:
        return {"classes": self.classes.value(), RANGE: self.value_range.value()}


def _write_saved_model(classifier: ClassifierNetwork, path: Path) -> None:
    """A folder, to be called with photos (N, H, W, 3) uint8 or float32.

    The signatures "serving_default", of float32, and "serving_uint8" do the same; "classes" gives
    the names, and what becomes black and white in photos of more than 8 bits.
    """
    served = _Served(classifier)
    shape = (None, None, None, 3)
    floats, bytes_ = (
        served.__call__.get_concrete_function(tf.TensorSpec(shape, kind, name="photo"))
        for kind in (tf.float32, tf.uint8)
    )
    signatures = {"serving_default": floats, "serving_uint8": bytes_, "classes": served.names}
    tf.saved_model.save(served, str(path), signatures=signatures)
    content = parse_saved_model(path)
    settle_function_names(content)
    rewrite_saved_model(path, content)


def _write_tflite(classifier: ClassifierNetwork, path: Path) -> None:
    """One photo at a time, (1, H, W, 3) uint8; builtin operators only, which are of float32."""
    types = {layer.compute_dtype for layer in classifier.network._flatten_layers()} - {"float32"}
    if types:
        raise UserError(
            f"{path.suffix}: expected a network that computes in float32, as TFLite does, got "
            f"{', '.join(sorted(types))}; export it as .keras or as a SavedModel"
        )
    served = tf.Module()
    served.weights = [weight.value for weight in classifier.network.weights]
    photo = tf.TensorSpec((1, None, None, 3), tf.uint8, name="photo")
    served.classify = tf.function(
        lambda photo: {"probabilities": classifier.network(_prepare(photo, classifier.size))},
        input_signature=[photo],
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [served.classify.get_concrete_function()], served
    )
    path.write_bytes(converter.convert())
    lines = [" ".join(name.splitlines()) for name in classifier.classes]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(LABELS), "\n".join(lines))
        archive.writestr(zipfile.ZipInfo(f"{RANGE}.json"), json.dumps(classifier.value_range))


def _prepare(photo: Any, size: int) -> Any:
    """What `prepare` does, in operators that TFLite has."""
    pixels = tf.transpose(tf.cast(photo[0], tf.float32), (2, 0, 1))
    resized = tf.matmul(_weights(pixels[0, :, 0], size), pixels)
    resized = tf.matmul(resized, _weights(pixels[0, 0], size), transpose_b=True)
    square = tf.ensure_shape(tf.transpose(resized, (1, 2, 0))[None], (1, size, size, 3))
    return tf.clip_by_value(square, 0.0, 255.0) / 255.0


def _weights(line: Any, size: int) -> Any:
    """`resizing_weights` for as many pixels as a line of the photo has."""
    ones = tf.ones_like(line)
    step = tf.reduce_sum(ones) / size
    centre = (tf.range(size, dtype=tf.float32) + 0.5) * step
    distance = tf.abs(tf.cumsum(ones) - 0.5 - centre[:, None]) / tf.maximum(step, 1.0)
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    weights = tf.where(distance < 1, near, tf.where(distance < 2, far, tf.zeros_like(distance)))
    return weights / tf.reduce_sum(weights, axis=1, keepdims=True)


def _is_keras(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return {METADATA, CONFIG} <= set(archive.namelist())


def _is_tflite(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(8)[4:] == b"TFL3"


def _is_saved_model(path: Path) -> bool:
    return path.joinpath("saved_model.pb").is_file()


_SAVED_MODEL = Format("SavedModel", True, _write_saved_model, _is_saved_model)
FORMATS = {
    ".keras": Format("Keras", False, _write_keras, _is_keras),
    ".tflite": Format("TFLite", False, _write_tflite, _is_tflite),
    ".savedmodel": _SAVED_MODEL,
    "": _SAVED_MODEL,
}
"""By suffix."""
