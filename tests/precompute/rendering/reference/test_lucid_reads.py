"""A backbone written as .modelzoo, read and rendered by Lucid itself."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.formats.model_export import write_backbone
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold

FIVE = ["stem_activation", "block2b_add", "block4c_add", "block5a_activation", "top_activation"]

SCRIPT = """
import sys
import numpy as np
from diamond_cutter.precompute.rendering.reference.lucid_compatibility import import_lucid, v1

path, folder, *layers = sys.argv[1:]
render = import_lucid("lucid.optvis.render")
param = import_lucid("lucid.optvis.param")
base = import_lucid("lucid.modelzoo.vision_base")
model = base.Model.load(path)
assert import_lucid("lucid.modelzoo.vision_base").Model.load(path[:-9] + ".pb").image_shape
assert list(model.image_shape) == [224, 224, 3] and model.image_value_range == [0, 1]
with v1.Graph().as_default(), v1.Session() as session:
    pixels = v1.placeholder("float32", (1, 224, 224, 3))
    T = model.import_graph(pixels, forget_xy_shape=False)
    photo = np.load(folder + "/photo.npy")
    values = session.run([T(layer) for layer in layers], {pixels: photo})
np.savez(folder + "/seen.npz", **dict(zip(layers, values)))
with v1.Graph().as_default(), v1.Session():
    (image,) = render.render_vis(
        model, "block2b_add:3", thresholds=(48,), verbose=False, transforms=[],
        param_f=lambda: param.image(64),
    )
assert image.shape == (1, 64, 64, 3) and image.std() > 0.02, image.std()
np.save(folder + "/image.npy", image)
"""


@pytest.mark.skipif(find_spec("lucid") is None, reason="`make lucid` brings Lucid")
def test_lucid_loads_and_renders_what_we_write(lite0: Backbone, tmp_path: Path) -> None:
    path = tmp_path / "lite0.modelzoo"
    write_backbone(lite0, None, path)
    write_backbone(lite0, None, tmp_path / "lite0.pb")  # as Lucid elsewhere wants it called
    assert (tmp_path / "lite0.pb").read_bytes() == path.read_bytes()
    photo = np.random.default_rng(0).random((1, 224, 224, 3), np.float32)
    np.save(tmp_path / "photo.npy", photo)
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(path), str(tmp_path), *FIVE]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    with np.load(tmp_path / "seen.npz") as seen:
        for name, value in zip(FIVE, fold(lite0, FIVE)(photo), strict=True):
            np.testing.assert_allclose(seen[name], value, atol=1e-4, err_msg=name)
    again = UserModelEntry("mine", ModelSettings(file=str(path))).load()
    for one, other in zip(fold(again, FIVE)(photo), fold(lite0, FIVE)(photo), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    network = fold(lite0, ["block2b_add"])
    grey = np.full((1, 64, 64, 3), 0.5, np.float32)
    reached = np.asarray(network(np.load(tmp_path / "image.npy")))[..., 3].mean()
    assert reached > np.asarray(network(grey))[..., 3].mean() + 1
