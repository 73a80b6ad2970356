"""Reads the attribution of a study: the layout that `attribution_layout` describes."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.structuring import structure
from diamond_cutter.precompute.stores.attribution.attribution_layout import (
    PACKED,
    Channels,
    ClassAttribution,
    ClassGroups,
    Explained,
    ExplainedCut,
    ExplainedPhoto,
    Floats,
    Indices,
    LayerView,
    PhotoGroups,
    Pictures,
)
from diamond_cutter.precompute.stores.attribution.number_packing import unpack
from diamond_cutter.precompute.stores.format_version import VERSIONS
from diamond_cutter.precompute.stores.shards import read_rows
from diamond_cutter.precompute.stores.store_address import array, subgroup
from diamond_cutter.precompute.stores.study.dataset_report import counts
from diamond_cutter.precompute.stores.study.study_reader import open_studies, read_report


@dataclass(frozen=True)
class Source:
    """Where the attribution of a study is read: its group, and what its slot has of it."""

    study: zarr.Group
    group: zarr.Group


def explained_names(studies: zarr.Group) -> list[str]:
    """The names of all that is explained, sorted: finished studies and networks by themselves."""
    return sorted(name for name, group in studies.groups() if _slot(group) is not None)


def open_explained(studies: zarr.Group, name: str) -> Source:
    """The attribution of a study; a `UserError` if there is none."""
    study = subgroup(studies, name) if name in studies else None
    group = _slot(study) if study is not None else None
    if study is None or group is None:
        raise UserError(
            f"study {name!r} has no attribution; `diamond study {name}` computes it, where "
            f"[study.{name}.attribution] names cuts"
        )
    return Source(study, group)


def read_explained(source: Source) -> Explained:
    """What is explained."""
    return structure(source.group.attrs["explained"], Explained)


def read_explained_cut(source: Source, model: str, cut: str) -> ExplainedCut:
    """What is explained of a cut."""
    return structure(_cut(source, model, cut).attrs["cut"], ExplainedCut)


def read_sums(source: Source, model: str, cut: str, layer: str) -> ClassAttribution:
    """The sums over photos of a layer."""
    return ClassAttribution(
        **_read(_cut(source, model, cut), f"layers/{layer}/sums", ClassAttribution)
    )


def read_channels(source: Source, model: str, cut: str, layer: str) -> Channels:
    """The channels of a layer."""
    return Channels(**_read(_cut(source, model, cut), f"layers/{layer}/channels", Channels))


def read_pictures(source: Source, model: str, cut: str) -> Pictures | None:
    """The pictures of the classes of a cut; None where they are not rendered."""
    group = _cut(source, model, cut)
    if "classes/pictures" not in group:
        return None
    return Pictures(**_read(group, "classes/pictures", Pictures))


def read_class_groups(source: Source, model: str, cut: str) -> ClassGroups | None:
    """The neuron groups of the classes of a cut; None where there are none."""
    group = _cut(source, model, cut)
    if "classes/groups" not in group:
        return None
    return ClassGroups(**_read(group, "classes/groups", ClassGroups))


def read_photo_groups(source: Source, model: str, cut: str) -> PhotoGroups | None:
    """The pictures of the groups of a few photos of a cut; None where there are none."""
    group = _cut(source, model, cut)
    if "classes/photo_groups" not in group:
        return None
    return PhotoGroups(**_read(group, "classes/photo_groups", PhotoGroups))


def network_document(address: str, name: str) -> dict[str, Any]:
    """What networks take photos for, as `diamond study --json` has it where heads are their own.

    Of each photo the classes of each backbone, the first two, with their logits; and what was left
    out of the dataset.
    """
    studies = open_studies(address)
    source = open_explained(studies, name)
    slot = subgroup(source.study, str(source.study.attrs["slot"]))
    report = read_report(slot)
    paths = [file.path for file in report.photos]
    seen: dict[int, dict[str, list[tuple[str, float]]]] = {}
    for model, cut in read_explained(source).cuts:
        classes = read_explained_cut(source, model, cut).classes
        for photo in PhotoReader(source, model, cut):
            best = [int(index) for index in np.argsort(-photo.logit)[:2]]
            named = [(classes[index], float(photo.logit[index])) for index in best]
            seen.setdefault(photo.photo, {})[model] = named
    photos = [{"path": paths[photo], "classes": seen[photo]} for photo in sorted(seen)]
    return {
        "format_version": VERSIONS["answers"],
        "study": name,
        "dataset": counts(report),
        "photos": photos,
    }


class PhotoReader:
    """Reads the photos that a cut explains; the part that was read last is remembered."""

    def __init__(self, source: Source, model: str, cut: str) -> None:
        """Find the photos; `photos` (n,) int32 are their indices in the study, ascending."""
        group = _cut(source, model, cut)
        attributes: dict[str, Any] = group.attrs.asdict()
        self._names = [layer.name for layer in read_explained_cut(source, model, cut).layers]
        self._namespace = str(attributes["shelf"])
        self._parts = [str(name) for name in attributes["parts"]]
        self._study = source.study
        self.photos: Indices = np.asarray(array(group, "photo")[:])
        self._part: Indices = np.asarray(array(group, "part")[:])
        self._row: Indices = np.asarray(array(group, "row")[:])
        self._read: tuple[int, Floats, list[bytes], dict[str, LayerView]] | None = None

    def read(self, photo: int) -> ExplainedPhoto:
        """A photo by its index in the study; a `KeyError` if it is not explained."""
        found = np.flatnonzero(self.photos == photo)
        if not len(found):
            raise KeyError(photo)
        part, row = int(self._part[found[0]]), int(self._row[found[0]])
        if self._read is None or self._read[0] != part:
            path = f"attribution/{self._namespace}/{self._parts[part]}"
            self._read = part, *self._read_shard(path)
        _, logit, pictures, layers = self._read
        views = {name: view.row(row) for name, view in layers.items()}
        return ExplainedPhoto(photo, logit[row], pictures[row], views)

    def __iter__(self) -> Iterator[ExplainedPhoto]:
        """All photos, part by part, so that each is read once: not in order."""
        for index in np.lexsort((self._row, self._part)):
            yield self.read(int(self.photos[index]))

    def gather(self, name: str) -> NDArray[Any]:
        """An array of all photos by its path in a part, (n, ...), in the order of `photos`."""
        parts = [self._parts[part] for part in self._part]
        places = list(zip(parts, self._row.tolist(), strict=True))
        return read_rows(self._study, self._namespace, places, name)

    def _read_shard(self, path: str) -> tuple[Floats, list[bytes], dict[str, LayerView]]:
        part = subgroup(self._study, path)
        pictures = np.asarray(array(part, "picture")[:])
        ends = np.asarray(array(part, "picture_end")[:])
        return (
            np.asarray(array(part, "logit")[:]),
            [each.tobytes() for each in np.split(pictures, ends[:-1])],
            {name: LayerView(**_read(part, f"layers/{name}", LayerView)) for name in self._names},
        )


def _read(parent: zarr.Group, path: str, kind: type) -> dict[str, Any]:
    """The arrays of the fields of `kind` below a path, unpacked."""
    group = subgroup(parent, path)
    values = {}
    for field in fields(kind):
        values[field.name] = np.asarray(array(group, field.name)[:])
        if f"{field.name}_peak" in group:
            peak = np.asarray(array(group, f"{field.name}_peak")[:])
            values[field.name] = unpack(values[field.name], peak, PACKED[field.name][1])
    return values


def _cut(source: Source, model: str, cut: str) -> zarr.Group:
    return subgroup(source.group, f"{model}/{cut}")


def _slot(study: zarr.Group) -> zarr.Group | None:
    """The attribution of the slot that is in use."""
    path = f"{study.attrs.get('slot')}/attribution"
    if path not in study:
        return None
    group = subgroup(study, path)
    return group if "explained" in group.attrs else None
