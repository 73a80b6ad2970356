"""What is explained of a study or of photos, as the site reads it, checked before it is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr

from diamond_cutter.build.mapped_layers import MappedLayers, read_mapped
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.attribution.attribution_graphs import CutGraphs, read_graphs
from diamond_cutter.precompute.stores.attribution.attribution_layout import (
    ClassAttribution,
    Explained,
    ExplainedCut,
    ExplainedLayer,
    LayerView,
)
from diamond_cutter.precompute.stores.attribution.attribution_reader import (
    PhotoReader,
    Source,
    explained_names,
    open_explained,
    read_explained,
    read_explained_cut,
    read_sums,
)
from diamond_cutter.precompute.stores.store_address import DAMAGE, array, subgroup
from diamond_cutter.precompute.stores.study.dataset_report import Report
from diamond_cutter.precompute.stores.study.study_reader import names, open_studies, read_report

NETWORKS = "networks/"
"""The folder of the site that networks by themselves lie in."""


@dataclass(frozen=True, eq=False)
class ExplainedStudy:
    """The cuts of a study that are explained, the one to be shown first at first."""

    explained: Explained
    source: Source
    cuts: tuple[ExplainedCut, ...]

    def photos(self, cut: ExplainedCut) -> PhotoReader:
        """The photos that a cut explains."""
        return PhotoReader(self.source, cut.model, cut.cut)

    def graphs(self, cut: ExplainedCut) -> CutGraphs | None:
        """The attribution graphs of a cut; None where none were asked for."""
        return read_graphs(subgroup(self.source.group, f"{cut.model}/{cut.cut}"))


@dataclass(frozen=True)
class View:
    """A layer as it is shown for a cut; `path` is where its JSON lies below a photo's folder."""

    cut: ExplainedCut
    layer: ExplainedLayer

    @property
    def key(self) -> str:
        """How addresses name it."""
        return f"{self.cut.model}/{self.cut.cut}/{self.layer.name}"

    @property
    def name(self) -> str:
        """How pages name it."""
        if self.at_cut:
            return f"{self.cut.model} at {self.layer.name}"
        return f"{self.cut.model} at {self.layer.name}, below the cut at {self.cut.cut}"

    @property
    def at_cut(self) -> bool:
        """Whether it is the layer that the head reads."""
        return self.layer is self.cut.layers[-1]

    @property
    def atlas(self) -> str:
        """The folder of the layer's pages in the site, if the atlas has it."""
        return f"models/{self.cut.model}/{self.layer.name}/"


@dataclass(frozen=True, eq=False)
class ClassAttributions:
    """A view and its sums over photos, read once for all pages."""

    view: View
    sums: ClassAttribution

    def index(self, label: int, minus: int = -1) -> int | None:
        """Where the target is among the sums; None if there is none."""
        (found,) = np.nonzero((self.sums.target == (label, minus)).all(axis=1))
        return int(found[0]) if len(found) else None

    def against(self, label: int) -> list[int]:
        """The classes that a class is compared with."""
        return [int(minus) for own, minus in self.sums.target if own == label and minus >= 0]


@dataclass(frozen=True, eq=False)
class NetworkByItself:
    """Sample photos, and what networks with their own classes see in them.

    thumbnail: (N, 96, 96, 3) uint8, sRGB.
    """

    name: str
    report: Report
    thumbnail: zarr.Array[Any]
    explained: ExplainedStudy
    mapped: MappedLayers

    @property
    def path(self) -> str:
        """Its folder in the site, relative to the site's root, with a slash at the end."""
        return f"{NETWORKS}{self.name}/"


def target_order(seen: LayerView) -> list[int]:
    """The targets of a photo's layer as they are shown, by row: what asks itself comes first.

    That is the predicted class against the runner-up, or where the head errs against the true one.
    """
    targets = seen.targets
    pairs = [row for row, (_, minus) in enumerate(targets) if minus >= 0]
    first = pairs[-1]  # the contract has the true class last, where it is not the runner-up
    return [first, *(row for row in range(len(targets)) if row != first)]


def views(explained: ExplainedStudy) -> tuple[View, ...]:
    """What can be looked at: of each cut the layer that is cut, then those below, deepest first."""
    return tuple(View(cut, layer) for cut in explained.cuts for layer in reversed(cut.layers))


def graph_views(cut: ExplainedCut, graphs: CutGraphs) -> list[View]:
    """The layers of a cut's graphs, shallow to deep."""
    return [View(cut, layer) for layer in cut.layers if layer.name in graphs.layers]


def class_sums(explained: ExplainedStudy) -> tuple[ClassAttributions, ...]:
    """The sums of all views, in their order."""
    return tuple(
        ClassAttributions(
            view, read_sums(explained.source, view.cut.model, view.cut.cut, view.layer.name)
        )
        for view in views(explained)
    )


def contents(explained: ExplainedStudy) -> Iterator[tuple[str, bytes]]:
    """All that is explained, by name, to be told from what was before; parts never change."""
    source = explained.source
    yield "explained", repr(source.group.attrs.asdict()).encode()
    for name, member in sorted(source.group.members(max_depth=None)):
        yield name, repr(member.attrs.asdict()).encode()
        if isinstance(member, zarr.Array):
            yield f"{member.shape}", np.asarray(member[:]).tobytes()


def read_attribution(address: str, studies: zarr.Group, name: str) -> ExplainedStudy | None:
    """What is explained of the study of that name; None where nothing is.

    Raises `UserError` if its attributes are not what the contract says.
    """
    if name not in explained_names(studies):
        return None
    source = open_explained(studies, name)
    try:
        explained = read_explained(source)
        cuts = tuple(read_explained_cut(source, model, cut) for model, cut in explained.cuts)
    except DAMAGE as error:
        raise UserError(
            f"{address}/{name}: expected the attributes of its attribution, got {error!r}; "
            f"make it anew with `diamond study {name}`"
        ) from error
    return ExplainedStudy(explained, source, cuts) if cuts else None


def read_networks(addresses: Sequence[str]) -> tuple[NetworkByItself, ...]:
    """What networks are asked without a study, in all stores at `addresses`, by name.

    Raises `UserError` if two are of the same name, or one is not what the contract says.
    """
    found: dict[str, NetworkByItself] = {}
    for address in dict.fromkeys(addresses):
        studies = open_studies(address)
        for name in sorted(set(explained_names(studies)) - set(names(studies))):
            if name in found:
                raise UserError(
                    f"{address}: expected another name than {name!r}, which another store has "
                    "too; rename one, or leave one store out"
                )
            explained = read_attribution(address, studies, name)
            if explained is None:
                continue
            group = subgroup(studies, name)
            slot = subgroup(group, str(group.attrs["slot"]))
            thumbnail = array(slot, "photos/thumbnail")
            mapped = read_mapped(slot, f"{address}/{name}")
            found[name] = NetworkByItself(name, read_report(slot), thumbnail, explained, mapped)
    return tuple(found[name] for name in sorted(found))
