"""What a file says of its network, read without TensorFlow."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.formats.hdf5_check import check_hdf5

USUAL_SIZE = 224
"""The input, in pixels, of a network that takes any size or does not say."""


def read_config(path: Path) -> Any:
    """The description of the network in a file, without its weights; TensorFlow is not needed.

    Raises `UserError` for a file of another kind, or that holds weights alone.
    """
    try:
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                return json.loads(archive.read("config.json"))
        check_hdf5(path)
        with h5py.File(path) as file:
            config = json.loads(file.attrs.get("model_config", "null"))
    except UserError:
        raise
    except Exception as error:  # h5py and zipfile raise what they meet
        kind = "Keras archive" if path.suffix == ".keras" else "HDF5 file"
        raise UserError(
            f"{path}: expected a {kind} with a whole network, got "
            f"{' '.join(str(error).split())[:120]}; save it anew with `model.save`"
        ) from error
    if config is None:
        raise UserError(
            f"{path}: expected a whole network, got weights alone; save it with `model.save`, or "
            f'name the network that they are for: [models.NAME] weights = "{path.name}"'
        )
    return config


def graph_of(manifest: Path) -> Path:
    """The file of the GraphDef that a manifest of Lucid's names; a `UserError` for no manifest."""
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        name = str(content.get("model_path", "graph.pb"))
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(f"{manifest}: expected a manifest in JSON, got {error}; mend it") from error
    return manifest.parent / name.removeprefix("./")


def manifest_beside(graph: Path) -> Path | None:
    """A manifest of Lucid's that lies beside a GraphDef, and names it; None if there is none.

    Raises `UserError` for a file of its name that is no manifest.
    """
    for path in (graph.with_suffix(".json"), graph.with_name("manifest.json")):
        if path.is_file() and graph_of(path) == graph:
            return path
    return None


def input_size(config: Any) -> int:
    """The longer side of the input in a description, in pixels; the usual one where it is free."""
    for layer in _layers(config):
        match layer.get("config"):
            case {"batch_shape": [_, int() | None as height, int() | None as width, _]} | {
                "batch_input_shape": [_, int() | None as height, int() | None as width, _]
            }:
                return max(height or 0, width or 0) or USUAL_SIZE
    return USUAL_SIZE


def is_teachable_machines(config: Any) -> bool:
    """Whether a description is of a network that Teachable Machine exports: it takes -1..1.

    They are a Sequential of two: a MobileNet with its average, and two dense layers, of which the
    last has a softmax and no bias.
    """
    match config:
        case {
            "class_name": "Sequential",
            "config": {
                "layers": [
                    *_,
                    {
                        "class_name": "Sequential",
                        "config": {
                            "layers": [
                                *_,
                                {"class_name": "Functional" | "Model"},
                                {"class_name": "GlobalAveragePooling2D"},
                            ]
                        },
                    },
                    {
                        "class_name": "Sequential",
                        "config": {
                            "layers": [
                                *_,
                                {"class_name": "Dense"},
                                {"class_name": "Dense", "config": {"use_bias": False}},
                            ]
                        },
                    },
                ]
            },
        }:
            return True
    return False


def _layers(config: Any) -> Iterator[dict[str, Any]]:
    """Everything that has a class in a description, however deep."""
    if isinstance(config, dict):
        if isinstance(config.get("class_name"), str):
            yield config
        for value in config.values():
            yield from _layers(value)
    elif isinstance(config, list):
        for value in config:
            yield from _layers(value)


def check_classes(path: Path, config: Any) -> None:
    """Refuse a description with anything in it that is code of the file's own.

    Of a file of older form the modules are not known: there Keras refuses what it does not know.
    """
    for entry in _layers(config):
        if is_scaled_sum(entry):
            continue
        module, name = str(entry.get("module") or ""), entry["class_name"]
        if module == "builtins" and name == "function":
            raise own_code(path, str(entry.get("config")))
        _check_class(path, module, name)
        if entry.get("registered_name") and not module:  # not of Keras, nor of a module
            raise own_code(path, name)


def is_scaled_sum(entry: Any) -> bool:
    """Whether an entry is InceptionResNetV2's x + scale * y, for which Keras 2 had no layer.

    First it wrote a Lambda, of which only the scale is read, then a layer of that network's own.
    """
    match entry:
        case {"class_name": "Custom>CustomScaleLayer"}:
            return True
        case {
            "class_name": "Lambda",
            "config": {"name": str() as name, "arguments": {"scale": int() | float()}},
        }:
            return re.fullmatch(r"block(35|17|8)_\d+", name) is not None
    return False


def own_code(path: Path, name: str) -> UserError:
    """What is said of a file with a layer or function that Keras does not have."""
    return UserError(
        f"{path}: expected layers of Keras alone, got {name}, which is code of its own; replace "
        "it by layers of Keras, and save it anew"
    )


def _check_class(path: Path, module: str, name: str) -> None:
    if name in ("Lambda", "__lambda__") or name.endswith(">Lambda"):
        raise UserError(
            f"{path}: expected layers that hold no code, got a Lambda layer; put a layer of "
            "Keras in its place (Rescaling, Normalization, Activation), and save it anew"
        )
    own = module.partition(".")[0] not in ("", "keras", "builtins", "tf_keras", "tensorflow")
    if own or ">" in name:
        raise own_code(path, f"{module}.{name}" if module else name)
