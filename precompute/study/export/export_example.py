"""How an exported file is used, as a program that runs: it needs nothing of this package."""

import json
from collections.abc import Sequence
from pathlib import Path

SHOWN = 5
"""Names of classes that a comment lists, at most."""

_KERAS = """\
import json, zipfile
import keras
{imports}

file = {file}
model = keras.models.load_model(file)
classes = json.loads(zipfile.ZipFile(file).read("metadata.json"))["classes"]  # {classes}
{photo}
(probabilities,) = model.predict(photo[None], verbose=0)  # RGB 0..255, of any size
{result}
"""
_SAVED_MODEL = """\
import tensorflow as tf
{imports}

model = tf.saved_model.load({file})
names = model.signatures["classes"]()["classes"].numpy()
classes = [name.decode() for name in names]  # {classes}
{photo}
(probabilities,) = model.signatures["serving_default"](photo=photo[None])["probabilities"].numpy()
{result}
"""
_TFLITE = """\
import zipfile
import tensorflow as tf  # or: from ai_edge_litert.interpreter import Interpreter
{imports}

file = {file}
classify = tf.lite.Interpreter(file).get_signature_runner()
classes = zipfile.ZipFile(file).read("labels.txt").decode().split("\\n")  # {classes}
{photo}
(probabilities,) = classify(photo=photo[None])["probabilities"]  # uint8 RGB, of any size
{result}
"""
_EXAMPLES = {"Keras": _KERAS, "SavedModel": _SAVED_MODEL, "TFLite": _TFLITE}

_IMPORTS = """\
import numpy as np
from PIL import Image, ImageOps"""
_RESULT = "print(classes[probabilities.argmax()], probabilities.max())"


def write_example(kind: str, file: Path, photo: Path, classes: Sequence[str]) -> str:
    """A program that classifies a photo with a file of a `Format` of that name."""
    named = ", ".join(json.dumps(name) for name in classes[:SHOWN])
    opened = f"ImageOps.exif_transpose(Image.open({json.dumps(str(photo))}))"
    return _EXAMPLES[kind].format(
        imports=_IMPORTS,
        file=json.dumps(str(file)),
        classes=named + (f", ... ({len(classes)})" if len(classes) > SHOWN else ""),
        photo=f'photo = np.asarray({opened}.convert("RGB"))',
        result=_RESULT,
    )
