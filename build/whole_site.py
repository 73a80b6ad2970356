"""The whole site: read and checked, then staged, checked again, and put in its place."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from diamond_cutter.build.explained_study import NetworkByItself, read_networks
from diamond_cutter.build.layer_circuits import layer_circuits
from diamond_cutter.build.measured_study import MeasuredStudy, read_studies
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.atlas.atlas_documents import index_document
from diamond_cutter.build.pages.atlas.atlas_pages import home_page, model_page
from diamond_cutter.build.pages.atlas.catalogue_page import PATH as MODELS
from diamond_cutter.build.pages.atlas.catalogue_page import (
    catalogue_page,
    listed_models,
    unrendered,
)
from diamond_cutter.build.pages.atlas.layer_files import (
    layer_files,
    layer_paths,
    pages_digest,
)
from diamond_cutter.build.pages.atlas.method_page import PATH as METHOD
from diamond_cutter.build.pages.atlas.method_page import method_page, missing_page
from diamond_cutter.build.pages.attribution.channel_statistics_view import (
    LayerStatistics,
    layer_statistics,
)
from diamond_cutter.build.pages.circuits.weights_page import weights_paths
from diamond_cutter.build.pages.maps.map_links import (
    LayerMaps,
    layer_map_links,
    maps_of_layers,
)
from diamond_cutter.build.pages.page_contexts import HomePage
from diamond_cutter.build.pages.page_frame import Surroundings, checked_address, root_of
from diamond_cutter.build.pages.study.network_result_files import write_networks
from diamond_cutter.build.pages.study.study_files import write_studies
from diamond_cutter.build.publish import link_check
from diamond_cutter.build.publish.generator_digest import digest, generator_digest, static_files
from diamond_cutter.build.publish.site_staging import Stage, publish, staged
from diamond_cutter.build.rendered_atlas import Atlas, ModelAtlas, RenderedLayer, read_atlas
from diamond_cutter.build.tiles import channel_pictures
from diamond_cutter.build.tiles.channel_tiles import band_channels

Report = Callable[[str, int, int], None]
"""Told the name of the step, how much of it is done and how much there is."""

Statistics = Mapping[str, tuple[LayerStatistics, ...]]
"""What studies say of the channels of layers, by the layer's path."""


@dataclass(frozen=True)
class Built:
    """What a build has made: how many pages and files, how many of them new, and bytes in all."""

    pages: int
    files: int
    changed: int
    size: int


def build_site(
    atlas: str, studies: Sequence[str], output: Path, address: str, report: Report
) -> Built:
    """Write the site of an atlas and of the stores of studies to the folder `output`.

    `atlas` is its address, or empty for a site of studies alone; `address` is where the site will
    be hosted, or empty. What has not changed since the last build is kept; until the new site is
    whole and checked, the last one stays in its place.
    Raises `UserError` for what the user can mend: a store that is not there or of another format,
    no place to write.
    """
    address = checked_address(address)
    found = read_atlas(atlas) if atlas else Atlas((), ())
    models = found.models
    measured = read_studies(studies)
    networks = read_networks(studies)
    assets = static_files()
    around = Surroundings(address, f"assets/{digest(assets.items())[:12]}/")
    rendered = [(model, layer) for model in models for layer in model.rendered]
    with staged(output) as stage:
        for path, content in assets.items():
            stage.write(around.assets + path, content)
        made_from = _write_pictures(stage, models, report)
        _write_photos(stage, found, report)
        statistics = _statistics(measured, networks)
        maps = maps_of_layers(measured, networks)
        shown_from = _write_layers(stage, around, rendered, made_from, statistics, maps, report)
        layers = {layer.path: layer for _, layer in rendered}
        pages = {*layers, *(f"models/{model.model.name}/" for model in models)}
        shown_from |= write_studies(stage, around, measured, pages, layers, report)
        shown_from |= write_networks(stage, around, networks, layers, report)
        home = home_page(around, found, measured, networks)
        _write_top(stage, around, home, found, maps, assets["css/site.css"])
        stage.write("index.json", index_document(found, measured, networks))
        _check(stage, rendered, address, report)
        publish(stage, made_from, shown_from)
    count = sum(path.endswith(".html") for path in stage.files)
    return Built(count, len(stage.files), len(stage.changed), sum(stage.files.values()))


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


def _write_pictures(stage: Stage, models: tuple[ModelAtlas, ...], report: Report) -> dict[str, str]:
    """Write what of the picture files has changed; the digest of each layer's by its path."""
    layers = [layer for model in models for layer in model.rendered]
    made_from = {}
    due: list[RenderedLayer] = []
    for position, layer in enumerate(layers):
        report("reading", position, len(layers))
        made_from[layer.path] = channel_pictures.digest(layer)
        paths = channel_pictures.picture_paths(layer)
        same = stage.last.pictures.get(layer.path) == made_from[layer.path]
        if same and all(map(stage.holds, paths)):
            for path in paths:
                stage.keep(path)
        else:
            due.append(layer)
    report("reading", len(layers), len(layers))
    _encode(stage, due, report)
    for model in models:
        if band := band_channels(model):
            stage.write(
                f"models/{model.model.name}/band.webp",
                channel_pictures.encode_strip(band, channel_pictures.BAND_SIDE),
            )
    return made_from


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


def _encode(stage: Stage, layers: list[RenderedLayer], report: Report) -> None:
    blocks = [block for layer in layers for block in channel_pictures.blocks(layer)]
    total, done = sum(block.stop - block.start for block in blocks), 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for block, files in zip(
            blocks, pool.map(channel_pictures.encode_block, blocks), strict=True
        ):
            for path, content in files.items():
                stage.write(path, content)
            done += block.stop - block.start
            report("pictures", done, total)
    for layer in layers:
        if chosen := channel_pictures.strip_channels(layer):
            strip = channel_pictures.encode_strip(
                [(layer, channel) for channel in chosen], channel_pictures.STRIP_SIDE
            )
            stage.write(f"{layer.path}strip.webp", strip)


def _write_layers(
    stage: Stage,
    around: Surroundings,
    rendered: list[tuple[ModelAtlas, RenderedLayer]],
    made_from: dict[str, str],
    statistics: Statistics,
    maps: LayerMaps,
    report: Report,
) -> dict[str, str]:
    """Write what of the layers' pages has changed; the digest of each layer's by its path."""
    shown_from = {}
    generator = generator_digest()
    environment = page_templates.environment()
    total, done = sum(layer.layer.channels for _, layer in rendered), 0
    for model, layer in rendered:
        report("pages", done, total)
        said = tuple(
            layer_statistics
            for layer_statistics in statistics.get(layer.path, ())
            if layer.is_of(layer_statistics.view.cut.weights_digest)
        )
        circuits = layer_circuits(model, layer)
        theirs = layer_map_links(maps, model, layer.layer.name, root_of(layer.path))
        shown_from[layer.path] = pages_digest(
            generator, around, model, layer, made_from[layer.path], said, circuits, theirs
        )
        paths = layer_paths(layer)
        if circuits.made_of is not None:
            paths += weights_paths(layer)
        same = stage.last.pages.get(layer.path) == shown_from[layer.path]
        if same and all(map(stage.holds, paths)):
            for path in paths:
                stage.keep(path)
        else:
            for path, content in layer_files(
                environment, around, model, layer, said, circuits, theirs
            ):
                stage.write(path, content)
        done += layer.layer.channels
    report("pages", done, total)
    return shown_from


def _write_top(
    stage: Stage,
    around: Surroundings,
    home: HomePage,
    atlas: Atlas,
    maps: LayerMaps,
    style: bytes,
) -> None:
    environment = page_templates.environment()
    pages: list[tuple[str, str, Any]] = [
        ("index.html", "home.html", home),
        (f"{METHOD}index.html", "method.html", method_page(around, atlas.models)),
        ("404.html", "missing.html", missing_page(around, style)),
    ]
    shown = (*atlas.models, *unrendered(atlas))
    for model in shown:
        path = f"{MODELS}{model.model.name}/index.html"
        pages.append((path, "model.html", model_page(around, model, maps)))
    if listed := listed_models(atlas):
        page = catalogue_page(around, listed, shown)
        pages.append((f"{MODELS}index.html", "models.html", page))
    for path, template, page in pages:
        stage.write(path, page_templates.render(environment, template, page))


def _check(
    stage: Stage, rendered: list[tuple[ModelAtlas, RenderedLayer]], address: str, report: Report
) -> None:
    """Check the staged site; links of a page that is as it was hold while no file has gone."""
    for _, layer in rendered:
        link_check.check_files(
            stage.files, (*layer_paths(layer), *channel_pictures.picture_paths(layer))
        )
    paths = set(stage.files)
    all_there = paths.issuperset(stage.last.files)
    due = [
        path
        for path in stage.files
        if path.endswith(".html") and (path in stage.changed or not all_there)
    ]
    for done, path in enumerate(due):
        report("checking", done, len(due))
        link_check.check_links(path, stage.read(path).decode(), paths, address)
    report("checking", len(due), len(due))
