"""The real thing: `diamond atlas` on EfficientNet-Lite0, killed and taken up again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from diamond_cutter.command.main import main
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Level, open_atlas
from diamond_cutter.precompute.stores.store_address import array, subgroup

PATIENCE = 600.0
"""Seconds after which something that has to happen is given up, on a machine busy with others."""

LAYERS = ("stem_activation", "block1a_project_bn")


def command(folder: Path) -> list[str]:
    """Two chunks of a layer and one of another."""
    options = ["--layers", ",".join(LAYERS), "--channels", "0-7,16-19", "--workers", "1"]
    return ["atlas", "--store", str(folder), *options]


def start(folder: Path) -> "subprocess.Popen[bytes]":
    """The command as a process group of its own."""
    return subprocess.Popen(
        [Path(sys.executable).with_name("diamond"), *command(folder)],
        cwd=folder.parent,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_a_killed_run_of_a_real_network_ends_with_the_bytes_of_an_undisturbed_one(
    tmp_path: Path, tree: Callable[[Path], dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    undisturbed, killed = tmp_path / "undisturbed.zarr", tmp_path / "killed.zarr"
    assert main(command(undisturbed)) == 0  # here, where TensorFlow is there already
    process = start(killed)
    end = time.monotonic() + PATIENCE
    while not list(killed.glob("*/*/level/c/0")):
        assert time.monotonic() < end, "no chunk was finished"
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert len(list(killed.glob("*/*/level/c/*"))) < 3
    assert main(command(killed)) == 0
    assert tree(killed) == tree(undisturbed)

    stem = subgroup(open_atlas(str(undisturbed)), "efficientnet-lite0/stem_activation")
    rendered = np.asarray(array(stem, "level")[:]) == Level.PREVIEW
    assert np.flatnonzero(rendered).tolist() == [*range(8), *range(16, 20)]
    shown = rendered & (np.asarray(array(stem, "flag")[:]) == Flag.NONE)
    images = np.asarray(array(stem, "images")[:], np.float64)
    from_grey = np.sqrt(np.square(images - 127.5).mean(axis=(1, 2, 3)))
    assert (from_grey[shown] > 25).all()  # some channels of a stem want plain black: it is seen
    assert not images[~rendered].any()
    assert (np.asarray(array(stem, "score")[:])[shown] > 0).all()
