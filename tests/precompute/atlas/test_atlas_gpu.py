"""Runs on a GPU that is none: several chunks of a layer are rendered at once."""

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import fake_pictures
import fake_run
import numpy as np
import pytest

from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas.atlas_run import render_atlas
from diamond_cutter.precompute.rendering.recipes import RECIPES
from diamond_cutter.precompute.stores.atlas.atlas_layout import open_atlas
from diamond_cutter.precompute.stores.store_address import array, subgroup

PATIENCE = 600.0
BATCHES = {
    "stem": [range(20)],
    "block": [range(16)],
    "head": [range(16), range(16, 32), range(32, 43)],
}

Tree = Callable[[Path], dict[str, bytes]]


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "diamond_cutter.precompute.atlas.atlas_run.find_device", lambda: fake_pictures.GPU
    )


def run(folder: Path, stream: io.StringIO | None = None, workers: int = 2) -> int:
    settings = AtlasSettings(store=str(folder), workers=workers)
    return render_atlas(
        settings,
        load=fake_pictures.load,
        weigh=fake_pictures.weigh,
        render=fake_pictures.render,
        measure=fake_pictures.measure,
        stream=stream,
    ).made


def test_a_task_renders_whole_chunks_of_a_layer_at_once(tmp_path: Path) -> None:
    stream = io.StringIO()
    assert run(tmp_path, stream, workers=0) == fake_pictures.CHANNELS_OF_CUTS
    model = fake_pictures.load("efficientnet-lite0").info
    for layer in (each for each in fake_pictures.LAYERS if each.is_cut):
        stored = subgroup(open_atlas(str(tmp_path)), f"{model.name}/{layer.name}")
        assert array(stored, "images").chunks[0] == 8
        for channels in BATCHES[layer.name]:
            made = fake_pictures.render(model, layer, RECIPES["preview"], 0, channels)
            inside = slice(channels.start, channels.stop)
            np.testing.assert_array_equal(array(stored, "images")[inside], made.images)
            np.testing.assert_array_equal(array(stored, "score")[inside], made.score)
            assert (np.asarray(array(stored, "level")[inside]) == 1).all()
    said = "Toy (2 GiB), tensorflow: float32, 16 pictures at once, one layer in flight"
    assert said in stream.getvalue().splitlines()


def test_what_a_kill_left_of_a_task_is_made_again_with_the_same_bytes(
    tmp_path: Path, tree: Tree
) -> None:
    run(tmp_path)
    before = tree(tmp_path)
    head = tmp_path / "efficientnet-lite0" / "head"
    for lost in ("images/c/1/0/0/0", "level/c/1", "level/c/5"):  # killed in the midst of tasks
        (head / lost).unlink()
    assert run(tmp_path) == 8 + 3
    assert tree(tmp_path) == before


def test_everything_killed_at_random_moments(tmp_path: Path, tree: Tree) -> None:
    run(tmp_path / "undisturbed")
    folder, draw = tmp_path / "atlas.zarr", random.Random(20262)  # noqa: S311

    def start() -> "subprocess.Popen[bytes]":
        settings = json.dumps({"workers": 1})
        command = [sys.executable, fake_run.__file__, str(folder), settings, "gpu"]
        return subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)

    def done() -> int:
        return len(list(folder.glob("*/*/level/c/*")))

    for _ in range(2):
        before, end = done(), time.monotonic() + PATIENCE
        process = start()
        while done() == before:
            assert time.monotonic() < end, "nothing was made"
            assert process.poll() is None, "it ended by itself"
            time.sleep(0.002)
        time.sleep(draw.uniform(0, 0.05))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert done() < 3 + 2 + 6
    assert start().wait(PATIENCE) == 0
    assert tree(folder) == tree(tmp_path / "undisturbed")
