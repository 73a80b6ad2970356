"""`diamond atlas` and `diamond render` on a machine that has JAX and no TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Level, open_atlas
from diamond_cutter.precompute.stores.store_address import array, subgroup

PATIENCE = 300.0
LAYER = "stem_activation"


def diamond(absent: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """The command where nothing that is imported may import TensorFlow, in workers neither."""
    (absent / "tensorflow").mkdir(exist_ok=True)
    refusal = 'raise ModuleNotFoundError("there is no TensorFlow here", name="tensorflow")'
    (absent / "tensorflow" / "__init__.py").write_text(refusal, encoding="utf-8")
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": str(absent), "KERAS_BACKEND": "jax"}
    return subprocess.run(
        [Path(sys.executable).with_name("diamond"), *command],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=absent,
        env=environment,
    )


def test_an_atlas_is_rendered(tmp_path: Path) -> None:
    folder = tmp_path / "atlas.zarr"
    options = ["--layers", LAYER, "--channels", "0-3", "--workers", "1"]
    done = diamond(tmp_path, "atlas", "--store", str(folder), *options)
    assert done.returncode == 0, done.stderr
    stored = subgroup(open_atlas(str(folder)), f"efficientnet-lite0/{LAYER}")
    assert np.asarray(array(stored, "level")[:8]).tolist() == [Level.PREVIEW] * 4 + [0] * 4
    shown = np.asarray(array(stored, "flag")[:4]) == Flag.NONE
    assert shown.any()
    assert (np.asarray(array(stored, "score")[:4])[shown] > 0).all()


def test_a_picture_is_rendered(tmp_path: Path) -> None:
    options = ["--channels", "3", "--recipe", "preview", "-o", "picture.npz"]
    done = diamond(tmp_path, "render", "efficientnet-lite0", LAYER, *options)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "picture.npz") as made:
        assert made["images"].shape == (1, 48, 48, 3)
        assert made["images"].std() > 25
