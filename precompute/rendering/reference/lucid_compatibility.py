"""Lucid on today's TensorFlow.

Lucid 0.3.10 was written for TensorFlow 1. While it is imported, `tensorflow` is a module that
forwards to `tensorflow.compat.v1` and has what Lucid uses of `tf.contrib`, which is no more.
Afterwards `tensorflow` is itself again: only Lucid's own modules keep the other one. One thing is
added: its `Model.load`, which goes by the suffix `.pb`, takes `.modelzoo` as well.

Lucid runs in graph mode: `with v1.Graph().as_default(), v1.Session():` around what it does.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.keras_runtime import tf
from diamond_cutter.precompute.rendering.reference import lucid_contrib

v1 = tf.compat.v1

MODELZOO = ".modelzoo"
_LOCK = threading.Lock()
"""Modules are swapped for the whole process, so by one thread at a time."""


def import_lucid(name: str) -> Any:
    """A module of Lucid, such as "lucid.optvis.render".

    Raises `UserError` where Lucid, or a package that it needs, is not installed.
    """
    if find_spec("lucid") is None:
        raise UserError(
            "expected the package lucid, which is not installed; `make lucid` brings it, with "
            "what it needs and without its old pins"
        )
    try:
        with _LOCK, _tensorflow_1():
            module = import_module(name)
            if name == "lucid.modelzoo.vision_base":
                _read_modelzoo(module.Model, import_module("lucid.misc.io.loading").loaders)
            return module
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("lucid"):
            raise
        raise UserError(
            f"lucid: expected the package {error.name}, which is not installed; `make lucid` "
            "brings what it needs"
        ) from error


def _read_modelzoo(model: Any, loaders: dict[str, Any]) -> None:
    """Let `Model.load` take `.modelzoo` files, which hold what `.pb` files do."""
    if MODELZOO in loaders:
        return
    loaders[MODELZOO] = loaders[".pb"]
    load = model.load

    def load_any(url: str) -> Any:
        return model.load_from_graphdef(url) if url.endswith(MODELZOO) else load(url)

    model.load = staticmethod(load_any)


class _Forwarding(ModuleType):
    """`tensorflow` as version 1 had it, a package whose submodules are found where they are."""

    def __init__(self) -> None:
        super().__init__("tensorflow")
        self.__path__ = tf.__path__
        self.__spec__ = tf.__spec__
        self.contrib = lucid_contrib.module()

    def __getattr__(self, name: str) -> Any:
        return getattr(v1, name)


@contextmanager
def _tensorflow_1() -> Iterator[None]:
    module = _Forwarding()
    swapped = {
        "tensorflow": module,
        "tensorflow.contrib": module.contrib,
        "tensorflow.contrib.slim": module.contrib.slim,
    }
    before = {name: sys.modules.get(name) for name in swapped}
    sys.modules.update(swapped)
    try:
        yield
    finally:
        for name, original in before.items():
            if original is None:
                del sys.modules[name]
            else:
                sys.modules[name] = original
