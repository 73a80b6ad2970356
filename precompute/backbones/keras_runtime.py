"""TensorFlow and Keras as this project starts them: import them from here, before anything else.

What TensorFlow reads from the environment it reads at its first import. With KERAS_BACKEND=jax, or
where JAX alone is installed, Keras runs on JAX, and TensorFlow is not imported unless something
asks for `tf`.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from diamond_cutter.command.errors import UserError


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what is written to standard error, below Python too; give it out if this fails.

    TensorFlow's libraries report on the machine as they load, before any log level counts.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as report:
        os.dup2(report.fileno(), 2)
        try:
            yield
        except BaseException:
            report.seek(0)
            os.write(terminal, report.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


@contextmanager
def _unloaded(*packages: str) -> Iterator[None]:
    """Keep packages that are not loaded yet from being loaded: as if they were not installed."""
    absent = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: an ImportError
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def _check_installed(framework: str) -> None:
    if framework in ("jax", "tensorflow") and find_spec(framework) is None:
        raise UserError(
            f"{framework}: expected it to be installed for this, got none; `pip install "
            f"{framework}` (on JAX alone pictures are rendered, and the rest needs TensorFlow)"
        )


os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # off in some CPU builds; doubles the speed
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # worker processes share a GPU
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # so they do on JAX
_IS_JAX_ALONE = find_spec("tensorflow") is None and find_spec("jax") is not None
_FRAMEWORK = os.environ.setdefault("KERAS_BACKEND", "jax" if _IS_JAX_ALONE else "tensorflow")
log_level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # warnings and less stay unsaid

_UNUSED = {"jax", "sklearn"}
"""Imported by Keras and TensorFlow where they are there, for wrappers that nothing here uses.

That is a third of the time that a process takes to start.
"""

_HUSHED = log_level in ("2", "3")

tf: Any  # imported where it is asked for


def __getattr__(name: str) -> Any:
    """Import TensorFlow at the first use of `tf`."""
    if name != "tf":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    _check_installed("tensorflow")
    with _quiet() if _HUSHED else nullcontext():
        return _start_tensorflow()


def _start_tensorflow() -> Any:
    import tensorflow

    tensorflow.config.list_physical_devices()  # would report on GPUs at the first tensor
    if _HUSHED:
        tensorflow.get_logger().setLevel("ERROR")  # it warns of every small graph made anew
    globals()["tf"] = tensorflow
    return tensorflow


def pullback(
    function: Callable[[Sequence[Any]], Any], values: Sequence[Any]
) -> tuple[Any, Callable[[Any], Sequence[Any]]]:
    """What a function makes of tensors, and what gives the gradients of its weighted sum by each.

    The weights are of the shape and dtype of what it makes; it can be asked again and again.
    """
    if keras.backend.backend() == "jax":
        import jax

        result, pull = jax.vjp(lambda *tensors: function(tensors), *values)
        return result, pull
    framework = _start_tensorflow()
    with framework.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(values)
        result = function(values)
    none = framework.UnconnectedGradients.ZERO
    return result, lambda weights: tape.gradient(
        result, values, weights, unconnected_gradients=none
    )


def freeze(function: Any) -> Any:
    """A concrete function of TensorFlow with its variables made constants, in one flat graph."""
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    return convert_variables_to_constants_v2(function)


def parse_saved_model(path: Path) -> Any:
    """The SavedModel in a folder as its loader reads it, a message, with nothing of it run.

    Raises what TensorFlow raises for a folder that is none.
    """
    from tensorflow.python.saved_model import loader_impl

    return loader_impl.parse_saved_model(str(path))


def rewrite_saved_model(path: Path, content: Any) -> None:
    """Put another message into the folder of a SavedModel, the same bytes for the same message."""
    from tensorflow.core.protobuf.fingerprint_pb2 import FingerprintDef
    from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting

    (path / "saved_model.pb").write_bytes(content.SerializeToString(deterministic=True))
    found = FingerprintDef.FromString(fingerprinting.CreateFingerprintDef(str(path)))
    found.ClearField("uuid")  # which is drawn
    found.ClearField("saved_object_graph_hash")  # of what has no order
    (path / "fingerprint.pb").write_bytes(found.SerializeToString(deterministic=True))


_check_installed(_FRAMEWORK)
with _quiet() if _HUSHED else nullcontext(), _unloaded(*_UNUSED - {_FRAMEWORK}):
    import keras

    if keras.backend.backend() == "tensorflow":
        _start_tensorflow()

__all__ = ["freeze", "keras", "parse_saved_model", "pullback", "rewrite_saved_model", "tf"]
