"""A file of Keras 2, `.h5` or `.keras`: its network is built anew, and given the weights in it."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py

from diamond_cutter.precompute.backbones.formats.hdf5_check import WEIGHTS
from diamond_cutter.precompute.backbones.formats.keras2.keras2_archive import load_archive_weights
from diamond_cutter.precompute.backbones.formats.keras2.keras2_network import build_keras2
from diamond_cutter.precompute.backbones.formats.keras2.keras2_weights import load_weights, text_of
from diamond_cutter.precompute.backbones.formats.keras_file_config import read_config

METADATA = "metadata.json"


def is_keras2(path: Path) -> bool:
    """Whether a file is one of Keras 2, as `model.save` wrote it."""
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            told = METADATA in archive.namelist() and json.loads(archive.read(METADATA))
        version = (told or {}).get("keras_version", "3")
    else:
        with h5py.File(path) as file:
            version = text_of(file.attrs.get("keras_version", "2"))
    return str(version) < "3"


def load_keras2(path: Path) -> Any:
    """The functional `keras.Model` in a file, its weights loaded.

    Raises `Keras2Error` for what today's Keras has nothing for, and as `build_keras2` does.
    """
    network = build_keras2(read_config(path))
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read(WEIGHTS))) as file:
            load_archive_weights(file, network.parts)
    else:
        with h5py.File(path) as file:
            load_weights(file, network.parts)
    return network.model
