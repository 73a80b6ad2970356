"""The studies' part of the site: their files, and of them only those that have changed."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import Any

import jinja2
import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.build.explained_study import class_sums
from diamond_cutter.build.mapped_layers import map_contents
from diamond_cutter.build.measured_study import MeasuredStudy, read_array
from diamond_cutter.build.page_text import encode
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.attribution.attribution_view import AttributionView
from diamond_cutter.build.pages.attribution.class_attribution_view import (
    ClassAttributionView,
    explained_classes,
)
from diamond_cutter.build.pages.attribution.photo_attribution_files import explained_photos
from diamond_cutter.build.pages.maps.map_arrays import PhotoFacts
from diamond_cutter.build.pages.maps.map_page import MapsOf, map_files
from diamond_cutter.build.pages.page_frame import Surroundings
from diamond_cutter.build.pages.study.class_page import FOLDER as CLASSES
from diamond_cutter.build.pages.study.class_page import class_folder, class_page, classes_page
from diamond_cutter.build.pages.study.contact_sheet import PATH as PHOTOS
from diamond_cutter.build.pages.study.contact_sheet import contact_pages, marks_document
from diamond_cutter.build.pages.study.cut_page import cut_files
from diamond_cutter.build.pages.study.dataset_page import dataset_page
from diamond_cutter.build.pages.study.network_result_files import attribution_facts
from diamond_cutter.build.pages.study.photo_page import photo_page
from diamond_cutter.build.pages.study.photo_predictions import read_predictions
from diamond_cutter.build.pages.study.study_documents import (
    cut_document,
    dataset_document,
    photo_classes_document,
    photo_classes_path,
)
from diamond_cutter.build.pages.study.study_page import study_page
from diamond_cutter.build.publish.generator_digest import digest, generator_digest
from diamond_cutter.build.publish.site_staging import Stage
from diamond_cutter.build.tiles.channel_tiles import Atlas, atlas_of
from diamond_cutter.build.tiles.photo_tiles import photo_folder, photo_sheets
from diamond_cutter.build.tiles.sprite_sheet import TILES
from diamond_cutter.command.structuring import unstructure
from diamond_cutter.precompute.stores.study.study_reader import ranking_document

_ROWS = 4096
"""Rows of an array that are read at a time."""


def write_studies(
    stage: Stage,
    around: Surroundings,
    studies: Sequence[MeasuredStudy],
    pages: AbstractSet[str],
    atlas: Atlas,
    report: Callable[[str, int, int], None],
) -> dict[str, str]:
    """Write the files of each study, or keep them all; the digest of each by its path.

    `pages` are the paths of the atlas's pages, which the studies' link to, `atlas` its rendered
    layers.
    """
    environment = page_templates.environment()
    generator = generator_digest()
    shown_from = {}
    for done, measured in enumerate(studies):
        report("studies", done, len(studies))
        weights = {each.name: each.weights_digest for each in measured.study.backbones}
        theirs = atlas_of(atlas, weights)
        others = [layer for path, layer in atlas.items() if path not in theirs]
        known = pages - {path for each in others for path in (each.path, f"models/{each.model}/")}
        made_of = _digest(generator, around, measured, known, theirs)
        shown_from[measured.path] = made_of
        if not stage.keep_all(measured.path, made_of):
            for path, content in study_files(environment, around, measured, known, theirs):
                stage.write(measured.path + path, content)
    report("studies", len(studies), len(studies))
    return shown_from


def study_files(
    environment: jinja2.Environment,
    around: Surroundings,
    measured: MeasuredStudy,
    pages: AbstractSet[str],
    atlas: Atlas,
) -> Iterator[tuple[str, bytes]]:
    """All files of a study by their path below its folder."""

    def page(template: str, content: Any) -> bytes:
        return page_templates.render(environment, template, content)

    cuts = [cut.cut for cut in measured.cuts]
    label = read_array(measured.label)
    predictions = {cut.key: read_predictions(label, cut.probability) for cut in measured.cuts}
    ours = predictions[measured.recommended.key]
    explained = measured.explained
    sums = () if explained is None else class_sums(explained)
    yield "index.html", page("study.html", study_page(around, measured, ours, sums, pages))
    ranking = ranking_document(measured.study, cuts, measured.report)
    yield "study.json", encode({"schema": "study", **ranking})
    study = measured.study
    dataset = dataset_page(around, measured.path, study.name, measured.report, study.label_doubts)
    yield "dataset/index.html", page("dataset.html", dataset)
    yield "dataset/dataset.json", dataset_document(measured.report)
    yield from photo_sheets(measured.thumbnail, measured.photos)
    for cut in measured.cuts:
        made = cut_files(around, measured, cut, predictions[cut.key], pages)
        yield f"{cut.path}index.html", page("cut.html", made.page)
        yield f"{cut.path}photos.json", made.photos
        yield f"{cut.path}cut.json", cut_document(study.name, cut)
    for folder, contact in contact_pages(around, measured, ours):
        yield f"{folder}index.html", page("contact.html", contact)
    yield f"{PHOTOS}marks.json", marks_document(measured)
    yield f"{CLASSES}index.html", page("classes.html", classes_page(around, measured))
    class_attribution_views: list[ClassAttributionView | None] = [None] * len(
        measured.study.classes
    )
    looks: dict[int, AttributionView] = {}
    if explained is not None:
        for index, (spoken, files) in enumerate(explained_classes(explained, sums, atlas)):
            yield from files
            class_attribution_views[index] = spoken
        for seen, look, files in explained_photos(explained, measured.photos, atlas):
            yield from files
            if look is not None:
                looks[seen.photo] = look
    facts = PhotoFacts(label, ours.predicted, np.ones(len(label), bool))
    maps = MapsOf(study.name, measured.path, measured.mapped, facts, own=False, pages=pages)
    yield from map_files(environment, around, maps)
    for index, spoken in enumerate(class_attribution_views):
        one_class = class_page(around, measured, ours, index, spoken)
        yield f"{class_folder(index)}index.html", page("class.html", one_class)
    yield from _surest_classes(measured)
    for photo, probability in _probabilities(measured):
        one = photo_page(around, measured, predictions, probability, photo, looks.get(photo))
        yield f"{photo_folder(photo)}index.html", page("photo.html", one)


def _surest_classes(measured: MeasuredStudy) -> Iterator[tuple[str, bytes]]:
    best, classes = measured.recommended, measured.study.classes
    for start in range(0, measured.study.photos, TILES):
        rows = np.asarray(best.probability[start : start + TILES], np.float32)
        document = photo_classes_document(best.cut.model, best.cut.cut, classes, rows)
        yield photo_classes_path(start // TILES), document


def _probabilities(measured: MeasuredStudy) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Each photo and the recommended cut's probabilities of it, (K,) float32, read in blocks."""
    array = measured.recommended.probability
    for start in range(0, measured.study.photos, _ROWS):
        for offset, row in enumerate(np.asarray(array[start : start + _ROWS], np.float32)):
            yield start + offset, row


def _digest(
    generator: str,
    around: Surroundings,
    measured: MeasuredStudy,
    pages: AbstractSet[str],
    atlas: Atlas,
) -> str:
    """A digest of all that a study's files are made of."""
    linked = sorted(
        path
        for backbone in measured.study.backbones
        for path in pages
        if path.startswith(f"models/{backbone.name}/")
    )
    cuts = [cut.cut for cut in measured.cuts]
    facts = (generator, around, linked, measured.report, unstructure((measured.study, cuts)))
    arrays = [measured.label, measured.fold, measured.group, measured.thumbnail]
    for cut in measured.cuts:
        arrays += [cut.probability, cut.confusion]
    parts = chain.from_iterable(map(_parts, arrays))  # one at a time: they may be large
    look = () if measured.explained is None else attribution_facts(measured.explained, atlas)
    maps = map_contents(measured.mapped)
    return digest(chain([("facts", repr(facts).encode())], parts, look, maps))


def _parts(array: zarr.Array[Any]) -> Iterator[tuple[str, bytes]]:
    for start in range(0, array.shape[0], _ROWS):
        yield f"{array.shape}", array[start : start + _ROWS].tobytes()  # type: ignore[union-attr]
