"""What `diamond atlas` would make, and how long it takes: told without making any of it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.settings import AtlasSettings, DatasetSettings
from diamond_cutter.precompute.atlas.atlas_plan import (
    Missing,
    Plan,
    Stage,
    make_plan,
    picture_bytes,
    place_of,
)
from diamond_cutter.precompute.atlas.channel_selection import Backbone, Selection
from diamond_cutter.precompute.atlas.used_channels import Used
from diamond_cutter.precompute.jobs.kept_speeds import describe_processor
from diamond_cutter.precompute.jobs.machine_speed import MachineSpeed, machine_speed
from diamond_cutter.precompute.rendering.recipes import canvas_side
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Model
from diamond_cutter.precompute.stores.atlas.atlas_writer import lacks_natural
from diamond_cutter.precompute.stores.store_address import array, subgroup

START, TRACED = 10.0, 3.0
"""Seconds that workers take to start, and each of them to trace a layer."""
UNKNOWN = 5.0
"""GFLOPs of a network of which none are known."""
CIRCUIT, JUDGED = 2.0, 1.0
"""GFLOP a channel, about, of its circuit and of its judgement by another network."""
SAMPLES = 32
"""Photos of natural statistics where none are named."""
MEASURING = "measuring"
"""The step that is no rendering."""


@dataclass(frozen=True)
class AtlasStep:
    """One step: `MEASURING`, or a recipe, with the `pictures` that it makes."""

    step: str
    pictures: int
    seconds: float


@dataclass(frozen=True)
class AtlasForecast:
    """What would be made. `pictures`: of all steps, `there`: those asked for that are there.

    `seconds`: of all steps, a budget at most; `disk_bytes`: before compression; `measured_by`: from
    what the seconds are known, in sentences.
    """

    pictures: int
    there: int
    steps: list[AtlasStep]
    seconds: float
    disk_bytes: int
    machine: str
    measured_by: list[str]


def forecast_atlas(
    settings: AtlasSettings,
    recipes: Sequence[str],
    load: Callable[[str], Backbone],
    used: Used | None = None,
    study: DatasetSettings | None = None,
) -> AtlasForecast:
    """What `render_atlas` would make by `recipes`, one after the other, and how long it would take.

    Raises `UserError` as `make_plan` does.
    """
    speed = machine_speed(Path(settings.cache), settings.workers)
    plans = [
        make_plan(replace(settings, recipe=recipe), load, used, study=study) for recipe in recipes
    ]
    first = plans[0]
    atlas = first.store_address.find()
    measuring = _measuring(first, atlas, speed)
    steps = {MEASURING: AtlasStep(MEASURING, 0, measuring)} if measuring else {}
    levels = reached_levels(first, atlas)
    asked = 0
    for plan in plans:
        for stage in plan.stages:
            name, level = stage.recipe.name, int(stage.recipe.level)
            missing = {
                place_of(entry): tuple(
                    channel
                    for channel in entry.channels
                    if levels[place_of(entry)][channel] < level
                )
                for entry in stage.selections
            }
            asked += sum(len(entry.channels) for entry in stage.selections)
            before = steps.get(name, AtlasStep(name, 0, 0.0))
            seconds = sum(
                speed.seconds(rendering(name), model, gflop)[0]
                for model, gflop in stage_gflop(plan, stage, missing, levels).items()
            )
            layers = sum(bool(channels) for channels in missing.values())
            seconds += (START if layers else 0.0) + TRACED * layers / speed.hands
            pictures = sum(map(len, missing.values()))
            steps[name] = AtlasStep(name, before.pictures + pictures, before.seconds + seconds)
            for place, channels in missing.items():
                levels[place][list(channels)] = level
    total = sum(step.seconds for step in steps.values())
    made = sum(step.pictures for step in steps.values())
    return AtlasForecast(
        pictures=made,
        there=asked - made,
        steps=[replace(step, seconds=round(step.seconds, 1)) for step in steps.values()],
        seconds=round(total if first.budget is None else min(total, first.budget), 1),
        disk_bytes=picture_bytes(first, atlas),
        machine=describe_processor(),
        measured_by=sorted(speed.sources),
    )


def rendering(recipe: str) -> str:
    """The kind of work that rendering by a recipe is."""
    return f"atlas, {recipe}"


def stage_gflop(
    plan: Plan,
    stage: Stage,
    missing: Missing,
    levels: Mapping[tuple[str, str], NDArray[np.int64]],
) -> dict[str, float]:
    """What it takes to make the missing channels of a stage, by model, in GFLOP.

    Whole chunks are rendered, from the pictures of the recipe's base where all of one are there;
    `levels`: what each channel of a layer has reached.
    """
    found: dict[str, float] = defaultdict(float)
    counts = {model.name: len(layers) for model, layers in plan.models}
    for entry in stage.selections:
        side = canvas_side(entry.layer.receptive_field)
        recipe, reached = stage.recipe, levels[place_of(entry)]
        for chunk in {channel // CHUNK for channel in missing[place_of(entry)]}:
            inside = reached[chunk * CHUNK : (chunk + 1) * CHUNK]
            base = recipe.base
            is_begun = base is not None and bool((inside == int(base.level)).all())
            pixels = recipe.pixels(side) - (base.pixels(side) if base and is_begun else 0)
            passes = _pass_gflop(entry, counts[entry.model.name])
            found[entry.model.name] += len(inside) * passes * pixels
    return found


def reached_levels(
    plan: Plan, atlas: zarr.Group | None
) -> dict[tuple[str, str], NDArray[np.int64]]:
    """The level that each channel of the layers of a plan has reached, by model and layer."""
    levels = {}
    for entry in plan.selections:
        path = "/".join((*place_of(entry), "level"))
        levels[place_of(entry)] = (
            np.array(array(atlas, path)[:], np.int64)
            if atlas is not None and entry.model.name not in plan.stale and path in atlas
            else np.zeros(entry.layer.channels, np.int64)
        )
    return levels


def _pass_gflop(entry: Selection, layers: int) -> float:
    """Of a pixel, forward and back, up to a layer: a share of the network's by its depth."""
    model = entry.model
    depth = (entry.layer.index + 1) / layers
    return 2 * _gflops(model) * depth / model.input_size**2


def _gflops(model: Model) -> float:
    return model.gflops or UNKNOWN


def _measuring(plan: Plan, atlas: zarr.Group | None, speed: MachineSpeed) -> float:
    """The seconds that what is known of channels takes, where their statistics are not there."""
    photos = len(plan.photos.files) or SAMPLES
    seconds = 0.0
    for model, _ in plan.models:
        lacking = [
            entry.layer
            for entry in plan.selections
            if entry.model == model and _lacks_statistics(plan, atlas, entry)
        ]
        channels = sum(layer.channels for layer in lacking)
        effort = 2 * photos * _gflops(model) if lacking else 0.0
        each = CIRCUIT * bool(plan.circuits) + JUDGED * (model.name in plan.observers)
        effort += channels * each
        seconds += speed.seconds("atlas, measuring", model.name, effort)[0]
    return seconds


def _lacks_statistics(plan: Plan, atlas: zarr.Group | None, entry: Selection) -> bool:
    path = "/".join(place_of(entry))
    return (
        atlas is None
        or entry.model.name in plan.stale
        or path not in atlas
        or lacks_natural(subgroup(atlas, path), plan.photos.named_digest)
    )
