"""The part of the site about networks by themselves: its files, of them only what has changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.explained_study import (
    ExplainedStudy,
    NetworkByItself,
    class_sums,
    contents,
    views,
)
from diamond_cutter.build.mapped_layers import map_contents
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.attribution.attribution_view import AttributionView
from diamond_cutter.build.pages.attribution.class_attribution_view import explained_classes
from diamond_cutter.build.pages.attribution.photo_attribution_files import explained_photos
from diamond_cutter.build.pages.maps.map_arrays import PhotoFacts
from diamond_cutter.build.pages.maps.map_page import MapsOf, map_files
from diamond_cutter.build.pages.page_frame import Surroundings
from diamond_cutter.build.pages.study.class_page import class_folder, network_class_page
from diamond_cutter.build.pages.study.network_result_page import networks_page
from diamond_cutter.build.pages.study.photo_page import network_photo_page, softmax
from diamond_cutter.build.pages.study.study_documents import (
    network_document,
    photo_classes_document,
    photo_classes_path,
)
from diamond_cutter.build.publish.generator_digest import digest, generator_digest
from diamond_cutter.build.publish.site_staging import Stage
from diamond_cutter.build.tiles.channel_tiles import Atlas, atlas_of
from diamond_cutter.build.tiles.photo_tiles import photo_folder, photo_sheets
from diamond_cutter.build.tiles.sprite_sheet import TILES


def write_networks(
    stage: Stage,
    around: Surroundings,
    networks: Sequence[NetworkByItself],
    atlas: Atlas,
    report: Callable[[str, int, int], None],
) -> dict[str, str]:
    """Write the files of each, or keep them all; the digest of each by its path."""
    generator = generator_digest()
    shown_from = {}
    for done, each in enumerate(networks):
        report("networks", done, len(networks))
        theirs = atlas_of(atlas, {cut.model: cut.weights_digest for cut in each.explained.cuts})
        facts = ("facts", repr((generator, around, each.name, each.report)).encode())
        thumbnails = ("thumbnails", np.asarray(each.thumbnail[:]).tobytes())
        look = attribution_facts(each.explained, theirs)
        made_of = digest(chain([facts, thumbnails], look, map_contents(each.mapped)))
        shown_from[each.path] = made_of
        if not stage.keep_all(each.path, made_of):
            for path, content in _files(around, each, theirs):
                stage.write(each.path + path, content)
    if networks:
        report("networks", len(networks), len(networks))
    return shown_from


def attribution_facts(explained: ExplainedStudy, atlas: Atlas) -> Iterator[tuple[str, bytes]]:
    """What is explained, and which of the channels' pictures there are."""
    yield from contents(explained)
    for view in views(explained):
        if layer := atlas.get(view.atlas):
            yield f"{view.atlas} {layer.side}", layer.level.tobytes() + layer.flag.tobytes()


def _files(
    around: Surroundings, network: NetworkByItself, atlas: Atlas
) -> Iterator[tuple[str, bytes]]:
    """All files of what networks are asked, by their path below its folder."""
    environment = page_templates.environment()

    def page(template: str, content: Any) -> bytes:
        return page_templates.render(environment, template, content)

    explained, photos = network.explained, network.report.photos
    yield from photo_sheets(network.thumbnail, photos)
    looks: dict[int, AttributionView] = {}
    logits: dict[int, NDArray[np.float32]] = {}
    for seen, look, files in explained_photos(explained, photos, atlas):
        yield from files
        if look is not None:
            looks[seen.photo], logits[seen.photo] = look, seen.logit
    order = sorted(looks)
    for before, photo, after in zip([None, *order], order, [*order[1:], None], strict=False):
        one = network_photo_page(
            around, network, photo, logits[photo], looks[photo], (before, after)
        )
        yield f"{photo_folder(photo)}index.html", page("photo.html", one)
    with_page = []
    sums = class_sums(explained)
    for label, (spoken, files) in enumerate(explained_classes(explained, sums, atlas)):
        yield from files
        if spoken is not None:
            with_page.append(label)
            one_class = network_class_page(around, network, label, spoken)
            yield f"{class_folder(label)}index.html", page("class.html", one_class)
    unknown = np.full(len(photos), -1, np.int32)
    facts = PhotoFacts(unknown, unknown, np.isin(np.arange(len(photos)), order))
    maps = MapsOf(network.name, network.path, network.mapped, facts, own=True, pages=set(atlas))
    yield from map_files(environment, around, maps)
    index = networks_page(around, network, logits, with_page)
    yield "index.html", page("networks.html", index)
    yield "network.json", network_document(network, logits, with_page)
    yield from _surest_classes(explained, logits, len(photos))


def _surest_classes(
    explained: ExplainedStudy, logits: Mapping[int, NDArray[np.float32]], photos: int
) -> Iterator[tuple[str, bytes]]:
    """What the first network takes photos for, sheet by sheet; of most it may not be known."""
    cut = explained.cuts[0]
    unknown = np.full(len(cut.classes), np.nan)
    for start in range(0, photos, TILES):
        run = range(start, min(start + TILES, photos))
        rows = np.array([softmax(logits[at]) if at in logits else unknown for at in run])
        document = photo_classes_document(cut.model, None, cut.classes, rows)
        yield photo_classes_path(start // TILES), document
