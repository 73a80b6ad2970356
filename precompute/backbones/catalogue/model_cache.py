"""What was found in a network's file, kept in the user's cache: the next list need not load it.

It is kept by the digests of the file and of the code that reads files, and by the versions of Keras
and TensorFlow, so that it is never stale.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from diamond_cutter.command.structuring import structure, unstructure
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model

PACKAGES = ("keras", "tensorflow", "tensorflow-cpu", "tensorflow-macos", "tf-nightly")
"""What reads files: Keras, and TensorFlow by whichever name it is installed."""


@dataclass(frozen=True)
class CachedModel:
    """The figures of a network, and its layers in depth order."""

    model: Model
    layers: list[Layer]


def cache_model(digest: str, model: Model, layers: list[Layer]) -> None:
    """Keep what was found in the file of that digest, if the cache can be written."""
    path = _place(digest)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(unstructure(CachedModel(model, layers))), encoding="utf-8")
        beside.replace(path)
    except OSError:
        return


def cached_model(digest: str) -> CachedModel | None:
    """What was found in the file of that digest; None if it was not loaded here."""
    try:
        return structure(json.loads(_place(digest).read_text(encoding="utf-8")), CachedModel)
    except (OSError, ValueError):  # not there, or cut short
        return None


def user_cache() -> Path:
    """The folder of what this user may lose: nobody else writes there."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "diamond-cutter")


def _place(digest: str) -> Path:
    return user_cache() / "networks" / f"{digest[:32]}-{_code()}.json"


@cache
def _code() -> str:
    """A digest of the code that finds layers, Keras's and TensorFlow's by their versions."""
    state = hashlib.sha256()
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            state.update(f"{package} {version(package)}".encode())
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        state.update(path.read_bytes())
    return state.hexdigest()[:16]
