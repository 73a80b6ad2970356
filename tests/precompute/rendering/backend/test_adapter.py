"""What the adapter of either framework must do."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from diamond_cutter.precompute.backbones import keras_runtime
from diamond_cutter.precompute.rendering.backend import adapter

pytestmark = pytest.mark.backend


def test_a_compiled_function_takes_batches_of_several_sizes() -> None:
    double = adapter.compiled(lambda values: values * 2)
    for count in (8, 7, 8):
        values = np.arange(count, dtype=np.float32)
        np.testing.assert_array_equal(double(values), 2 * values)


def test_a_gpu_is_told_as_the_framework_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    if adapter.FRAMEWORK == "jax":
        jax = pytest.importorskip("jax")
        told = {"platform": "gpu", "device_kind": "H100", "compute_capability": "9.0"}
        others = {"platform": "gpu", "device_kind": "gfx90a", "compute_capability": "gfx90a"}

        def pretend(details: dict[str, Any] | None) -> None:
            found = SimpleNamespace(**details or {"platform": "cpu"})
            monkeypatch.setattr(jax, "devices", lambda: [found])
    else:
        config = keras_runtime.tf.config
        told = {"device_name": "H100", "compute_capability": (9, 0)}
        others = {"device_name": "gfx90a"}

        def pretend(details: dict[str, Any] | None) -> None:
            found = [] if details is None else ["the first"]
            monkeypatch.setattr(config, "get_visible_devices", lambda _kind: found)
            monkeypatch.setattr(config.experimental, "get_device_details", lambda _: details)

    for details, name_and_capability in ((told, ("H100", 9.0)), (others, ("gfx90a", None))):
        pretend(details)
        assert adapter.gpu() == name_and_capability
    pretend(None)
    assert adapter.gpu() is None
