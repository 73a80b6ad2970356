"""How an exported file is used, as a program that runs: it needs nothing of this package.

It begins with `photo_pixels`, as it stands there: so it reads photos as the study did.
"""

import inspect
from collections.abc import Sequence
from pathlib import Path

from diamond_cutter.precompute.photos.images import photo_pixels
from diamond_cutter.precompute.photos.images.value_range import Range

SHOWN = 5
"""Names of classes that a comment lists, at most."""

_KERAS = """\
import json, zipfile
import keras

file = {file}
model = keras.models.load_model(file)
classes = json.loads(zipfile.ZipFile(file).read("metadata.json"))["classes"]  # {classes}
{photo}
(probabilities,) = model.predict(photo[None], verbose=0)  # RGB 0..255, of any size
"""
_SAVED_MODEL = """\
import tensorflow as tf

model = tf.saved_model.load({file})
names = model.signatures["classes"]()["classes"].numpy()
classes = [name.decode() for name in names]  # {classes}
{photo}
(probabilities,) = model.signatures["serving_default"](photo=photo[None])["probabilities"].numpy()
"""
_TFLITE = """\
import zipfile
import tensorflow as tf  # or: from ai_edge_litert.interpreter import Interpreter

file = {file}
classify = tf.lite.Interpreter(file).get_signature_runner()
classes = zipfile.ZipFile(file).read("labels.txt").decode().split("\\n")  # {classes}
{photo}
(probabilities,) = classify(photo=photo[None])["probabilities"]  # uint8 RGB, of any size
"""
_EXAMPLES = {"Keras": _KERAS, "SavedModel": _SAVED_MODEL, "TFLite": _TFLITE}

_PHOTO = """\
image = Image.open({photo})
photo = to_rgb(image, read_values(image), black={black!r}, white={white!r})  # of more than 8 bits
"""
_RESULT = "print(classes[probabilities.argmax()], probabilities.max())\n"


def write_example(
    kind: str, file: Path, photo: Path, classes: Sequence[str], value_range: Range
) -> str:
    """A program that classifies a photo with a file of a `Format` of that name.

    `value_range`: what becomes black and white in photos of more than 8 bits.
    """
    black, white = value_range
    named = ", ".join(map(repr, classes[:SHOWN]))
    used = _EXAMPLES[kind].format(
        file=repr(str(file)),
        classes=named + (f", ... ({len(classes)})" if len(classes) > SHOWN else ""),
        photo=_PHOTO.format(photo=repr(str(photo)), black=black, white=white).rstrip(),
    )
    return f"{inspect.getsource(photo_pixels)}\n\n{used}{_RESULT}"
