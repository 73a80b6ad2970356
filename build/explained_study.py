"""What is explained of a study, as the site reads it: checked before anything is written."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import zarr

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.attribution.attribution_layout import (
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
)


@dataclass(frozen=True, eq=False)
class ExplainedStudy:
    """The cuts of a study that are explained, the one to be shown first at first."""

    explained: Explained
    source: Source
    cuts: tuple[ExplainedCut, ...]

    def photos(self, cut: ExplainedCut) -> PhotoReader:
        """The photos that a cut explains."""
        return PhotoReader(self.source, cut.model, cut.cut)


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
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{address}/{name}: expected the attributes of its attribution, got {error!r}; "
            f"make it anew with `diamond study {name}`"
        ) from error
    return ExplainedStudy(explained, source, cuts) if cuts else None
