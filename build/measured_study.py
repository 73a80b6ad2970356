"""Studies as the site reads them, checked before anything is written; their arrays when wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.build.explained_study import ExplainedStudy, read_attribution
from diamond_cutter.build.mapped_layers import MappedLayers, read_mapped
from diamond_cutter.build.rendered_atlas import ADDRESS_PART
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.store_address import DAMAGE
from diamond_cutter.precompute.stores.study.dataset_report import File, Report
from diamond_cutter.precompute.stores.study.study_layout import THUMBNAIL, Backbone, Cut, Study
from diamond_cutter.precompute.stores.study.study_reader import (
    cut_group,
    names,
    open_studies,
    read_cut,
    read_report,
    read_study,
    study_group,
)

STUDIES = "studies/"
"""The folder of the site that the studies lie in."""


@dataclass(frozen=True, eq=False)
class MeasuredCut:
    """A cut of a study, with its arrays in the store.

    probability: (N, K) float32, the held-out prediction of each photo; NaN where it has none.
    confusion: (K, K) int64, photos by class and by predicted class.
    """

    cut: Cut
    probability: zarr.Array[Any]
    confusion: zarr.Array[Any]

    @property
    def key(self) -> tuple[str, str]:
        """The backbone and the cut, as the ranking names it."""
        return self.cut.model, self.cut.cut

    @property
    def path(self) -> str:
        """The cut's folder in the site, relative to its study's, with a slash at the end."""
        return f"{self.cut.model}/{self.cut.cut}/"


@dataclass(frozen=True, eq=False)
class MeasuredStudy:
    """A study, its dataset report and its cuts, best first; N photos in the order of the report.

    label: (N,) int32, the index of each photo's class.
    fold: (N,) int32, the fold in which it is held out; -1: in none.
    group: (N,) int32, the same for near duplicates and what else stays together.
    thumbnail: (N, 96, 96, 3) uint8, sRGB.
    explained: what its cuts look at; None where that was not computed.
    mapped: its activation atlas.
    """

    study: Study
    report: Report
    cuts: tuple[MeasuredCut, ...]
    label: zarr.Array[Any]
    fold: zarr.Array[Any]
    group: zarr.Array[Any]
    thumbnail: zarr.Array[Any]
    explained: ExplainedStudy | None
    mapped: MappedLayers

    @property
    def path(self) -> str:
        """The study's folder in the site, relative to its root, with a slash at the end."""
        return f"{STUDIES}{self.study.name}/"

    @cached_property
    def by_key(self) -> dict[tuple[str, str], MeasuredCut]:
        """The cuts by backbone and cut, best first."""
        return {cut.key: cut for cut in self.cuts}

    @cached_property
    def photos(self) -> list[File]:
        """The photos, in the order of the report."""
        return self.report.photos

    @cached_property
    def looked(self) -> frozenset[int]:
        """The photos in which it is known what the network looks at, by index."""
        if self.explained is None:
            return frozenset()
        return frozenset(self.explained.photos(self.explained.cuts[0]).photos.tolist())

    @cached_property
    def doubted(self) -> dict[int, str]:
        """The photos whose label the heads doubt, by index, and the class that they suggest.

        The surest doubt first; empty where heads were not asked.
        """
        doubts = self.study.label_doubts
        if doubts is None:
            return {}
        places = {photo.path: index for index, photo in enumerate(self.photos)}
        return {places[doubt.path]: doubt.suggested for doubt in doubts.photos}

    @property
    def recommended(self) -> MeasuredCut:
        """The cut that is recommended."""
        chosen = self.study.recommendation
        return self.by_key[chosen.model, chosen.cut]

    @property
    def saver(self) -> MeasuredCut | None:
        """The cheapest that hardly loses; None where a study made before knows of none."""
        expected = self.study.recommendation.expected
        if expected is None:
            return None
        return self.by_key[expected.saver.model, expected.saver.cut]

    def of_backbone(self, backbone: Backbone) -> list[MeasuredCut]:
        """The cuts of a backbone, shallow to deep."""
        return [self.by_key[backbone.name, cut] for cut in backbone.cuts]


def read_studies(addresses: Sequence[str]) -> tuple[MeasuredStudy, ...]:
    """The studies of all stores at `addresses`, by name, each checked against the contract.

    Raises `UserError` if a store is not there, is of another format or not what the contract says,
    or if two hold a study of the same name.
    """
    found: dict[str, MeasuredStudy] = {}
    where: dict[str, str] = {}
    for address in dict.fromkeys(addresses):
        studies = open_studies(address)
        for name in names(studies):
            if name in found:
                raise UserError(
                    f"{address}: expected a study of another name, got {name!r}, which is in "
                    f"{where[name]} too; rename one, or leave one store out"
                )
            found[name], where[name] = _read_study(address, studies, name), address
    return tuple(found[name] for name in sorted(found))


def read_array(array: zarr.Array[Any]) -> NDArray[Any]:
    """The whole of an array of a study, as numbers."""
    return np.asarray(array[:])


def _read_study(address: str, studies: zarr.Group, name: str) -> MeasuredStudy:
    where = f"{address}/{name}"
    try:
        study = read_study(studies, name)
        slot = study_group(studies, name)
        report = read_report(slot)
    except DAMAGE as error:
        raise _damaged(where, name, "a study's attributes and report", f"{error!r}") from error
    for part in (name, *(part for key in study.ranking for part in key)):
        if not ADDRESS_PART.fullmatch(part):
            raise UserError(
                f"{where}: expected names of letters, digits and _ . + -, got {part!r}; "
                "rename it and make the study anew"
            )
    photos, classes = study.photos, len(study.classes)
    facts = (
        ("name", name, study.name),
        ("counts of photos", classes, len(study.counts)),
        ("photos in all", photos, sum(study.counts)),
        ("photos in the report", photos, len(report.photos)),
        ("cuts in the ranking", _listed(study), sorted(study.ranking)),
        ("recommended cut in the ranking", True, _recommended(study) in study.ranking),
        ("doubted photos in the report", True, _doubted(study) <= {p.path for p in report.photos}),
    )
    for what, expected, got in facts:
        _expect(where, name, what, expected, got)

    def array(path: str, shape: tuple[int, ...], dtype: str, group: zarr.Group) -> zarr.Array[Any]:
        return _array(where, name, group, path, shape, dtype)

    picture = (photos, THUMBNAIL, THUMBNAIL, 3)
    return MeasuredStudy(
        study=study,
        report=report,
        cuts=tuple(_read_cut(where, study, slot, model, cut) for model, cut in study.ranking),
        label=array("photos/label", (photos,), "int32", slot),
        fold=array("photos/fold", (photos,), "int32", slot),
        group=array("photos/group", (photos,), "int32", slot),
        thumbnail=array("photos/thumbnail", picture, "uint8", slot),
        explained=read_attribution(address, studies, name),
        mapped=read_mapped(slot, where),
    )


def _read_cut(where: str, study: Study, slot: zarr.Group, model: str, name: str) -> MeasuredCut:
    where = f"{where}/cuts/{model}/{name}"
    try:
        group = cut_group(slot, model, name)
        cut = read_cut(group)
    except DAMAGE as error:
        raise _damaged(where, study.name, "a cut's attributes", f"{error!r}") from error
    _expect(where, study.name, "name", (model, name), (cut.model, cut.cut))
    classes = len(study.classes)
    named = [figures.name for figures in cut.metrics.classes]
    _expect(where, study.name, "figures of classes", study.classes, named)
    return MeasuredCut(
        cut,
        _array(where, study.name, group, "probability", (study.photos, classes), "float32"),
        _array(where, study.name, group, "confusion", (classes, classes), "int64"),
    )


def _listed(study: Study) -> list[tuple[str, str]]:
    return sorted((backbone.name, cut) for backbone in study.backbones for cut in backbone.cuts)


def _recommended(study: Study) -> tuple[str, str]:
    return study.recommendation.model, study.recommendation.cut


def _doubted(study: Study) -> set[str]:
    doubts = study.label_doubts
    return set() if doubts is None else {doubt.path for doubt in doubts.photos}


def _array(
    where: str, study: str, group: zarr.Group, path: str, shape: tuple[int, ...], dtype: str
) -> zarr.Array[Any]:
    found = group.get(path)
    if not isinstance(found, zarr.Array):
        raise _damaged(f"{where}/{path}", study, "an array", f"{found!r}")
    _expect(f"{where}/{path}", study, "dtype", dtype, str(found.dtype))
    _expect(f"{where}/{path}", study, "shape", shape, found.shape)
    return found


def _expect(where: str, study: str, what: str, expected: object, got: object) -> None:
    if expected != got:
        raise _damaged(where, study, f"{what} {expected}", f"{got}")


def _damaged(where: str, study: str, expected: str, got: str) -> UserError:
    return UserError(
        f"{where}: expected {expected}, got {got}; make it anew with `diamond study {study}`"
    )
