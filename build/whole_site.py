"""The whole site: read and checked, then staged, checked again, and put in its place."""

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from diamond_cutter.build.explained_study import NetworkByItself, read_networks
from diamond_cutter.build.layer_builder import (
    BuilderProcesses,
    LayerBuilder,
    Statistics,
    builder_processes,
)
from diamond_cutter.build.layer_words import layer_words
from diamond_cutter.build.measured_study import MeasuredStudy, read_studies
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.atlas.atlas_documents import index_document, model_document
from diamond_cutter.build.pages.atlas.atlas_pages import home_page, model_page
from diamond_cutter.build.pages.atlas.catalogue_page import PATH as MODELS
from diamond_cutter.build.pages.atlas.catalogue_page import (
    catalogue_page,
    listed_models,
    unrendered,
)
from diamond_cutter.build.pages.atlas.method_page import PATH as METHOD
from diamond_cutter.build.pages.atlas.method_page import (
    method_page,
    missing_page,
    recipes_document,
)
from diamond_cutter.build.pages.atlas.search_page import PATH as SEARCH
from diamond_cutter.build.pages.atlas.search_page import search_page
from diamond_cutter.build.pages.attribution.channel_statistics_view import (
    layer_statistics,
)
from diamond_cutter.build.pages.data.channel_rows import write_model_rows
from diamond_cutter.build.pages.data.data_page import write_data_page
from diamond_cutter.build.pages.lists.lists_page import PATH as LISTS
from diamond_cutter.build.pages.lists.lists_page import lists_page
from diamond_cutter.build.pages.maps.map_links import (
    LayerMaps,
    maps_of_layers,
)
from diamond_cutter.build.pages.page_contexts import HomePage
from diamond_cutter.build.pages.page_frame import (
    Surroundings,
    checked_address,
    checked_pictures_address,
)
from diamond_cutter.build.pages.study.network_result_files import write_networks
from diamond_cutter.build.pages.study.study_files import write_studies
from diamond_cutter.build.publish.generator_digest import digest, static_files
from diamond_cutter.build.publish.site_manifest import (
    Manifest,
    Part,
    Weight,
    is_page,
    part_of,
    read_stored,
    write_stored,
)
from diamond_cutter.build.publish.site_sources import sources_state, unchanged_parts
from diamond_cutter.build.publish.site_staging import Stage, publish, staged
from diamond_cutter.build.rendered_atlas import Atlas, ModelAtlas, read_atlas, sharing_pictures
from diamond_cutter.build.search.search_entries import search_entries
from diamond_cutter.build.search.search_index import write_index
from diamond_cutter.build.tiles import channel_pictures
from diamond_cutter.build.tiles.channel_tiles import band_channels

Report = Callable[[str, int, int], None]
"""Told the name of the step, how much of it is done and how much there is."""


@dataclass(frozen=True)
class Built:
    """What a build has made.

    pages, changed: how many; new files, too, are changed. pictures, others: what the pictures
    weigh, and all other files.
    notes: what of the stores is damaged and left out.
    """

    pages: int
    changed: int
    pictures: Weight
    others: Weight
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> Weight:
        """What all files weigh."""
        return self.pictures + self.others


def build_site(
    atlas: str,
    studies: Sequence[str],
    output: Path,
    address: str,
    report: Report,
    pictures: str = "auto",
    pictures_address: str = "",
) -> Built:
    """Write the site of an atlas and of the stores of studies to the folder `output`.

    `atlas` is its address, or empty for a site of studies alone; `address` is where the site will
    be hosted, or empty; `pictures` as in the settings; `pictures_address` is where all pictures
    will lie, or empty: beside the pages. What has not changed since the last build is kept; until
    the new site is whole and checked, the last one stays in its place.
    Raises `UserError` for what the user can mend: a store that is not there or of another format,
    no place to write.
    """
    address, elsewhere = checked_address(address), checked_pictures_address(pictures_address)
    stores = [store for store in (atlas, *studies) if store]
    sources = sources_state(stores, (address, pictures, elsewhere))
    with staged(output) as stage, ExitStack() as stack:
        if (last := unchanged_parts(stage, sources)) is not None:
            return _built(last, 0, read_stored(stage.output).notes)
        found = sharing_pictures(read_atlas(atlas) if atlas else Atlas((), ()), pictures)
        models = found.models
        measured = read_studies(studies)
        networks = read_networks(studies)
        assets = static_files()
        around = Surroundings(address, f"assets/{digest(assets.items())[:12]}/", elsewhere)
        layers = {layer.path: layer for model in models for layer in model.rendered}
        for path, content in assets.items():
            stage.write(around.assets + path, content)
        _write_photos(stage, found, report)
        maps = maps_of_layers(measured, networks)
        builder = LayerBuilder(
            stage.folder,
            stage.output,
            around,
            models,
            _statistics(measured, networks),
            maps,
            read_stored(stage.output).pictures,
        )
        builders = stack.enter_context(builder_processes(builder))
        _write_layers(stage, builders, models, report)
        pages = {*layers, *(f"models/{model.model.name}/" for model in models)}
        shown_from = write_studies(stage, around, measured, pages, layers, report)
        shown_from |= write_networks(stage, around, networks, layers, report)
        home = home_page(around, found, measured, networks)
        _write_top(stage, around, home, found, maps, assets["css/site.css"])
        stage.write("index.json", index_document(found, measured, networks, elsewhere))
        write_model_rows(stage, models)
        entries = search_entries(found, measured, networks, stage.files.keys())
        shown_from |= write_index(stage, entries)
        write_data_page(stage, around, models)
        made = Manifest(
            dict(sorted(stage.files.items())), pages=shown_from, parts=tuple(sorted(stage.parts))
        )
        notes = tuple(note for layer in layers.values() if (note := layer_words(layer).damage))
        stored = stage.stored(sources, notes)
        if stage.is_as_last(made):
            write_stored(stage.output, stored)
        else:
            stage.link_kept()
            builders.link(path for path, part in stage.parts.items() if part.is_kept)
            _check(stage, builders, report)
            publish(stage, made, stored)
    parts = (part_of(stage.files), *stage.parts.values())
    return _built(parts, len(stage.changed) + sum(part.changed for part in parts), notes)


def _built(parts: Collection[Part], changed: int, notes: tuple[str, ...]) -> Built:
    return Built(
        sum(part.pages for part in parts),
        changed,
        sum((part.pictures for part in parts), Weight()),
        sum((part.others for part in parts), Weight()),
        notes,
    )


def _statistics(
    studies: Sequence[MeasuredStudy], networks: Sequence[NetworkByItself]
) -> Statistics:
    """What studies, and photos that networks are asked about, say of the channels of layers."""
    explained = [
        (study.study.name, study.path, study.photos, study.explained)
        for study in studies
        if study.explained is not None
    ]
    asked = [(each.name, each.path, each.report.photos, each.explained) for each in networks]
    return layer_statistics([*explained, *asked])


def _write_layers(
    stage: Stage, builders: BuilderProcesses, models: Sequence[ModelAtlas], report: Report
) -> None:
    """Have the layers built, and the models' bands."""
    total = sum(layer.layer.channels for model in models for layer in model.rendered)
    done = 0
    report("channels", done, total)
    for layer, part in builders.build():
        stage.parts[layer.path] = part
        done += layer.layer.channels
        report("channels", done, total)
    for model in models:
        path = model.path + channel_pictures.BAND
        if (band := band_channels(model)) and not stage.keep_beside(path, model.path):
            stage.write(path, channel_pictures.encode_strip(band, channel_pictures.BAND_SIDE))


def _write_photos(stage: Stage, atlas: Atlas, report: Report) -> None:
    """Write the photos that channels have as examples; those of a folder never change."""
    used: dict[str, set[int]] = {}
    for layer in chain.from_iterable(model.rendered for model in atlas.models):
        if layer.natural and layer.photos:
            numbers = used.setdefault(layer.photos, set())
            numbers.update(np.unique(layer.natural.example_photo).tolist())
    named = [(folder, n) for folder, numbers in used.items() for n in sorted(numbers) if n >= 0]
    for done, (folder, number) in enumerate(named):
        report("photos", done, len(named))
        path = f"{folder}{number}.webp"
        if stage.holds(path):
            stage.keep(path)
        else:
            picture = np.asarray(atlas.photos[folder][number], np.uint8)
            stage.write(path, channel_pictures.webp(picture))
    report("photos", len(named), len(named))


def _write_top(
    stage: Stage,
    around: Surroundings,
    home: HomePage,
    atlas: Atlas,
    maps: LayerMaps,
    style: bytes,
) -> None:
    environment = page_templates.environment()
    listed = listed_models(atlas)
    pages: list[tuple[str, str, Any]] = [
        ("index.html", "home.html", home),
        (f"{METHOD}index.html", "method.html", method_page(around, atlas.models)),
        (f"{SEARCH}index.html", "search/search.html", search_page(around, bool(listed))),
        (f"{LISTS}index.html", "lists/lists.html", lists_page(around)),
        ("404.html", "missing.html", missing_page(around, style)),
    ]
    stage.write(f"{METHOD}recipes.json", recipes_document(atlas.models))
    shown = (*atlas.models, *unrendered(atlas))
    for model in shown:
        path = f"{model.path}index.html"
        pages.append((path, "model.html", model_page(around, model, maps)))
        stage.write(f"{model.path}model.json", model_document(model))
    if listed:
        page = catalogue_page(around, listed, shown)
        pages.append((f"{MODELS}index.html", "models.html", page))
    for path, template, page in pages:
        stage.write(path, page_templates.render(environment, template, page))


def _check(stage: Stage, builders: BuilderProcesses, report: Report) -> None:
    """Check the staged site; links of a page that is as it was hold while no file has gone."""
    all_due = stage.lacks
    pages = [path for path in stage.files if is_page(path) and (all_due or path in stage.changed)]
    parts = [path for path, part in stage.parts.items() if all_due or part.changed]
    due = len(pages) + sum(stage.parts[path].pages for path in parts)
    done = 0
    report("checking", done, due)
    for count in builders.check(parts, pages):
        done += count
        report("checking", done, due)
