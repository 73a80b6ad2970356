"""An atlas of a small model with all that there may be, and the same as it is published."""

from collections.abc import Callable
from pathlib import Path

import pytest
import zarr
from sample_whole_atlas import write_whole_atlas

from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model
from diamond_cutter.precompute.stores.published.store_publication import publish_store

SMALL = Model("small-net", "random", "Tiny", 64, 1_000, 0.1, 3, licence="MIT")
LAYERS = [
    Layer("stem", 0, 24, 2, 3, True),
    Layer("stem_expand", 1, 40, 2, 3, False),
    Layer("block1", 2, 300, 4, 19, True),
    Layer("head", 3, 20, None, None, True),
]
"""The circuits of block1 come in two blocks."""


@pytest.fixture(scope="session")
def whole_atlas(once: Callable[[str, Callable[[Path], None]], Path]) -> str:
    """The address of the atlas; to be read only."""

    def make(folder: Path) -> None:
        sides = {"stem": 32, "stem_expand": 32, "block1": 48, "head": 64}
        write_whole_atlas(str(folder / "atlas.zarr"), SMALL, LAYERS, sides)

    return str(once("whole-atlas", make) / "atlas.zarr")


@pytest.fixture(scope="session")
def published(whole_atlas: str, once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The folder with the published atlas; to be read only."""

    def make(folder: Path) -> None:
        source = zarr.open_group(whole_atlas, mode="r")
        publish_store(source, str(folder / "atlas.zarr"), "CC-BY-4.0")

    return once("published", make) / "atlas.zarr"
