"""The files of the photos that are explained: their pictures, their JSON, and looks for pages."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.charts.signed_bars import Atlas
from diamond_cutter.build.explained_study import ExplainedStudy, views
from diamond_cutter.build.pages.attribution.attribution_documents import (
    maps_document,
    more_document,
    view_document,
)
from diamond_cutter.build.pages.attribution.attribution_view import AttributionView, photo_look
from diamond_cutter.build.tiles.channel_pictures import webp
from diamond_cutter.build.tiles.photo_tiles import photo_folder
from diamond_cutter.precompute.stores.attribution.attribution_layout import ExplainedCut
from diamond_cutter.precompute.stores.attribution.attribution_reader import read_photo_groups
from diamond_cutter.precompute.stores.study.dataset_report import File


def attribution_files(explained: ExplainedStudy) -> Iterator[tuple[str, bytes]]:
    """The picture of each explained photo and the JSON of its views, below the study's folder.

    Photos are read part by part, one cut after the other.
    """
    largest = max(explained.cuts, key=lambda cut: cut.input_size)
    for cut in explained.cuts:
        own = [view for view in views(explained) if view.cut is cut]
        pictures = _group_pictures(explained, cut)
        for photo in explained.photos(cut):
            folder = photo_folder(photo.photo)
            if cut is largest:
                yield f"{folder}photo.webp", photo.picture
            for view in own:
                beside = f"{folder}{view.key}/"
                groups = pictures.get(photo.photo, ()) if view.at_cut else ()
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


def looks(
    explained: ExplainedStudy, files: list[File], atlas: Atlas
) -> Iterator[tuple[int, AttributionView]]:
    """The look of each photo that the first cut explains, by its index in the study."""
    for photo in explained.photos(explained.cuts[0]):
        yield photo.photo, photo_look(explained, photo, files[photo.photo], atlas)
