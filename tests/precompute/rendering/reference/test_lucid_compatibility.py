import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.rendering.reference import lucid_compatibility
from diamond_cutter.precompute.rendering.reference.lucid_contrib import rotate

needs_lucid = pytest.mark.skipif(find_spec("lucid") is None, reason="`make lucid` brings Lucid")


@pytest.mark.parametrize("quarters", range(4))
def test_rotation_is_counterclockwise_about_the_centre(quarters: int) -> None:
    image = np.random.default_rng(0).random((5, 5, 3), np.float32)
    expected = np.rot90(image, quarters)
    np.testing.assert_allclose(rotate(image, quarters * np.pi / 2), expected, atol=1e-6)
    (first, second) = rotate(np.stack([image, image]), [0.0, quarters * np.pi / 2])
    np.testing.assert_allclose(first, image, atol=1e-6)
    np.testing.assert_allclose(second, expected, atol=1e-6)


def test_absent_lucid_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lucid_compatibility, "find_spec", lambda _: None)
    with pytest.raises(UserError, match="lucid, which is not installed; `make lucid` brings it"):
        lucid_compatibility.import_lucid("lucid")


SCRIPT = """
import sys
import numpy as np
from diamond_cutter.precompute.rendering.reference.lucid_compatibility import import_lucid, v1
from diamond_cutter.precompute.backbones.keras_runtime import tf

render = import_lucid("lucid.optvis.render")
base = import_lucid("lucid.modelzoo.vision_base")
param = import_lucid("lucid.optvis.param")
cppn = import_lucid("lucid.optvis.param.cppn")
assert sys.modules["tensorflow"] is tf and "tensorflow.contrib" not in sys.modules

path = sys.argv[1]
with v1.Graph().as_default(), v1.Session() as session:
    picture = cppn.cppn(16)
    session.run(v1.global_variables_initializer())
    assert picture.eval().shape == (1, 16, 16, 3)
    pixels = v1.placeholder(tf.float32, (None, 32, 32, 3), name="input")
    blue = tf.nn.relu(pixels[..., 2:] - pixels[..., :1], name="blue")
    tf.reduce_mean(blue, (1, 2), name="out")
    base.Model.save(path, "input", ["out"], [32, 32, 3], [-1, 1])
plain = lambda: param.image(32, fft=False, decorrelate=False)
with v1.Graph().as_default(), v1.Session():
    model = base.Model.load(path)
    (image,) = render.render_vis(
        model, "blue:0", thresholds=(32,), verbose=False, param_f=plain
    )
red, _, blue = image[0].mean((0, 1))
assert image.shape == (1, 32, 32, 3) and blue > red + 0.5, (red, blue)
"""


@needs_lucid
def test_lucid_saves_loads_and_renders(tmp_path: object) -> None:
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, f"{tmp_path}/model.pb"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
