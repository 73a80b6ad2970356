"""What a worker does before channels are named: find how well concepts fit a block of photos."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.atlas.words.concept_source import ConceptSource
from diamond_cutter.precompute.atlas.words.word_file import word_fits
from diamond_cutter.precompute.jobs.task import TaskGroup, failures_told
from diamond_cutter.precompute.photos.dataset_reader import UNLABELLED
from diamond_cutter.precompute.photos.photo import Photo, read_image
from diamond_cutter.precompute.stores.atlas.atlas_layout import open_atlas
from diamond_cutter.precompute.stores.atlas.word_layout import (
    BLOCK,
    concept_blocks,
    lacks_concepts,
    write_concepts,
)
from diamond_cutter.precompute.stores.network import Network

Fits = tuple[Sequence[str], NDArray[np.floating]]
"""The names of concepts, and how well they fit photos, (N, K)."""

Observe = Callable[[Network, Sequence[Photo]], Fits]
"""The classes that a network sees in photos; importable by name in every worker."""

BATCH = 16
"""Photos that a network sees at once."""

LEAST_CHANCE = 1e-12
"""What a chance counts at least, of which the logarithm is taken."""


@dataclass(frozen=True)
class ConceptTask:
    """What one task makes: how well the concepts of a source fit a block of photos."""

    source: ConceptSource
    first: int
    photos: Photos = field(compare=False)
    depth: int = 0

    @property
    def files(self) -> Sequence[Photo]:
        """The photos of the block."""
        return self.photos.files[self.first : self.first + BLOCK]

    @property
    def group(self) -> TaskGroup:
        """Whose concepts they are."""
        return (self.source.source,)

    @property
    def effort(self) -> float:
        """The photos."""
        return float(self.size)

    @property
    def size(self) -> int:
        """How many photos there are."""
        return len(self.files)

    @property
    def where(self) -> str:
        """The task as messages name it."""
        return f"{self.source.source} concepts of photos {self.first}-{self.first + self.size - 1}"


def concept_tasks(
    atlas: zarr.Group, sources: Sequence[ConceptSource], photos: Photos
) -> list[ConceptTask]:
    """The concepts of sources that an atlas lacks."""
    return [
        ConceptTask(source, first, photos)
        for source in dict.fromkeys(sources)
        for first in concept_blocks(len(photos.files))
        if lacks_concepts(atlas, source.digest, first)
    ]


def store_concepts(address: str, observe: Observe, task: ConceptTask) -> None:
    """Find the concepts of a task and write them into the atlas at `address`.

    Raises `TaskError` if this task fails, `HitsEverythingError` if all others would.
    """
    with failures_told(task, address):
        source = task.source
        if source.network is not None:
            names, fit = observe(source.network, task.files)
        elif source.file is not None:
            names, fit = word_fits(source.file, [read_image(each) for each in task.files])
        else:
            names, fit = labels(task.photos.classes, task.files)
        write_concepts(open_atlas(address, mode="r+"), source.digest, task.first, names, fit)


def labels(classes: Sequence[str], files: Sequence[Photo]) -> Fits:
    """Which class each photo has: 1, and 0 of the others; without those of no label."""
    fit = np.eye(len(classes))[[photo.label for photo in files]]
    named = [place for place, name in enumerate(classes) if name != UNLABELLED]
    return [classes[place] for place in named], fit[:, named]


def observe_photos(network: Network, files: Sequence[Photo]) -> Fits:
    """Logarithms of a network's chances, by Keras, which is imported here, in the worker."""
    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.backbones.catalogue.top_classes import class_chances

    backbone = catalogue.load_network(network)
    chances = np.concatenate(
        [
            class_chances(backbone, [read_image(photo) for photo in files[start : start + BATCH]])
            for start in range(0, len(files), BATCH)
        ]
    )
    names = backbone.class_names or [f"class {number}" for number in range(chances.shape[1])]
    return names, np.log(np.maximum(chances, LEAST_CHANCE))
