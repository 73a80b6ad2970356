import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from zarr.storage import MemoryStore

from diamond_cutter.precompute.stores import stored_files as module
from diamond_cutter.precompute.stores.stored_files import stored_files


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> zarr.Array[Any]:
    """An array of four chunks, on a file system whose times are as fine as they are."""
    monkeypatch.setattr(module, "SETTLED", 0.0)
    atlas = zarr.open_group(tmp_path / "atlas.zarr", mode="a")
    content = np.arange(64, dtype=np.uint8).reshape(8, 8)
    made = atlas.create_array("net/images", data=content, chunks=(2, 8), compressors=None)
    time.sleep(0.02)  # a later change has another time, as a clock of 100 Hz gives them
    return made


def opened(address: Path) -> zarr.Array[Any]:
    return zarr.open_array(address / "net" / "images", mode="r")


def test_files_that_are_left_alone_tell_the_same(images: zarr.Array[Any], tmp_path: Path) -> None:
    before = stored_files(images)
    assert len(before) == 32
    (tmp_path / "atlas.zarr" / "net" / "score").write_bytes(b"of another array")
    assert stored_files(opened(tmp_path / "atlas.zarr")) == before


def test_a_chunk_written_again_is_told(images: zarr.Array[Any]) -> None:
    before = stored_files(images)
    images[3] = 255 - np.asarray(images[3])
    assert "" != stored_files(images) != before


def test_a_byte_changed_in_place_is_told_whatever_time_the_file_is_given(
    images: zarr.Array[Any], tmp_path: Path
) -> None:
    before = stored_files(images)
    (chunk,) = (tmp_path / "atlas.zarr" / "net" / "images" / "c" / "1").iterdir()
    told = chunk.stat()
    with chunk.open("r+b") as file:
        file.write(b"\xff")
    os.utime(chunk, ns=(told.st_atime_ns, told.st_mtime_ns))
    assert chunk.stat().st_mtime_ns == told.st_mtime_ns
    assert "" != stored_files(images) != before


def test_a_store_put_in_the_place_of_another_is_told(
    images: zarr.Array[Any], tmp_path: Path
) -> None:
    atlas = tmp_path / "atlas.zarr"
    before = stored_files(images)
    shutil.copytree(atlas, tmp_path / "copy.zarr")  # with the times of its files
    shutil.rmtree(atlas)
    (tmp_path / "copy.zarr").rename(atlas)
    assert "" != stored_files(opened(atlas)) != before


def test_files_just_written_and_those_that_are_in_memory_tell_nothing(
    images: zarr.Array[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SETTLED", 2.0)
    assert stored_files(images) == ""
    assert stored_files(zarr.create_array(MemoryStore(), shape=(3,), dtype="uint8")) == ""
