"""Files in which HDF5 goes round for ever: told in one line, wherever a user's file is read."""

import struct
import zipfile
from pathlib import Path

import h5py
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.catalogue.keras_application import load_weights
from diamond_cutter.precompute.backbones.formats import hdf5_check
from diamond_cutter.precompute.backbones.formats.hdf5_check import WEIGHTS, check_hdf5
from diamond_cutter.precompute.backbones.formats.keras_file import read_keras
from diamond_cutter.precompute.backbones.formats.keras_file_config import read_config

TOLD = "expected a file that HDF5 can read, got one that is damaged, so that it hangs or crashes"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5_check, "LONGEST", 1)


def endless(path: Path, *, damaged: bool = True) -> Path:
    """A file whose texts have one of -16 bytes among them, so that HDF5 returns to it."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"
    content = bytearray(path.read_bytes())
    first = content.index(b"GCOL") + 16  # an object: index, references, reserved, size
    if damaged:
        content[first + 8 : first + 16] = struct.pack("<q", -16)
    path.write_bytes(content)
    return path


def test_a_file_without_fault_is_passed_over(tmp_path: Path) -> None:
    check_hdf5(endless(tmp_path / "good.h5", damaged=False))
    (tmp_path / "text.h5").write_text("no HDF5")
    check_hdf5(tmp_path / "text.h5")  # told by who reads it
    check_hdf5(tmp_path / "none.h5")


def test_a_file_in_which_hdf5_goes_round_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=TOLD):
        read_config(endless(tmp_path / "own.h5"))


def test_weights_in_which_hdf5_goes_round_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=TOLD):
        load_weights(None, endless(tmp_path / "resnet50.h5"), "ResNet50")


def test_an_archive_with_such_weights_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "own.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.write(endless(tmp_path / "inside.h5"), WEIGHTS)
    with pytest.raises(UserError, match=TOLD):
        read_keras(tmp_path / "own.keras", "", "own")
