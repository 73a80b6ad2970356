"""Neuron groups of a class: activations of several of its photos at the cut, factorized as one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import zarr

from diamond_cutter.precompute.attribution.attribution_task import (
    AttributionRequest,
    PhotoRow,
    ask_all,
)
from diamond_cutter.precompute.attribution.neuron_groups import attribute, factorize
from diamond_cutter.precompute.jobs.task import PassTask, failures_told
from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.attribution.attribution_layout import ClassGroups
from diamond_cutter.precompute.stores.shards import RowIndex, key_of, read_rows
from diamond_cutter.precompute.stores.store_address import subgroup
from diamond_cutter.precompute.stores.store_opening import open_store

if TYPE_CHECKING:
    from diamond_cutter.precompute.attribution.cut_to_explain import Dense

MOST_PHOTOS = 12
"""Photos of a class that its groups are found in."""


@dataclass(frozen=True)
class ClassGroupsTask(PassTask):
    """What one task makes: the groups of a class.

    request: of the cut alone. key: of what the groups are made of. rows: its photos; those of one
    head stand together. photos: their indices in the study.
    """

    request: AttributionRequest
    study: str
    namespace: str
    label: int
    key: str
    rows: tuple[PhotoRow, ...] = field(compare=False)
    heads: "Sequence[Dense]" = field(compare=False)

    @property
    def group(self) -> tuple[str, str]:
        """The backbone and the cut."""
        return (self.request.network.name, self.request.cut)

    @property
    def size(self) -> int:
        """A class."""
        return 1

    @property
    def where(self) -> str:
        """The task as messages name it."""
        return f"{self.request.network.name} {self.request.cut} groups of class {self.label}"


def class_key(keys: Sequence[str], label: int) -> str:
    """The key of a class's groups: its photos' keys, and the class."""
    return key_of([list(keys), label])


def store_groups(address: str, threads: int, task: ClassGroupsTask) -> None:
    """Find the groups of a class and store them; raises as `store_attribution` does."""
    with failures_told(task, address):
        cells, shares = [], []
        for _, answers, _ in ask_all(task.request, task.rows, task.heads, threads):
            answer = answers[task.request.cut]
            target = answer.arrays["target"]
            there = (target[..., 0] == task.label) & (target[..., 1] < 0)
            cells.append(answer.activation)
            shares.append(answer.attribution[np.arange(len(target)), there.argmax(axis=1)])
        activation, share = np.concatenate(cells), np.concatenate(shares)
        photos, rows, columns, channels = activation.shape
        flat = activation.reshape(-1, channels)
        where, direction = factorize(flat, task.request.groups)
        value = attribute(where, direction, flat, share.reshape(1, -1, channels))[0] / photos
        maps = np.zeros((MOST_PHOTOS, task.request.groups, rows, columns), np.float32)
        shape = (photos, rows, columns, task.request.groups)
        maps[:photos] = where.reshape(shape).transpose(0, 3, 1, 2)
        study = subgroup(open_store(address, "r+"), task.study)
        arrays = {"map": maps[None], "direction": direction[None], "value": value[None]}
        attribution_writer.write_arrays(study, task.namespace, task.key[:16], [task.key], arrays)


def read_groups(
    study: zarr.Group,
    namespace: str,
    labels: Sequence[int],
    photos: Sequence[Sequence[int]],
    places: Sequence[RowIndex],
) -> ClassGroups:
    """The groups of classes that are there, without pictures."""
    named = np.full((len(labels), MOST_PHOTOS), -1, np.int32)
    for row, each in enumerate(photos):
        named[row, : len(each)] = each
    maps, direction, value = (
        read_rows(study, namespace, places, name) for name in ("map", "direction", "value")
    )
    picture = np.zeros((*direction.shape[:2], 0, 0, 3), np.uint8)
    return ClassGroups(np.array(labels, np.int32), named, maps, direction, value, picture)


def members(own: Sequence[int], heads: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Each class with the rows, at most `MOST_PHOTOS`, of its photos, those of one head together.

    `own` (n,): the class of each row; `heads` (n,): its head.
    """
    for label in sorted(set(own)):
        rows = [row for row, each in enumerate(own) if each == label]
        step = max(1, len(rows) // MOST_PHOTOS)
        yield label, sorted(rows[::step][:MOST_PHOTOS], key=lambda row: heads[row])
