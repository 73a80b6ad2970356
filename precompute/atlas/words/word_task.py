"""What a worker does with statistics and concepts: choose the words for a layer's channels."""

from dataclasses import dataclass

import numpy as np
import zarr

from diamond_cutter.precompute.atlas.atlas_plan import Plan
from diamond_cutter.precompute.atlas.words.concept_source import ConceptSource, concept_sources
from diamond_cutter.precompute.atlas.words.concept_task import ConceptTask, concept_tasks
from diamond_cutter.precompute.atlas.words.word_choice import choose_words
from diamond_cutter.precompute.jobs.task import NetworkTask, failures_told
from diamond_cutter.precompute.stores.atlas.activation_statistics import read_photo_values
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, open_atlas
from diamond_cutter.precompute.stores.atlas.atlas_writer import network_group
from diamond_cutter.precompute.stores.atlas.word_layout import (
    Words,
    lacks_words,
    read_concepts,
    write_words,
)
from diamond_cutter.precompute.stores.store_address import subgroup


@dataclass(frozen=True)
class WordTask(NetworkTask):
    """What one task makes: the words of some sources for the channels of a layer.

    photos: their digest.
    """

    layer: Layer
    sources: tuple[ConceptSource, ...]
    photos: str

    @property
    def effort(self) -> float:
        """The channels, of each source."""
        return float(self.layer.channels * len(self.sources))

    @property
    def size(self) -> int:
        """One layer."""
        return 1

    @property
    def where(self) -> str:
        """The task as messages name it."""
        return f"{self.network.name}/{self.layer.name} words"


def find_naming(plan: Plan, atlas: zarr.Group) -> tuple[list[ConceptTask], list[WordTask]]:
    """The words that a prepared atlas lacks of a plan, and first the concepts for these."""
    tasks: list[WordTask] = []
    wanted: list[ConceptSource] = []
    for entry in plan.selections:
        name, layer = entry.model.name, entry.layer
        group = subgroup(atlas, f"{name}/{layer.name}")
        sources = tuple(
            source
            for source in concept_sources(plan, name)
            if lacks_words(group, source.kind, source.digest)
        )
        if sources:
            tasks.append(WordTask(plan.networks[name], layer, sources, plan.photos.digest))
            wanted += sources
    return concept_tasks(atlas, wanted, plan.photos), tasks


def store_words(address: str, task: WordTask) -> None:
    """Choose the words of a task and write them into the atlas at `address`.

    Raises `TaskError` if this task fails, `HitsEverythingError` if all others would.
    """
    with failures_told(task, address):
        atlas = open_atlas(address, mode="r+")
        layer = subgroup(network_group(atlas, task.network), task.layer.name)
        values = read_photo_values(layer)
        if values is None:
            raise ValueError("expected natural statistics of the photos, got none")
        for source in task.sources:
            names, concepts = read_concepts(atlas, source.digest, len(values.value))
            chosen = choose_words(values.value, concepts)
            used, word = np.unique(chosen.word, return_inverse=True)
            none = int((used < 0).any())
            write_words(
                layer,
                Words(
                    kind=source.kind,
                    source=source.source,
                    names=tuple(names[place] for place in used[none:]),
                    judged=chosen.judged,
                    strongest=chosen.strongest,
                    concepts=source.digest,
                    photos=task.photos,
                    word=(word.reshape(chosen.word.shape) - none).astype(np.int32),
                    share=chosen.share,
                    interval=chosen.interval,
                    chance=chosen.chance,
                ),
            )
