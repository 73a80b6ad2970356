"""A run as it is planned: everything that was asked for, checked before anything is made."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import zarr
from dask.system import CPU_COUNT

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings, DatasetSettings
from diamond_cutter.precompute.atlas.channel_selection import (
    Backbone,
    Selection,
    merged,
    select,
    select_used,
)
from diamond_cutter.precompute.atlas.observer import choose_observer
from diamond_cutter.precompute.atlas.render_task import RenderTask
from diamond_cutter.precompute.atlas.statistics_photos import Photos, choose_photos
from diamond_cutter.precompute.atlas.used_channels import Used
from diamond_cutter.precompute.atlas.words.word_file import WordFile, check_words
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.jobs.cluster import check_workers
from diamond_cutter.precompute.photos.file_entry import Progress
from diamond_cutter.precompute.rendering.backend.device import Device
from diamond_cutter.precompute.rendering.recipes import RECIPES, Recipe, canvas_side
from diamond_cutter.precompute.rendering.render_plan import Load, RenderPlan, plan_render
from diamond_cutter.precompute.stores.atlas.activation_statistics import WIDEST
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Layer, Model, read_weights
from diamond_cutter.precompute.stores.atlas.atlas_writer import (
    ATLAS,
    check_layer,
    check_model,
    chunks_of,
    create_atlas,
    lacking,
    lacks_natural,
    prepare_layer,
    prepare_model,
    recipe_attributes,
    write_catalogue,
)
from diamond_cutter.precompute.stores.local_folder import check_folder
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import StoreAddress, locate, subgroup


@dataclass(frozen=True)
class Stage:
    """What is rendered by one recipe, before anything of the next stage."""

    recipe: Recipe
    selections: tuple[Selection, ...]


Missing = Mapping[tuple[str, str], tuple[int, ...]]
"""Channels that are to be made, in order, by model and layer."""

RenderPlans = Mapping[tuple[str, str, str], RenderPlan]
"""By model, layer and recipe."""


@dataclass(frozen=True)
class Plan:
    """What a run is going to do; all of it has been checked.

    store_address: the atlas.
    models: each with all its layers, in the order asked for.
    networks: what each is told by, by name.
    stale: those of which the store holds pictures of other weights, or of weights it does not name.
    selections: what to render of which layer, in all stages together.
    recipes: with a budget all, from the fastest up.
    stages: in order; with a budget first everything by the fastest recipe.
    budget: in seconds, or None.
    photos: of the natural statistics and circuits.
    circuits: strongest inputs and outputs of each channel that are kept.
    observers: who names the channels of a model and judges their pictures, by the model's name;
    nobody where no photos are named.
    words: a file of concepts of one's own, or None.
    """

    store_address: StoreAddress
    models: tuple[tuple[Model, tuple[Layer, ...]], ...]
    networks: Mapping[str, Network]
    stale: tuple[str, ...]
    selections: tuple[Selection, ...]
    recipes: tuple[Recipe, ...]
    stages: tuple[Stage, ...]
    seed: int
    budget: float | None
    photos: Photos
    circuits: int
    observers: Mapping[str, Network]
    words: WordFile | None


def make_plan(
    settings: AtlasSettings,
    load: Callable[[str], Backbone],
    used: Used | None = None,
    progress: Progress = lambda *_: None,
    study: DatasetSettings | None = None,
) -> Plan:
    """Check the settings against the models, the photos and the store.

    Nothing is written that stays, but what the cache keeps of the photos.
    `used`: what a study uses, in place of the models, layers and channels of the settings. With a
    budget those layers and channels of its models come, too: all by the fastest recipe, then what
    is used by a better one, then the rest.
    `progress`: of the reading of the photos. `study`: whose they are, if a study's.
    Raises `UserError` for the first thing that can't be done.
    """
    budget = parse_budget(settings.budget)
    recipes = _recipes(settings.recipe, budget)
    check_workers(settings)
    store_address = locate(settings.store, ATLAS)
    models = settings.models if used is None else [model for model, _ in used]
    backbones = [load(name) for name in dict.fromkeys(models)]
    first = select_used(backbones, used or {})
    whole = (
        select(backbones, settings.layers, settings.channels)
        if used is None or budget is not None
        else []
    )
    selections = merged(whole, first)
    networks = {backbone.info.name: backbone.network for backbone in backbones}
    atlas = store_address.find()
    observers = {name: choose_observer(settings.observer, name) for name in networks}
    photos = choose_photos(settings.photos, Path(settings.cache), progress, study)
    plan = Plan(
        store_address=store_address,
        models=tuple((backbone.info, tuple(backbone.layers)) for backbone in backbones),
        networks=networks,
        stale=() if atlas is None else _stale(atlas, networks.values()),
        selections=selections,
        recipes=recipes,
        stages=_stages(recipes, selections, tuple(first)),
        seed=settings.seed,
        budget=budget,
        photos=photos,
        circuits=settings.circuits,
        observers={name: each for name, each in observers.items() if each and photos.files},
        words=check_words(settings.words, settings.clip),
    )
    if atlas is not None:
        _check_store(plan, atlas)
    if store_address.folder is not None:
        check_folder(store_address.folder, store_address.naming, picture_bytes(plan, atlas))
    return plan


def prepared_atlas(plan: Plan) -> zarr.Group:
    """The atlas, open for writing, with the groups and arrays of all that is planned.

    All backbones that there are stand in its list. Raises `UserError` where they can't be written.
    """
    with plan.store_address.writing():
        atlas = create_atlas(plan.store_address.address)
        _prepare(plan, atlas)
        write_catalogue(atlas, catalogue.listing())
        return atlas


def _prepare(plan: Plan, atlas: zarr.Group) -> None:
    groups = {
        model.name: prepare_model(
            atlas,
            model,
            layers,
            plan.networks[model.name].weights_digest,
            anew=model.name in plan.stale,
        )
        for model, layers in plan.models
    }
    for selection in plan.selections:
        for recipe in plan.recipes:
            prepare_layer(
                groups[selection.model.name],
                selection.layer,
                side=canvas_side(selection.layer.receptive_field),
                seed=plan.seed,
                recipe=recipe_attributes(recipe),
            )


def render_plans(plan: Plan, device: Device) -> RenderPlans:
    """How every layer of a plan is rendered by every recipe.

    device: what the workers render on. The same gives the same, whatever of a layer is missing.
    """
    return {
        (*place_of(entry), recipe.name): plan_render(
            device,
            CPU_COUNT,
            Load(entry.layer.channels, canvas_side(entry.layer.receptive_field), recipe),
        )
        for entry in plan.selections
        for recipe in plan.recipes
    }


def missing_channels(plan: Plan, atlas: zarr.Group) -> list[Missing]:
    """What of each stage a prepared atlas lacks; nothing that an earlier stage is to make."""
    found: list[Missing] = []
    planned: dict[tuple[str, ...], set[int]] = {}
    for stage in plan.stages:
        lacks = {}
        for entry in stage.selections:
            before = planned.setdefault((*place_of(entry), stage.recipe.name), set())
            layer = subgroup(atlas, "/".join(place_of(entry)))
            wanted = set(entry.channels) - before
            lacks[place_of(entry)] = lacking(layer, stage.recipe.level, wanted)
            before.update(wanted)
        found.append(lacks)
    return found


def tasks(plan: Plan, stage: Stage, missing: Missing, plans: RenderPlans) -> list[RenderTask]:
    """What is to be made in a stage, layer by layer, with how it is made."""
    made = []
    for entry in stage.selections:
        how = plans[(*place_of(entry), stage.recipe.name)]
        network = plan.networks[entry.model.name]
        made += [
            RenderTask(network, entry.layer, stage.recipe, plan.seed, chunk, how)
            for chunk in chunks_of(missing[place_of(entry)], how.batch)
        ]
    return made


def place_of(selection: Selection) -> tuple[str, str]:
    """The model and the layer."""
    return selection.model.name, selection.layer.name


def _recipes(name: str, budget: float | None) -> tuple[Recipe, ...]:
    if name not in RECIPES:
        known = ", ".join(repr(known) for known in RECIPES)
        raise UserError(f"recipe: expected one of {known}, got {name!r}; mend the value")
    if budget is None:
        return (RECIPES[name],)
    return tuple(sorted(RECIPES.values(), key=lambda recipe: recipe.level))


def _stages(
    recipes: Sequence[Recipe], whole: tuple[Selection, ...], first: tuple[Selection, ...]
) -> tuple[Stage, ...]:
    fastest, *better = recipes
    chunks = {
        (entry.model.name, entry.layer.name): {channel // CHUNK for channel in entry.channels}
        for entry in first
    }
    # A chunk is rendered whole: what else is wanted of it costs nothing then, and much later.
    shared = [
        replace(entry, channels=tuple(c for c in entry.channels if c // CHUNK in chunks[place]))
        for entry in whole
        if (place := (entry.model.name, entry.layer.name)) in chunks
    ]
    parts = [part for part in (tuple(shared), whole) if part]
    return (Stage(fastest, whole), *(Stage(recipe, part) for recipe in better for part in parts))


def _stale(atlas: zarr.Group, networks: Iterable[Network]) -> tuple[str, ...]:
    """The networks whose pictures in the store are not theirs, or not known to be.

    An atlas that does not say of which weights it is, is taken to be of those that are published.
    """
    found = []
    for network in networks:
        if network.name in atlas:
            stored = read_weights(subgroup(atlas, network.name))
            is_ours = stored == network.weights_digest
            if not is_ours and (stored or not catalogue.is_published(network)):
                found.append(network.name)
    return tuple(found)


def _holds(plan: Plan, atlas: zarr.Group, selection: Selection) -> bool:
    """Whether an atlas has something of a model that is going to stay."""
    return selection.model.name in atlas and selection.model.name not in plan.stale


def _check_store(plan: Plan, atlas: zarr.Group) -> None:
    for model, layers in plan.models:
        check_model(atlas, model, layers)
    for selection in plan.selections:
        if _holds(plan, atlas, selection):
            for recipe in plan.recipes:
                check_layer(
                    subgroup(atlas, selection.model.name),
                    selection.layer,
                    side=canvas_side(selection.layer.receptive_field),
                    seed=plan.seed,
                    recipe=recipe_attributes(recipe),
                )


def picture_bytes(plan: Plan, atlas: zarr.Group | None) -> int:
    """Bytes of the pictures and covariances that are not there yet, before compression."""
    size, digest = 0, plan.photos.named_digest
    for selection in plan.selections:
        path = f"{selection.model.name}/{selection.layer.name}"
        side = canvas_side(selection.layer.receptive_field)
        holds = atlas is not None and _holds(plan, atlas, selection)
        channels = (
            len(lacking(subgroup(atlas, path), plan.recipes[0].level, selection.channels))
            if atlas is not None and holds and f"{path}/level" in atlas
            else len(selection.channels)
        )
        size += channels * side * side * 3
        wide = selection.layer.channels
        if wide <= WIDEST and (
            atlas is None
            or not holds
            or path not in atlas
            or lacks_natural(subgroup(atlas, path), digest)
        ):
            size += 4 * wide**2
    return size


def parse_budget(text: str) -> float | None:
    """The seconds of "10m", "1h30m" or "90s"; None for an empty text. Raises `UserError`."""
    if not text.strip():
        return None
    match = re.fullmatch(r"\s*(?:([0-9]+)h)?\s*(?:([0-9]+)m)?\s*(?:([0-9]+)s)?\s*", text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    total = 3600 * hours + 60 * minutes + seconds
    if total == 0:
        raise UserError(
            f'budget: expected a time like "10m", "1h30m" or "90s", got {text!r}; mend the value'
        )
    return float(total)
