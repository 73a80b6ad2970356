"""The files of the photos that are explained: their pictures, their JSON, and looks for pages."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.explained_study import ExplainedStudy, View, views
from diamond_cutter.build.pages.attribution.attribution_documents import (
    maps_document,
    more_document,
    view_document,
)
from diamond_cutter.build.pages.attribution.attribution_graph_view import graph_document
from diamond_cutter.build.pages.attribution.attribution_view import AttributionView, photo_look
from diamond_cutter.build.tiles.channel_pictures import webp
from diamond_cutter.build.tiles.channel_tiles import Atlas
from diamond_cutter.build.tiles.photo_tiles import photo_folder
from diamond_cutter.precompute.stores.attribution.attribution_graphs import CutGraphs
from diamond_cutter.precompute.stores.attribution.attribution_layout import (
    ExplainedCut,
    ExplainedPhoto,
)
from diamond_cutter.precompute.stores.attribution.attribution_reader import read_photo_groups
from diamond_cutter.precompute.stores.study.dataset_report import File


def explained_photos(
    explained: ExplainedStudy, files: Sequence[File], atlas: Atlas
) -> Iterator[tuple[ExplainedPhoto, AttributionView | None, Iterator[tuple[str, bytes]]]]:
    """Each photo as each cut explains it, its look if that is the first cut, and its files.

    Those are its picture and the JSON of its views, by path below the study's folder. Photos are
    read part by part, each part once, one cut after the other.
    """
    largest = max(explained.cuts, key=lambda cut: cut.input_size)
    for cut in explained.cuts:
        own = [view for view in views(explained) if view.cut is cut]
        pictures = _group_pictures(explained, cut)
        graphs = explained.graphs(cut)
        for photo in explained.photos(cut):
            look = None
            if cut is explained.cuts[0]:
                look = photo_look(explained, photo, files[photo.photo], graphs, atlas)
            groups = pictures.get(photo.photo, ())
            yield photo, look, _files(photo, own, groups, graphs, with_picture=cut is largest)


def _files(
    photo: ExplainedPhoto,
    own: Sequence[View],
    pictures: Sequence[NDArray[np.uint8]],
    graphs: CutGraphs | None,
    *,
    with_picture: bool,
) -> Iterator[tuple[str, bytes]]:
    folder = photo_folder(photo.photo)
    if with_picture:
        yield f"{folder}photo.webp", photo.picture
    if graphs is not None:
        cut = own[0].cut
        rows = np.flatnonzero(graphs.photos.photo == photo.photo).tolist()
        document = graph_document(graphs.layers, graphs.photos, rows, cut.classes)
        yield f"{folder}{cut.model}/{cut.cut}/graph.json", document
    for view in own:
        beside = f"{folder}{view.key}/"
        groups = pictures if view.at_cut else ()
        side = len(groups[0]) if len(groups) else 0
        yield f"{beside}view.json", view_document(photo, view, side)
        for index, pixels in enumerate(groups):
            yield f"{beside}group-{index}.webp", webp(pixels)
        yield f"{beside}more.json", more_document(photo, view)
        yield f"{beside}maps.json", maps_document(photo, view)


def _group_pictures(
    explained: ExplainedStudy, cut: ExplainedCut
) -> Mapping[int, Sequence[NDArray[np.uint8]]]:
    """The pictures of the groups of a few photos of a cut, by the photos' index."""
    found = read_photo_groups(explained.source, cut.model, cut.cut)
    return {} if found is None else dict(zip(found.photo.tolist(), found.picture, strict=True))
