"""The files of the photos that are explained: their pictures, their JSON, and looks for pages."""

from collections.abc import Iterator

from diamond_cutter.build.attribution.bars import Atlas
from diamond_cutter.build.attribution.documents import maps_document, more_document, view_document
from diamond_cutter.build.attribution.look import Look, photo_look
from diamond_cutter.build.attribution.reader import ExplainedStudy, views
from diamond_cutter.build.study.photos import photo_folder
from diamond_cutter.precompute.contract.report import File


def look_files(explained: ExplainedStudy) -> Iterator[tuple[str, bytes]]:
    """The picture of each explained photo and the JSON of its views, below the study's folder.

    Photos are read part by part, one cut after the other.
    """
    largest = max(explained.cuts, key=lambda cut: cut.input_size)
    for cut in explained.cuts:
        own = [view for view in views(explained) if view.cut is cut]
        for photo in explained.photos(cut):
            folder = photo_folder(photo.photo)
            if cut is largest:
                yield f"{folder}photo.webp", photo.picture
            for view in own:
                beside = f"{folder}{view.key}/"
                yield f"{beside}view.json", view_document(photo, view)
                yield f"{beside}more.json", more_document(photo, view)
                yield f"{beside}maps.json", maps_document(photo, view)


def looks(explained: ExplainedStudy, files: list[File], atlas: Atlas) -> Iterator[tuple[int, Look]]:
    """The look of each photo that the first cut explains, by its index in the study."""
    for photo in explained.photos(explained.cuts[0]):
        yield photo.photo, photo_look(explained, photo, files[photo.photo], atlas)
