"""TensorFlow and Keras as this project starts them: import them from here, before anything else.

What TensorFlow reads from the environment it reads at its first import.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext


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


os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # off in some CPU builds; doubles the speed
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # worker processes share a GPU
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
log_level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # warnings and less stay unsaid

with _quiet() if log_level in ("2", "3") else nullcontext():
    import keras
    import tensorflow as tf

    tf.config.list_physical_devices()  # looks for GPUs, and would report at the first tensor

__all__ = ["keras", "tf"]
