"""The pictures of a cut's classes and groups, rendered from scratch: what each asks for most."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution import store
from diamond_cutter.precompute.attribution.shelf import key_of, part_name
from diamond_cutter.precompute.contract.members import subgroup
from diamond_cutter.precompute.rendering.recipes import CLASS_SIDE, RECIPES
from diamond_cutter.precompute.rendering.units import (
    Family,
    Hidden,
    Unit,
    class_logits,
    direction,
    hidden_of,
)
from diamond_cutter.precompute.rendering.units import variations as several
from diamond_cutter.precompute.work.unit import failures_told

if TYPE_CHECKING:
    from diamond_cutter.precompute.attribution.case import Case
    from diamond_cutter.precompute.contract.attribution import ClassGroups
    from diamond_cutter.precompute.rendering.renderer import Renderer

RECIPE = {Family.LOGIT: "standard", Family.CHANNEL: "preview"}
"""The recipe of the pictures; a logit in few steps may still be next to grey."""
BATCH = 8
"""Pictures that are rendered at a time."""


@dataclass(frozen=True)
class PictureUnit:
    """What one task makes: a batch of pictures of one layer and family, with the key of each."""

    model: str
    layer: str
    family: Family
    seed: int
    depth: int
    gflops: float
    input_size: int
    study: str
    shelf: str
    keys: tuple[str, ...]
    hidden: Hidden | None
    units: tuple[Unit, ...] = field(compare=False)

    @property
    def place(self) -> tuple[str, str, str]:
        """The backbone, the cut and what is read there."""
        return (self.model, self.layer, self.family.value)

    @property
    def effort(self) -> float:
        """The operations: a pass forward and back of every view."""
        views = RECIPES[RECIPE[self.family]].pixels(CLASS_SIDE)
        return 2 * self.gflops * views / self.input_size**2 * len(self.units)

    @property
    def size(self) -> int:
        """How many pictures."""
        return len(self.units)

    @property
    def where(self) -> str:
        """The unit as messages name it."""
        return f"{self.model} {self.layer} pictures of {self.units[0].name}"


@dataclass(frozen=True, eq=False)
class Wanted:
    """Pictures of one family: `units` and their keys; `hidden`: see `Renderer`."""

    family: Family
    hidden: Hidden | None
    units: list[Unit]
    keys: list[str]


def of_classes(case: "Case", labels: Sequence[int], count: int) -> tuple[Wanted, Wanted]:
    """The logits of classes, and their weights as directions at the cut, `count` of each.

    By the head of all photos, the logit through the whole of it. Of a head with hidden layers the
    direction is the product of its weights, as if all hidden units were on; of one that reads
    maxima the weights of averages and maxima are added.
    """
    if not count:
        return _wanted(case, Family.LOGIT, []), _wanted(case, Family.CHANNEL, [])
    *below, (weight, bias) = case.whole
    hidden = hidden_of(case.pooling, below) if below or case.pooling != "average" else None
    logits = class_logits(weight, bias, labels, case.classes)
    through = reduce(np.matmul, [each for each, _ in case.whole])
    channels = case.layers[-1].channels
    at_cut = through[:channels] + (through[channels:] if len(through) > channels else 0)
    toward = at_cut - at_cut.mean(axis=1, keepdims=True)
    ways = [_direction(case, toward[:, k], f"weights of {case.classes[k]}") for k in labels]
    return (
        _wanted(
            case, Family.LOGIT, [one for unit in logits for one in several(unit, count)], hidden
        ),
        _wanted(case, Family.CHANNEL, [one for unit in ways for one in several(unit, count)]),
    )


def of_groups(case: "Case", groups: "ClassGroups") -> Wanted:
    """The directions of classes' groups."""
    names = [f"of {case.classes[label]}" for label in groups.label]
    return of_directions(case, names, groups.direction)


def of_directions(case: "Case", names: Sequence[str], directions: NDArray[np.float32]) -> Wanted:
    """Groups (n, G, C) of n names; of one that is empty any channel stands for it."""
    units = []
    for name, several_groups in zip(names, directions, strict=True):
        for number, weights in enumerate(several_groups):
            known = weights if weights.any() else weights + 1
            units.append(_direction(case, known, f"group {number} {name}"))
    return _wanted(case, Family.CHANNEL, units)


def _direction(case: "Case", weights: NDArray[np.float32], name: str) -> Unit:
    from diamond_cutter.precompute.backbones.natural_statistics import natural_statistics

    layer = case.layers[-1]
    known = natural_statistics(case.backbone, layer.name)
    return direction(layer, weights * (known[1] if known else 1), name)


def _wanted(
    case: "Case", family: Family, units: list[Unit], hidden: Hidden | None = None
) -> Wanted:
    recipe = RECIPES[RECIPE[family]]
    stands_for: list[Any] = [recipe.name, recipe.version, family.value, len(units) and case.pair]
    if hidden is not None:
        stands_for.append(hidden.digest)
    keys = [
        key_of([*stands_for, list(unit.key), unit.bias, unit.weights.tobytes().hex()])
        for unit in units
    ]
    return Wanted(family, hidden, units, keys)


def picture_units(
    case: "Case",
    wanted: Wanted,
    there: set[str],
    *,
    depth: int,
    study: str,
    shelf: str,
    seed: int,
) -> list[PictureUnit]:
    """What is missing of the pictures, in batches; those of one unit stay together."""
    missing = [
        (key, unit) for key, unit in zip(wanted.keys, wanted.units, strict=True) if key not in there
    ]
    made = []
    for start in range(0, len(missing), BATCH):
        keys, units = zip(*missing[start : start + BATCH], strict=True)
        made.append(
            PictureUnit(
                model=case.backbone.name,
                layer=case.layers[-1].name,
                family=wanted.family,
                seed=seed,
                depth=depth,
                gflops=case.backbone.gflops,
                input_size=case.backbone.input_size,
                study=study,
                shelf=shelf,
                keys=keys,
                hidden=wanted.hidden,
                units=units,
            )
        )
    return made


def store_pictures(address: str, threads: int, unit: PictureUnit) -> None:  # noqa: ARG001
    """Render a batch and store it; raises as `store_unit` does."""
    with failures_told(unit, address):
        renderer = _renderer(unit.model, unit.layer, unit.family, unit.seed, unit.hidden)
        made = renderer.render(unit.units)
        study = subgroup(zarr.open_group(address, mode="r+"), unit.study)
        name = part_name(unit.keys)
        store.write_arrays(study, unit.shelf, name, unit.keys, {"picture": made.images})


@lru_cache(maxsize=1)
def _renderer(
    model: str, layer: str, family: Family, seed: int, hidden: Hidden | None
) -> "Renderer":
    """What this worker renders with; its graph goes when it moves on."""
    from diamond_cutter.precompute.backbones import catalogue
    from diamond_cutter.precompute.rendering.renderer import Renderer

    backbone = catalogue.load(model)
    recipe = RECIPES[RECIPE[family]]
    return Renderer(
        backbone,
        backbone.layer(layer),
        recipe,
        seed=seed,
        family=family,
        batch=BATCH,
        hidden=hidden,
    )
