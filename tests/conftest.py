"""A small atlas and studies, written by the real writers, and the site built from them."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zarr
from filelock import FileLock
from numpy.typing import NDArray
from sample_attribution import write_attribution
from sample_circuit import make_kernels, write_circuits
from sample_judged import judge_stem
from sample_likeness import write_likeness
from sample_map import write_maps
from sample_study import LARGE, SMALL, colour_of_photo, write_study

from diamond_cutter.build.whole_site import build_site
from diamond_cutter.command.configuration import SHARED
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.stores.atlas import atlas_writer
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    PHOTO_SIDE,
    ActivationStatistics,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Flag, Layer, Level, Model
from diamond_cutter.precompute.stores.atlas.model_list import Listed
from diamond_cutter.precompute.stores.store_address import array, subgroup

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone

MODEL = Model("tiny-net", "random", "Tiny", 64, 1_234_567, 0.5, 3)
LAYERS = [
    Layer("stem", 0, 20, 2, 3, True),
    Layer("stem_expand", 1, 40, 2, 3, False),
    Layer("block1", 2, 300, 4, 19, True),
    Layer("head", 3, 5, None, None, True),
]
LISTED = [
    Listed(MODEL, "here", tuple(LAYERS)),
    Listed(
        Model(
            "big-net",
            "keras.applications",
            "Big",
            96,
            20_000_000,
            4.0,
            1,
            24,
            2019,
            "https://example.org/big",
            81.25,
            "https://example.org/top1",
            "MIT",
        ),
        "absent",
        (Layer("one", 0, 24, 2, 3, True), Layer("two", 1, 48, 4, None, False)),
    ),
    Listed(
        Model(
            "more-net",
            "keras.applications",
            "Big",
            64,
            8_000_000,
            1.0,
            1,
            24,
            2021,
            "https://example.org/more",
            72.0,
            "https://example.org/top1",
            "MIT",
        ),
        "here",
        (Layer("one", 0, 24, 2, 3, True),),
    ),
    Listed(Model("zoo-net", "lucid", "Zoo", 64, None, None, None), "absent", ()),
]
"""All models that the small atlas lists; it has pictures of the first."""
SIDES = {"stem": 32, "block1": 8, "head": 16}
NATURAL = {"stem": (32, "crops of two photos"), "block1": (250, "holidays")}
"""What the layers were measured on: head was not."""
CIRCUITS = {
    "block1": ("stem", make_kernels(20, 300, 5)),
    "head": ("block1", make_kernels(300, 5, 1)),
}
"""The weights of layers from the cut before them."""
RECIPE = {
    "name": "preview",
    "version": 3,
    "level": 1,
    "phases": [{"steps": 7, "magnification": [0.8, 1.4]}, {"steps": 9, "surrounded": True}],
    "base": {"name": "sketch", "version": 2, "level": 1, "phases": [{"steps": 5}], "base": None},
}


@dataclass(frozen=True)
class Rendered:
    """What a renderer would return for a chunk."""

    images: NDArray[np.uint8]
    score: NDArray[np.float32]
    flag: NDArray[np.uint8]
    made_on: str = ""


def colour(channel: int) -> tuple[int, int, int]:
    """The one colour of a channel's picture, its own: far from those beside it."""
    return (40 + channel * 67 % 200, 40 + channel * 29 % 200, 40 + channel * 113 % 200)


def score(channel: int) -> float:
    """The score of a channel: no two alike, the highest is not at an end."""
    return channel * 83 % 307 / 10 - 5


def write(address: str) -> None:
    """An atlas: of stem 3 is dead, 7 grey, 11 by chance, 19 not rendered; head has nothing yet."""
    atlas = atlas_writer.create_atlas(address)
    atlas_writer.write_catalogue(atlas, LISTED)
    model = atlas_writer.prepare_model(atlas, MODEL, LAYERS, "5d" * 32)
    for layer in LAYERS:
        if layer.name not in SIDES:
            continue
        side = SIDES[layer.name]
        group = atlas_writer.prepare_layer(model, layer, side=side, seed=5, recipe=RECIPE)
        for chunk in atlas_writer.missing(group, Level.PREVIEW, range(layer.channels)):
            wanted = tuple(channel for channel in chunk.wanted if is_rendered(layer.name, channel))
            inside = range(chunk.start, min(chunk.start + CHUNK, layer.channels))
            if wanted:
                rendered = Rendered(
                    np.array([np.full((side, side, 3), colour(c)) for c in inside], np.uint8),
                    np.array([score(c) for c in inside], np.float32),
                    np.array([flag(layer.name, c) for c in inside], np.uint8),
                )
                atlas_writer.write_chunk(
                    group, atlas_writer.Chunk(chunk.start, wanted), rendered, Level.PREVIEW
                )
        if layer.name in CIRCUITS:
            write_circuits(group, *CIRCUITS[layer.name])
        if layer.name in NATURAL:
            measured = natural(layer.channels, *NATURAL[layer.name])
            atlas_writer.write_natural(group, measured, None, None)
            if measured.paths:
                side = (PHOTO_SIDE, PHOTO_SIDE, 3)
                photos = (np.full(side, n, np.uint8) for n in range(measured.photos))
                atlas_writer.write_photo_pictures(atlas, measured.digest, photos, measured.photos)


def natural(channels: int, photos: int, source: str) -> ActivationStatistics:
    """Channel c never changes where c is 2 or 4, and scores 2 on its best photo, but -0.2 on 6.

    That is photo c, from 0 again after the last, and its only example. Only holidays have paths.
    """
    numbers = np.arange(channels)
    return ActivationStatistics(
        photos=photos,
        source=source,
        digest="0f" * 32,
        paths=tuple(f"sea & sand/{n}\u202e.jpg" for n in range(photos if photos > 32 else 0)),
        mean=numbers.astype(np.float32),
        spread=np.where(np.isin(numbers, (2, 4)), 0, 1).astype(np.float32),
        maximum=np.where(numbers == 6, -0.2, 2).astype(np.float32),
        best=(numbers % photos).astype(np.int32),
        side=64,
        example_photo=np.stack([numbers % photos, np.full(channels, -1)], 1).astype(np.int32),
        example_value=np.stack([numbers / 4, np.zeros(channels)], 1).astype(np.float32),
        example_place=np.tile(np.array([16, 4], np.int32), (channels, 2, 1)),
        example_box=np.tile(np.array([8, 0, 24, 12], np.int32), (channels, 2, 1)),
    )


def is_rendered(layer: str, channel: int) -> bool:
    return layer != "head" and (layer, channel) != ("stem", 19)


def flag(layer: str, channel: int) -> Flag:
    flags = {("stem", 3): Flag.DEAD, ("stem", 7): Flag.GREY, ("stem", 11): Flag.CHANCE}
    return flags.get((layer, channel), Flag.NONE)


def quiet(_step: str, _done: int, _total: int) -> None:
    """A report that nobody reads."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Said here, since of several processes the one that prints reads no other conftest."""
    skipped = [report.longrepr for report in terminalreporter.stats.get("skipped", [])]
    absent = [str(why[2]) for why in skipped if "no Chromium" in str(why)]
    if absent:
        terminalreporter.section("BROWSER TESTS DID NOT RUN", red=True, bold=True)
        terminalreporter.line(absent[0].removeprefix("Skipped: "), red=True)


@pytest.fixture(autouse=True)
def _no_models_of_other_tests() -> Iterator[None]:
    """Commands share the tables [models.NAME] by the environment, which later tests would see."""
    before = os.environ.get(SHARED)
    yield
    os.environ.pop(SHARED, None)
    if before is not None:
        os.environ[SHARED] = before


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is found in files of networks is not kept in the cache of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


Once = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Once:
    """Has a folder of that name made by whichever of the processes that run tests is first.

    All others find it; it is to be read only.
    """
    root = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        root = root.parent  # beside the folders of each of the processes

    def make_once(name: str, make: Callable[[Path], None]) -> Path:
        folder = root / f"once-{name}"
        with FileLock(folder.with_suffix(".lock")):
            if not folder.exists():
                made = tmp_path_factory.mktemp(name)
                make(made)
                made.rename(folder)
        return folder

    return make_once


@pytest.fixture(scope="session")
def lite0() -> "Backbone":
    """EfficientNet-Lite0 with its real weights."""
    return catalogue.load("efficientnet-lite0")


@pytest.fixture
def write_atlas() -> Callable[[str], None]:
    return write


@pytest.fixture(scope="session")
def small_atlas(once: Once) -> str:
    """The address of the small atlas; to be read only."""
    return str(once("atlas", lambda folder: write(str(folder / "atlas.zarr"))) / "atlas.zarr")


@pytest.fixture(scope="session")
def small_study(once: Once) -> str:
    """The address of the studies that hold "pets"; to be read only."""

    def make(folder: Path) -> None:
        address = str(folder / "study.zarr")
        write_study(address, SMALL)
        write_attribution(address, SMALL)

    return str(once("study", make) / "study.zarr")


@pytest.fixture(scope="session")
def large_study(once: Once) -> str:
    """The address of the studies that hold "thirty", of 30 classes; to be read only."""
    made = once("large", lambda folder: write_study(str(folder / "large.zarr"), LARGE))
    return str(made / "large.zarr")


@pytest.fixture(scope="session")
def small_site(small_atlas: str, small_study: str, once: Once) -> Path:
    """The site of the small atlas and the small study; to be read only."""

    def make(folder: Path) -> None:
        build_site(small_atlas, [small_study], folder / "site", "", quiet)

    return once("built", make) / "site"


@pytest.fixture(scope="session")
def likeness_atlas(small_atlas: str, once: Once) -> str:
    """The address of the small atlas with values of its photos, words and evidence of its stem, and
    two more models; read only."""

    def make(folder: Path) -> None:
        address = folder / "atlas.zarr"
        shutil.copytree(small_atlas, address)
        write_likeness(str(address))
        judge_stem(str(address))

    return str(once("likeness", make) / "atlas.zarr")


@pytest.fixture(scope="session")
def likeness_site(likeness_atlas: str, once: Once) -> Path:
    """The site of that atlas; to be read only."""

    def make(folder: Path) -> None:
        build_site(likeness_atlas, [], folder / "site", "", quiet)

    return once("likeness-built", make) / "site"


@pytest.fixture(scope="session")
def mapped_study(small_study: str, once: Once) -> str:
    """The made-up study with an activation atlas; to be read only."""

    def make(folder: Path) -> None:
        address = folder / "study.zarr"
        shutil.copytree(small_study, address)
        write_maps(str(address), "pets", list(SMALL.classes))

    return str(once("mapped", make) / "study.zarr")


@pytest.fixture(scope="session")
def mapped_site(small_atlas: str, mapped_study: str, once: Once) -> Path:
    """The site of the small atlas and the study with maps; to be read only."""

    def make(folder: Path) -> None:
        build_site(small_atlas, [mapped_study], folder / "site", "", quiet)

    return once("mapped-built", make) / "site"


@pytest.fixture(scope="session")
def colour_of() -> Callable[[int], tuple[int, int, int]]:
    return colour


@pytest.fixture(scope="session")
def score_of() -> Callable[[int], float]:
    return score


@pytest.fixture(scope="session")
def photo_colour() -> Callable[[int], tuple[int, int, int]]:
    return colour_of_photo


@pytest.fixture(scope="session")
def networks(small_study: str, once: Once) -> str:
    """The made-up study with all that makes it one taken away: photos without labels, no heads."""

    def make(folder: Path) -> None:
        address = folder / "networks.zarr"
        shutil.copytree(small_study, address)
        studies = zarr.open_group(str(address), mode="r+")
        group = subgroup(studies, "pets")
        slot = subgroup(group, str(group.attrs["slot"]))
        array(slot, "photos/label")[:] = np.full(60, -1, np.int32)
        del slot["cuts"]
        attribution = subgroup(slot, "attribution")
        explained = {**attribution.attrs.asdict()["explained"], "own": True}
        attribution.attrs.put({"explained": explained})
        group.attrs.put({"slot": group.attrs["slot"]})

    return str(once("networks", make) / "networks.zarr")


@pytest.fixture(scope="session")
def networks_site(small_atlas: str, networks: str, once: Once) -> Path:
    """The site of networks by themselves, without a study."""

    def make(folder: Path) -> None:
        build_site(small_atlas, [networks], folder / "site", "", quiet)

    return once("networks-built", make) / "site"
