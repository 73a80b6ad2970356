"""A small atlas and studies, written by the real writers, and the site built from them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sample_attribution import write_attribution
from sample_study import LARGE, SMALL, colour_of_photo, write_study

from diamond_cutter.build.site import build_site
from diamond_cutter.precompute.atlas import store
from diamond_cutter.precompute.contract.atlas import CHUNK, Flag, Layer, Level, Model

MODEL = Model("tiny-net", "random", "Tiny", 64, 1_234_567, 0.5, 3)
LAYERS = [
    Layer("stem", 0, 20, 2, 3, True),
    Layer("stem_expand", 1, 40, 2, 3, False),
    Layer("block1", 2, 300, 4, 19, True),
    Layer("head", 3, 5, None, None, True),
]
SIDES = {"stem": 32, "block1": 8, "head": 16}
RECIPE = {"name": "preview", "version": 3, "level": 1, "steps": 7, "magnification": [0.8, 1.4]}


@dataclass(frozen=True)
class Rendered:
    """What a renderer would return for a chunk."""

    images: NDArray[np.uint8]
    score: NDArray[np.float32]
    flag: NDArray[np.uint8]


def colour(channel: int) -> tuple[int, int, int]:
    """The one colour of a channel's picture, its own: far from those beside it."""
    return (40 + channel * 67 % 200, 40 + channel * 29 % 200, 40 + channel * 113 % 200)


def score(channel: int) -> float:
    """The score of a channel: no two alike, the highest is not at an end."""
    return channel * 83 % 307 / 10 - 5


def write(address: str) -> None:
    """An atlas: stem has channel 3 dead, 7 grey and 19 not rendered; head has nothing yet."""
    model = store.prepare_model(store.create_atlas(address), MODEL, LAYERS)
    for layer in LAYERS:
        if layer.name not in SIDES:
            continue
        side = SIDES[layer.name]
        group = store.prepare_layer(model, layer, side=side, seed=5, recipe=RECIPE)
        for chunk in store.missing(group, Level.PREVIEW, range(layer.channels)):
            wanted = tuple(channel for channel in chunk.wanted if is_rendered(layer.name, channel))
            inside = range(chunk.start, min(chunk.start + CHUNK, layer.channels))
            if wanted:
                rendered = Rendered(
                    np.array([np.full((side, side, 3), colour(c)) for c in inside], np.uint8),
                    np.array([score(c) for c in inside], np.float32),
                    np.array([flag(layer.name, c) for c in inside], np.uint8),
                )
                store.write_chunk(group, store.Chunk(chunk.start, wanted), rendered, Level.PREVIEW)


def is_rendered(layer: str, channel: int) -> bool:
    return layer != "head" and (layer, channel) != ("stem", 19)


def flag(layer: str, channel: int) -> Flag:
    flags = {("stem", 3): Flag.DEAD, ("stem", 7): Flag.GREY}
    return flags.get((layer, channel), Flag.NONE)


def quiet(_step: str, _done: int, _total: int) -> None:
    """A report that nobody reads."""


@pytest.fixture
def write_atlas() -> Callable[[str], None]:
    return write


@pytest.fixture(scope="session")
def small_atlas(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the small atlas; to be read only."""
    address = str(tmp_path_factory.mktemp("atlas") / "atlas.zarr")
    write(address)
    return address


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the studies that hold "pets"; to be read only."""
    address = str(tmp_path_factory.mktemp("study") / "study.zarr")
    write_study(address, SMALL)
    write_attribution(address, SMALL)
    return address


@pytest.fixture(scope="session")
def large_study(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the studies that hold "thirty", of 30 classes; to be read only."""
    address = str(tmp_path_factory.mktemp("study") / "large.zarr")
    write_study(address, LARGE)
    return address


@pytest.fixture(scope="session")
def small_site(
    small_atlas: str, small_study: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The site of the small atlas and the small study; to be read only."""
    output = tmp_path_factory.mktemp("built") / "site"
    build_site(small_atlas, [small_study], output, "", quiet)
    return output


@pytest.fixture(scope="session")
def colour_of() -> Callable[[int], tuple[int, int, int]]:
    return colour


@pytest.fixture(scope="session")
def score_of() -> Callable[[int], float]:
    return score


@pytest.fixture(scope="session")
def photo_colour() -> Callable[[int], tuple[int, int, int]]:
    return colour_of_photo
