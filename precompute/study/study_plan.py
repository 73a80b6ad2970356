"""What a study is going to do, checked before any of it starts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.activation_atlas.map_settings import check_activation_atlas
from diamond_cutter.precompute.attribution.attribution_selection import (
    check_attribution,
    check_names,
)
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.features.feature_extraction import check_features
from diamond_cutter.precompute.heads.head_training import check_training
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.local_folder import check_folder
from diamond_cutter.precompute.stores.store_address import Naming, StoreAddress, locate

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone

STUDIES = Naming(
    kind="study",
    noun="store of studies",
    contents="study",
    setting="store",
    writer="`diamond study` is writing to it",
)


LATENCIES = "latency"
"""The folder of the cache for what was measured of this machine."""
PHOTO_BYTES = 40_000
"""About what a study keeps of a photo: its thumbnail, and its predictions at each cut."""


@dataclass(frozen=True)
class Plan:
    """A study whose settings hold: where it goes, and the cuts of each backbone, in depth order."""

    name: str
    settings: StudySettings
    store_address: StoreAddress
    backbones: list["Backbone"]
    cuts: list[list[Layer]]

    @property
    def pairs(self) -> list[tuple["Backbone", Layer]]:
        """Every cut with its backbone."""
        return [
            (backbone, layer)
            for backbone, layers in zip(self.backbones, self.cuts, strict=True)
            for layer in layers
        ]


def check_settings(settings: StudySettings) -> StoreAddress:
    """Refuse settings that can't hold, at once and without TensorFlow; where the study goes."""
    for model in settings.models:
        catalogue.describe(model)
    if len(set(settings.models)) < len(settings.models):
        raise UserError(
            f"models: expected each backbone once, got {', '.join(settings.models)}; leave out "
            "what is there twice"
        )
    if settings.folds < 2:
        raise UserError(
            f"folds: expected 2 or more, each held out once, got {settings.folds}; mend the value"
        )
    if not 0 <= settings.tolerance <= 100:
        raise UserError(
            f"tolerance: expected points of accuracy, 0 to 100, got {settings.tolerance}; mend the "
            "value"
        )
    if settings.seed < 0:
        raise UserError(f"seed: expected 0 or more, got {settings.seed}; mend the value")
    check_training(settings.training)
    check_attribution(settings.attribution)
    check_activation_atlas(settings.activation_atlas)
    check_features(settings)
    store_address = locate(settings.store, STUDIES)
    store_address.find()
    if store_address.folder is not None:
        check_folder(store_address.folder, STUDIES, 0)
    cache = Path(settings.cache)
    if cache.exists() and not cache.is_dir():
        raise UserError(f"cache: expected a folder at {cache}, got a file; name another --cache")
    return store_address


def make_plan(
    name: str,
    settings: StudySettings,
    store_address: StoreAddress,
    load: Callable[[str], "Backbone"] = catalogue.load,
) -> Plan:
    """The plan of a study whose settings were checked.

    Raises `UserError` for weights that are not here, and for cuts that no backbone has.
    """
    backbones = [load(model) for model in settings.models]
    cuts = select_cuts({each.name: each.layers for each in backbones}, settings.cuts)
    check_names(settings, backbones, cuts)
    return Plan(name, settings, store_address, backbones, cuts)


def select_cuts(
    backbones: Mapping[str, Sequence[Layer]], names: Sequence[str]
) -> list[list[Layer]]:
    """The cuts that `names` mean of each of the backbones, whose layers are given, in depth order.

    Raises `UserError` for cuts that no backbone has, and for a backbone that has none of them.
    """
    cuts = [[layer for layer in layers if layer.is_cut] for layers in backbones.values()]
    known = {layer.name for layers in cuts for layer in layers}
    for name in names:
        if name not in known | {"all"}:
            near = get_close_matches(name, sorted(known), n=1)
            raise UserError(
                f'cuts: expected "all" or names of cuts of {", ".join(backbones)}, got {name!r}'
                + (f" (did you mean {near[0]!r}?)" if near else "")
                + "; `diamond layers MODEL` lists them"
            )
    if "all" not in names:
        cuts = [[layer for layer in layers if layer.name in names] for layers in cuts]
    for backbone, layers in zip(backbones, cuts, strict=True):
        if not layers:
            raise UserError(
                f"cuts: expected at least one of {backbone}, got none among "
                f"{', '.join(names) or 'nothing'}; name one (`diamond layers {backbone}` "
                "lists them), or leave the backbone out"
            )
    return cuts
