"""The pictures of a cut's classes and groups, rendered from scratch: what each asks for most."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.jobs.task import failures_told
from diamond_cutter.precompute.rendering.recipes import CLASS_SIDE, RECIPES, Recipe
from diamond_cutter.precompute.rendering.targets import (
    Family,
    Hidden,
    Target,
    class_logits,
    direction,
    hidden_of,
)
from diamond_cutter.precompute.rendering.targets import variations as several
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.shards import key_of, shard_name
from diamond_cutter.precompute.stores.store_address import subgroup
from diamond_cutter.precompute.stores.store_opening import open_store

if TYPE_CHECKING:
    from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain
    from diamond_cutter.precompute.rendering.renderer import Renderer
    from diamond_cutter.precompute.stores.atlas.atlas_layout import Pictures
    from diamond_cutter.precompute.stores.attribution.attribution_layout import ClassGroups

RECIPE = {Family.LOGIT: "standard", Family.CHANNEL: "preview"}
"""The recipe of the pictures; a logit in few steps may still be next to grey."""
BATCH = 8
"""Pictures that are rendered at a time."""


def recipe_of(family: Family) -> Recipe:
    """The recipe of a family's pictures."""
    return RECIPES[RECIPE[family]]


def picture_effort(gflops: float, input_size: int, recipe: Recipe) -> float:
    """What a picture takes, in GFLOP: a pass forward and back of every view."""
    return 2 * gflops * recipe.pixels(CLASS_SIDE) / input_size**2


def pictures_effort(gflops: float, input_size: int, logits: int, directions: int) -> float:
    """What so many pictures of logits and of directions take, in GFLOP."""
    counts = {Family.LOGIT: logits, Family.CHANNEL: directions}
    return sum(
        count * picture_effort(gflops, input_size, recipe_of(family))
        for family, count in counts.items()
    )


@dataclass(frozen=True)
class ClassPicturesTask:
    """What one task makes: a batch of pictures of one layer and family, with the key of each."""

    network: Network
    layer: str
    family: Family
    recipe: Recipe
    seed: int
    depth: int
    gflops: float
    input_size: int
    study: str
    namespace: str
    keys: tuple[str, ...]
    hidden: Hidden | None
    targets: tuple[Target, ...] = field(compare=False)

    @property
    def group(self) -> tuple[str, str, str]:
        """The backbone, what is read, and where."""
        return (self.network.name, self.family.value, self.layer)

    @property
    def effort(self) -> float:
        """The operations."""
        return picture_effort(self.gflops, self.input_size, self.recipe) * len(self.targets)

    @property
    def size(self) -> int:
        """How many pictures."""
        return len(self.targets)

    @property
    def where(self) -> str:
        """The task as messages name it."""
        return f"{self.network.name} {self.layer} pictures of {self.targets[0].name}"


@dataclass(frozen=True, eq=False)
class Wanted:
    """Pictures of one family at a layer: `targets` and their keys; `hidden`: see `Renderer`."""

    layer: Layer
    family: Family
    recipe: Recipe
    hidden: Hidden | None
    targets: list[Target]
    keys: list[str]


def of_classes(
    to_explain: "CutToExplain", labels: Sequence[int], count: int
) -> tuple[Wanted, Wanted]:
    """The logits of classes, and their weights as directions at the cut, `count` of each.

    By the head of all photos, the logit through the whole of it. Of a head with hidden layers the
    direction is the product of its weights, as if all hidden units were on; of one that reads
    maxima the weights of averages and maxima are added.
    """
    if not count:
        return _wanted(to_explain, Family.LOGIT, []), _wanted(to_explain, Family.CHANNEL, [])
    *below, (weight, bias) = to_explain.whole
    hidden = (
        hidden_of(to_explain.pooling, below) if below or to_explain.pooling != "average" else None
    )
    logits = class_logits(weight, bias, labels, to_explain.classes)
    through = reduce(np.matmul, [each for each, _ in to_explain.whole])
    channels = to_explain.layers[-1].channels
    at_cut = through[:channels] + (through[channels:] if len(through) > channels else 0)
    toward = at_cut - at_cut.mean(axis=1, keepdims=True)
    ways = [
        _direction(to_explain, toward[:, k], f"weights of {to_explain.classes[k]}") for k in labels
    ]
    return (
        _wanted(
            to_explain,
            Family.LOGIT,
            [one for target in logits for one in several(target, count)],
            hidden,
        ),
        _wanted(
            to_explain, Family.CHANNEL, [one for target in ways for one in several(target, count)]
        ),
    )


def of_groups(
    to_explain: "CutToExplain", groups: "ClassGroups", asked: NDArray[np.bool_]
) -> Wanted:
    """The directions of the groups of the classes that are `asked` for, (S,) bool."""
    names = [f"of {to_explain.classes[label]}" for label in groups.label[asked]]
    return of_directions(to_explain, names, groups.direction[asked])


def of_directions(
    to_explain: "CutToExplain", names: Sequence[str], directions: NDArray[np.float32]
) -> Wanted:
    """Groups (n, G, C) of n names; of one that is empty any channel stands for it."""
    targets = []
    for name, several_groups in zip(names, directions, strict=True):
        for number, weights in enumerate(several_groups):
            known = weights if weights.any() else weights + 1
            targets.append(_direction(to_explain, known, f"group {number} {name}"))
    return _wanted(to_explain, Family.CHANNEL, targets)


def directions_of(
    to_explain: "CutToExplain",
    layer: Layer,
    recipe: Recipe,
    names: Sequence[str],
    weights: NDArray[np.float32],
) -> Wanted:
    """Directions (n, C) of n names at a layer, of channels in natural standard deviations."""
    targets = [direction(layer, each, name) for name, each in zip(names, weights, strict=True)]
    return _wanted(to_explain, Family.CHANNEL, targets, layer=layer, recipe=recipe)


def _direction(to_explain: "CutToExplain", weights: NDArray[np.float32], name: str) -> Target:
    return direction(to_explain.layers[-1], weights * to_explain.spread, name)


def _wanted(
    to_explain: "CutToExplain",
    family: Family,
    targets: list[Target],
    hidden: Hidden | None = None,
    layer: Layer | None = None,
    recipe: Recipe | None = None,
) -> Wanted:
    """What is wanted of a layer, by default of the cut, and by the family's recipe."""
    layer = layer or to_explain.layers[-1]
    recipe = recipe or recipe_of(family)
    stands_for: list[Any] = [
        recipe.name,
        recipe.version,
        family.value,
        len(targets) and (to_explain.backbone.name, layer.name),
    ]
    stands_for.append(to_explain.seed)
    if hidden is not None:
        stands_for.append(hidden.digest)
    keys = [
        key_of([*stands_for, list(target.key), target.bias, target.weights.tobytes().hex()])
        for target in targets
    ]
    return Wanted(layer, family, recipe, hidden, targets, keys)


def picture_tasks(
    to_explain: "CutToExplain",
    wanted: Wanted,
    there: set[str],
    *,
    depth: int,
    study: str,
    namespace: str,
) -> list[ClassPicturesTask]:
    """What is missing of the pictures, in batches; those of one target stay together."""
    missing = [
        (key, target)
        for key, target in zip(wanted.keys, wanted.targets, strict=True)
        if key not in there
    ]
    made = []
    for start in range(0, len(missing), BATCH):
        keys, targets = zip(*missing[start : start + BATCH], strict=True)
        made.append(
            ClassPicturesTask(
                network=to_explain.backbone.network,
                layer=wanted.layer.name,
                family=wanted.family,
                recipe=wanted.recipe,
                seed=to_explain.seed,
                depth=depth,
                gflops=to_explain.backbone.gflops,
                input_size=to_explain.backbone.input_size,
                study=study,
                namespace=namespace,
                keys=keys,
                hidden=wanted.hidden,
                targets=targets,
            )
        )
    return made


def store_class_pictures(address: str, threads: int, task: ClassPicturesTask) -> None:  # noqa: ARG001
    """Render a batch and store it; raises as `store_attribution` does."""
    with failures_told(task, address):
        store_pictures(address, task, renderer_of(task).render(task.targets))


def store_pictures(
    address: str, task: ClassPicturesTask, made: "Pictures", **others: NDArray[Any]
) -> None:
    """Store what a task made; `others`: more of each picture, (n, ...) by name."""
    study = subgroup(open_store(address, "r+"), task.study)
    arrays = {"picture": made.images, "flag": made.flag, **others}
    name = shard_name(task.keys)
    attribution_writer.write_arrays(study, task.namespace, name, task.keys, arrays)


def renderer_of(task: ClassPicturesTask) -> "Renderer":
    """What this worker renders a task with; the graph goes when it moves on."""
    return _renderer(task.network, task.layer, task.family, task.recipe, task.seed, task.hidden)


@lru_cache(maxsize=1)
def _renderer(
    network: Network,
    layer: str,
    family: Family,
    recipe: Recipe,
    seed: int,
    hidden: Hidden | None,
) -> "Renderer":
    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.rendering.renderer import Renderer

    backbone = catalogue.load_network(network)
    return Renderer(
        backbone,
        backbone.layer(layer),
        recipe,
        seed=seed,
        family=family,
        batch=BATCH,
        hidden=hidden,
    )
