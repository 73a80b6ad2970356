"""Sets of labelled photos for the benchmarks of studies, drawn at random; features made once.

`elpv-dataset` is a package of PyPI (solar cells, CC BY-NC-SA), to be installed beforehand.
"""

import argparse
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.features.feature_extraction import extract
from diamond_cutter.precompute.jobs.display import open_display
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.study.study_plan import Plan, check_settings, make_plan

CACHE = Path(".cache/labelled_photos")


@dataclass(frozen=True)
class Pool:
    """The photos that draws are made from, and their features, (N, 1, D), at each cut of a plan."""

    plan: Plan
    dataset: Dataset
    features: list[NDArray[np.float32]]

    @property
    def label(self) -> NDArray[np.int64]:
        return np.array([photo.label for photo in self.dataset.photos])

    @property
    def group(self) -> NDArray[np.int64]:
        return np.array([photo.group for photo in self.dataset.photos])

    def order(self, photos: int, seed: int) -> NDArray[np.intp]:
        """All photos by chance, by index: of the first `photos` two or more are of each class."""
        label, number = self.label, len(self.dataset.classes)
        generator = np.random.default_rng([seed, photos])
        order = np.zeros(0, np.intp)
        while np.bincount(label[order[:photos]], minlength=number).min() < 2:  # as a study asks for
            order = generator.permutation(len(label))
        return order

    def part(self, drawn: NDArray[np.intp]) -> Dataset:
        return replace(self.dataset, photos=[self.dataset.photos[at] for at in drawn])


def add_options(parser: argparse.ArgumentParser, photos: list[int], seeds: int) -> None:
    """What both benchmarks ask for; `photos` and `seeds`: drawn unless others are named."""
    parser.add_argument("set", help="a folder of labelled photos, digits or elpv-dataset")
    parser.add_argument("--models", nargs="+", default=["efficientnet-lite0"])
    parser.add_argument("--photos", nargs="+", type=int, default=photos)
    parser.add_argument("--seeds", type=int, default=seeds)
    parser.add_argument("--workers", type=int, default=0)


def read_pool(options: argparse.Namespace) -> Pool:
    settings = StudySettings(
        dataset=str(find_photos(options.set)),
        models=tuple(options.models),
        store=str(CACHE / "study.zarr"),
        features=str(CACHE / "features.zarr"),
        cache=str(CACHE / "cache"),
        workers=options.workers,
    )
    target = check_settings(settings)
    dataset = read_dataset(settings, Path(settings.cache), lambda *_: None)
    plan = make_plan("benchmark", settings, target)
    return Pool(plan, dataset, read_features(plan, dataset))


def find_photos(name: str) -> Path:
    """The folder of a set; those that come in packages are written to the cache."""
    if name == "digits":
        from sklearn.datasets import load_digits

        found = load_digits()
        images = np.uint8(255 * found.images / 16).repeat(12, axis=1).repeat(12, axis=2)
        return write(CACHE / name, images, found.target.astype(str))
    if name == "elpv-dataset":
        return from_tool("solar_cells", CACHE / name)
    return Path(name)


def from_tool(tool: str, folder: Path) -> Path:
    """The folder that a tool of the project writes."""
    if not folder.exists():
        command = Path(__file__).parent.parent / "tools" / f"{tool}.py"
        subprocess.run([sys.executable, command, str(folder)], check=True)
    return folder


def write(folder: Path, images: NDArray[np.uint8], labels: NDArray[np.str_]) -> Path:
    if not folder.exists():
        for label in np.unique(labels):
            (folder / label).mkdir(parents=True)
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            Image.fromarray(image).save(folder / label / f"{number:05}.png")
    return folder


def read_features(plan: Plan, dataset: Dataset) -> list[NDArray[np.float32]]:
    asked = [
        (backbone.network, [layer.name for layer in layers])
        for backbone, layers in zip(plan.backbones, plan.cuts, strict=True)
    ]
    display = open_display(sys.stderr)
    features = extract(asked, dataset.photos, plan.settings, display)
    display.close()
    return [features.read(backbone.name, layer.name) for backbone, layer in plan.pairs]
