import os
import subprocess
import sys
from typing import Any

import pytest

START = "from diamond_cutter.precompute.backbones.keras_runtime import keras, tf; "


def run(code: str, **environment: str) -> Any:
    set_by_others = ("TF_", "KERAS_BACKEND")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(set_by_others)}
    return subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env={**kept, **environment},
    )


def test_start_is_quiet_and_onednn_on() -> None:
    done = run(START + "import os; print(keras.ops.sum(tf.ones(3)).numpy(), dict(os.environ))")
    assert done.stderr == ""
    assert done.stdout.startswith("3.0 ")
    assert "'TF_ENABLE_ONEDNN_OPTS': '1'" in done.stdout


def test_the_user_s_choice_stands() -> None:
    done = run(
        START + "import os; print(os.environ['TF_ENABLE_ONEDNN_OPTS'])",
        TF_CPP_MIN_LOG_LEVEL="0",
        TF_ENABLE_ONEDNN_OPTS="0",
    )
    assert done.stdout == "0\n"
    assert "TensorFlow" in done.stderr


@pytest.mark.parametrize("error", ["ImportError", "SystemExit"])
def test_a_failing_start_says_what_was_held_back(error: str) -> None:
    broken = (
        "import os, sys, types\n"
        "class Broken:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'keras':\n"
        "            os.write(2, b'from below Python')\n"
        f"            raise {error}('no keras')\n"
        "sys.meta_path.insert(0, Broken())\n"
    )
    done = run(broken + START)
    assert done.returncode == 1
    assert "from below Python" in done.stderr
    assert "no keras" in done.stderr


def test_wrappers_that_nothing_uses_are_not_loaded() -> None:
    done = run(START + "import sys; print({'jax', 'sklearn'} & set(sys.modules)); import sklearn")
    assert done.stdout == "set()\n"
    assert done.returncode == 0


ALONE = (
    "import sys; sys.modules.update({name: None for name in %s})\n"
    "from diamond_cutter.precompute.backbones import keras_runtime as runtime\n"
    "print(runtime.keras.backend.backend())\n"
)


def test_jax_serves_where_it_is_alone_and_nothing_else_does() -> None:
    without_tensorflow = run(ALONE % ["tensorflow"])
    assert without_tensorflow.stdout == "jax\n"
    asked = run(ALONE % ["tensorflow"] + "runtime.tf")
    assert "UserError: tensorflow: expected it to be installed for this, got none" in asked.stderr
    without_either = run(ALONE % ["tensorflow", "jax"])
    assert "UserError: tensorflow: expected it to be installed" in without_either.stderr
    without_jax = run(ALONE % ["jax"], KERAS_BACKEND="jax")
    assert "UserError: jax: expected it to be installed" in without_jax.stderr
